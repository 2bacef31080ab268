using Xingchen.Records.Values;

namespace Xingchen.Records.Plan;

/// <summary>Collects everything wrong with a record, so that it is said at once.</summary>
/// <param name="most">Findings told at most; a body with more is wrong as a whole.</param>
internal sealed class RecordFindings(int most = 1000)
{
    private readonly List<Finding> all = [];

    public bool Any => all.Count > 0;

    public IReadOnlyList<Finding> All => all;

    public void Add(string pointer, string code, string detail)
    {
        if (all.Count < most) all.Add(new Finding(code, detail, pointer));
    }

    public void Add(string pointer, Fault fault) => Add(pointer, fault.Code, fault.Detail);

    /// <exception cref="ProblemException"><c>record-invalid</c> with every finding.</exception>
    public void ThrowIfAny()
    {
        if (Any) throw new ProblemException(Problems.RecordInvalid, "Mend what errors lists.", [.. all]);
    }

    /// <summary>A JSON Pointer with one more step (RFC 6901).</summary>
    public static string Step(string pointer, string name) =>
        pointer + "/" + name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
