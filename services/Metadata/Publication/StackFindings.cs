using Xingchen.Metadata.Stacks;

namespace Xingchen.Metadata.Publication;

/// <summary>Turns findings about layers into the problem that stops a publication.</summary>
internal static class StackFindings
{
    /// <summary>What <paramref name="after"/> has wrong that <paramref name="before"/> had not: nobody answers for what
    /// was wrong already, such as an overlay of a field that the standard product has dropped since.</summary>
    public static IReadOnlyList<Finding> NewIn(Snapshot? before, Snapshot after)
    {
        var known = before?.Resolution.Findings.Select(found => (found.Code, found.Detail)).ToHashSet() ?? [];
        return [.. after.Resolution.Findings.Where(found => !known.Contains((found.Code, found.Detail)))];
    }

    /// <summary>Throws where there are findings.</summary>
    /// <param name="findings">All of them.</param>
    /// <param name="root">Where the caller's body stands in the layer; pointers are given from there, others left
    /// out.</param>
    /// <exception cref="ProblemException"><c>definition-locked</c> where that is all there is, else
    /// <c>definition-invalid</c>.</exception>
    public static void Stop(IReadOnlyCollection<Finding> findings, string? root = null)
    {
        if (findings.Count == 0) return;
        var problem = findings.All(found => found.Code == "definition-locked")
            ? Problems.DefinitionLocked : Problems.DefinitionInvalid;
        throw new ProblemException(problem, "Nothing was changed. Mend what errors lists.",
            [.. findings.Distinct().Select(found => found with { Pointer = Relative(found.Pointer, root) })]);
    }

    private static string? Relative(string? pointer, string? root)
    {
        if (pointer is null || root is null) return pointer;
        return pointer == root || pointer.StartsWith(root + "/", StringComparison.Ordinal) ? pointer[root.Length..]
            : null;
    }
}
