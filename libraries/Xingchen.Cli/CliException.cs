namespace Xingchen.Cli;

/// <summary>Ends a command with exit code 1, a sentence and every finding.</summary>
/// <param name="slug">Of the problem the server answered with; null where it did not come from there.</param>
internal sealed class CliException(string message, IReadOnlyList<Finding>? findings = null, string? slug = null)
    : Exception(message)
{
    public string? Slug { get; } = slug;

    public IReadOnlyList<Finding> Findings { get; } = findings ?? [];
}
