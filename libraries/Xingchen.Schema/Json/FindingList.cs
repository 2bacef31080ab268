namespace Xingchen.Schema;

/// <summary>Collects findings, and stops at a number that nobody reads to the end of.</summary>
internal sealed class FindingList(string? file = null)
{
    /// <summary>A hostile document must not be able to make an answer many times its own size.</summary>
    internal const int Most = 500;

    private readonly List<Finding> findings = [];

    public IReadOnlyList<Finding> All => findings;

    public int Count => findings.Count;

    public void Add(string code, string detail, string? pointer, string? inFile = null)
    {
        if (findings.Count > Most) return;
        findings.Add(findings.Count == Most
            ? new Finding("too-many-findings", $"There are more than {Most} findings; mend these first.")
            : new Finding(code, detail, pointer, inFile ?? file));
    }

    /// <summary>A step of a JSON Pointer (RFC 6901 §3).</summary>
    public static string Step(string pointer, string name) =>
        pointer + "/" + name.Replace("~", "~0").Replace("/", "~1");

    public static string Step(string pointer, int index) => pointer + "/" + index;
}
