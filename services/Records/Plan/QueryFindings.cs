using Xingchen.Records.Request;

namespace Xingchen.Records.Plan;

/// <summary>Everything wrong with a query that has been found so far.</summary>
internal sealed class QueryFindings
{
    private readonly List<Finding> findings = [];

    public bool Any => findings.Count > 0;

    public void Add(string code, int position, string detail)
    {
        if (findings.Count < QueryLimits.Findings) findings.Add(new Finding(code, detail, Position: position));
    }

    /// <exception cref="ProblemException"><c>query-invalid</c>, where anything was found.</exception>
    public void ThrowIfAny()
    {
        if (!Any) return;
        var first = findings.MinBy(finding => finding.Position)!;
        var more = findings.Count > 1 ? $" And {findings.Count - 1} more." : "";
        throw new ProblemException(Problems.QueryInvalid, $"{first.Detail} (at character {first.Position}){more}",
            [.. findings.OrderBy(finding => finding.Position)]);
    }
}
