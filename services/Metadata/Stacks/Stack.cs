using System.Text;
using Xingchen.Contracts;

namespace Xingchen.Metadata.Stacks;

/// <summary>The standard release of the cell, as its one row has it.</summary>
/// <param name="Packages">From the lowest layer up.</param>
/// <param name="Places">JSON of <c>Xingchen.Schema.Places</c>.</param>
internal sealed record Standard(long Version, IReadOnlyList<ReleasedPackage> Packages, string Places)
{
    private static readonly string[] Order = ["global", "idc", "group"];

    /// <summary>The same with another package for a layer; for none, as it is.</summary>
    public Standard With(ReleasedPackage? package) => package is null ? this : this with
    {
        Packages = [.. Packages.Where(p => p.Layer != package.Layer).Append(package)
            .OrderBy(p => Array.IndexOf(Order, p.Layer))],
    };

    /// <summary>Whether a kind of layer is one of the standard product's.</summary>
    public static bool Has(string layer) => Order.Contains(layer);
}

/// <summary>All that an account's schema is a function of.</summary>
/// <param name="Version">0 where the account has no row: nothing installed, nothing private.</param>
/// <param name="Packages">In their order in the stack.</param>
/// <param name="PrivateLayer">Digest of the account's own layer; null where it has none.</param>
internal sealed record Stack(
    Standard Standard, long Version, IReadOnlyList<StackPackage> Packages, string? PrivateLayer, string Places)
{
    /// <summary>Of an account that has nothing of its own.</summary>
    public static Stack Bare(Standard standard) => new(standard, 0, [], null, "{}");

    /// <summary>SHA-256 of the layers and the places: equal stacks have equal addresses and share one schema.</summary>
    public string Address()
    {
        var text = new StringBuilder(Standard.Places.Length + Places.Length + 500);
        foreach (var package in Standard.Packages) text.Append(package.Layer).Append(' ').Append(package.Digest)
            .Append('\n');
        text.Append(Standard.Places).Append('\n');
        foreach (var package in Packages)
            text.Append(package.Name).Append(' ').Append(package.Namespace).Append(' ').Append(package.Layer)
                .Append('\n');
        text.Append(PrivateLayer).Append('\n').Append(Places);
        return Digest.Of(Encoding.UTF8.GetBytes(text.ToString())).Value;
    }
}
