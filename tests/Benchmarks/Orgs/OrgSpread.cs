using Xingchen.Testing;

namespace Xingchen.Benchmarks.Orgs;

/// <summary>What an org of the fixture has beyond the standard product.</summary>
/// <param name="Code">Of the org.</param>
/// <param name="HasPackage">Whether the sample package is installed.</param>
/// <param name="Fields">Private fields, spread over <see cref="OrgSpread.Objects"/>.</param>
internal sealed record OrgPlan(string Code, bool HasPackage, int Fields)
{
    public bool IsPlain => !HasPackage && Fields == 0;
}

/// <summary>How orgs differ: most have the standard product alone, some the sample package, some a few private fields,
/// a few hundreds of them. The same for the same seed, org by org, however many there are.</summary>
internal static class OrgSpread
{
    /// <summary>The objects that private fields are added to.</summary>
    public static readonly IReadOnlyList<string> Objects = ["Customer", "Product", "SalesOrder", "Supplier"];

    /// <param name="seed">Of the fixture.</param>
    /// <param name="number">Of the org, from 0.</param>
    public static OrgPlan Of(int seed, int number)
    {
        var picks = new Picks((ulong)seed * 1_000_003 + (ulong)number);
        var code = $"fixture-{seed}-{number}";
        return picks.Next(1000) switch
        {
            < 900 => new OrgPlan(code, false, 0),
            < 960 => new OrgPlan(code, false, 1 + picks.Next(10)),
            < 990 => new OrgPlan(code, true, 0),
            < 996 => new OrgPlan(code, true, 1 + picks.Next(10)),
            _ => new OrgPlan(code, false, 200 + picks.Next(200)),
        };
    }
}
