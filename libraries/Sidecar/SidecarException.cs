namespace Xingchen.Sidecar;

/// <summary>Something that the sidecar was given to start with is wrong.</summary>
/// <remarks>Everything wrong is reported at once, one line each: the file, the line, the field and what is the
/// matter.</remarks>
public sealed class SidecarException(IReadOnlyList<string> problems, Exception? inner = null)
    : Exception(string.Join(Environment.NewLine, problems), inner)
{
    public SidecarException(string problem, Exception? inner = null)
        : this([problem], inner)
    {
    }

    /// <summary>One line each, in the order of the files.</summary>
    public IReadOnlyList<string> Problems { get; } = problems;
}
