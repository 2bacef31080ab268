namespace Xingchen.Model;

/// <summary>A kind of error that a caller can see (RFC 9457): slug, status and title.</summary>
/// <remarks>Every kind stands in <see cref="Problems"/> and has a page in <c>docs/problems</c>.</remarks>
public sealed record Problem(string Slug, int Status, string Title)
{
    public string Type => "/problems/" + Slug;
}

/// <summary>One thing that is wrong.</summary>
/// <param name="Code">A stable kebab-case code.</param>
/// <param name="Detail">One sentence for a person that says how to mend it.</param>
/// <param name="Pointer">A JSON Pointer (RFC 6901) into the request body, definition or file; null where none
/// applies.</param>
/// <param name="File">The file of a package, or null.</param>
/// <param name="Position">Zero-based character position in a query text, or null.</param>
public sealed record Finding(
    string Code, string Detail, string? Pointer = null, string? File = null, int? Position = null);

/// <summary>Stops a request with a problem that its caller can see and mend.</summary>
public sealed class ProblemException(Problem problem, string detail, IReadOnlyList<Finding>? errors = null)
    : Exception(detail)
{
    public Problem Problem { get; } = problem;

    public string Detail { get; } = detail;

    public IReadOnlyList<Finding> Errors { get; } = errors ?? [];

    /// <summary>Seconds after which to try again, sent as <c>Retry-After</c> (RFC 9110 §10.2.3); null where it would
    /// not help.</summary>
    public int? RetryAfterSeconds { get; init; }
}
