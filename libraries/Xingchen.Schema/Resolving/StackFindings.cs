namespace Xingchen.Schema;

/// <summary>Findings of a stack, each with the layer whose doing it is.</summary>
internal sealed class StackFindings(IReadOnlyList<Layer> stack)
{
    private readonly HashSet<string> packages = [.. stack.Where(l => l.Kind == LayerKind.Isv).Select(l => l.Source)];
    private readonly List<(string Layer, Finding Finding)> found = [];

    public IReadOnlyList<(string Layer, Finding Finding)> All => found;

    public bool IsPackage(string source) => packages.Contains(source);

    public void Add(string layer, string code, string detail, string? pointer, string? file) =>
        Add(layer, new Finding(code, detail, pointer, file));

    public void Add(string layer, Finding finding)
    {
        if (found.Count < FindingList.Most) found.Add((layer, finding));
    }
}
