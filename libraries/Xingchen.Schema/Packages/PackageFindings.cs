namespace Xingchen.Schema.Packages;

/// <summary>Collects what is wrong, up to a limit, so that a hostile file cannot fill memory with complaints.</summary>
internal sealed class PackageFindings(int limit)
{
    private readonly List<Finding> findings = [];

    public IReadOnlyList<Finding> All => findings;

    public void Add(string code, string detail, string? file = null, string? pointer = null) =>
        Add(new Finding(code, detail, pointer, file));

    public void Add(Finding finding)
    {
        if (findings.Count < limit) findings.Add(finding);
        else if (findings.Count == limit)
            findings.Add(new Finding("more-findings", $"There are more than these {limit}. Mend them first."));
    }
}
