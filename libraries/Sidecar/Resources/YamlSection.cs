using YamlDotNet.RepresentationModel;

namespace Xingchen.Sidecar.Resources;

/// <summary>A mapping of a YAML document that knows which of its fields were asked for.</summary>
/// <remarks>What nobody asked for is not honoured, and <see cref="Close"/> says so: nothing is ignored in
/// silence.</remarks>
internal sealed class YamlSection(string file, string path, YamlMappingNode? node, List<string> problems)
{
    private readonly HashSet<string> asked = new(StringComparer.Ordinal);

    /// <summary>Whether the section is there.</summary>
    public bool Exists => node is not null;

    /// <summary>A text, number or truth value; null when it is not there.</summary>
    public string? Text(string name)
    {
        switch (Find(name))
        {
            case null: return null;
            case YamlScalarNode scalar: return scalar.Value;
            case var other:
                Report(name, "must be a single value", other);
                return null;
        }
    }

    /// <summary>A text that must be there; empty after a report.</summary>
    public string Required(string name)
    {
        if (Text(name) is { Length: > 0 } text) return text;
        Report(name, "is missing");
        return "";
    }

    /// <summary>A truth value; false when it is not there.</summary>
    public bool Flag(string name) => Text(name) switch
    {
        null or "" => false,
        var text when bool.TryParse(text, out var flag) => flag,
        _ => Wrong(name, "must be true or false"),
    };

    /// <summary>A section below; it may be missing.</summary>
    public YamlSection Section(string name)
    {
        var below = Find(name);
        if (below is not (null or YamlMappingNode)) Report(name, "must be a mapping", below);
        return new YamlSection(file, Join(name), below as YamlMappingNode, problems);
    }

    /// <summary>The sections of a list; none when it is not there.</summary>
    public IReadOnlyList<YamlSection> Sections(string name) =>
        [.. Items(name).Select((item, i) => item as YamlMappingNode is { } mapping
            ? new YamlSection(file, $"{Join(name)}[{i}]", mapping, problems)
            : Mapping(name, item))];

    /// <summary>The texts of a list; none when it is not there.</summary>
    public IReadOnlyList<string> Texts(string name) =>
        [.. Items(name).OfType<YamlScalarNode>().Select(item => item.Value ?? "")];

    /// <summary>The fields of a mapping of texts.</summary>
    public IReadOnlyDictionary<string, string> Map(string name)
    {
        var section = Section(name);
        return section.Names().ToDictionary(key => key, key => section.Text(key) ?? "", StringComparer.Ordinal);
    }

    /// <summary>Says that something about a field is wrong.</summary>
    public void Report(string name, string what) => Report(name, what, Peek(name) ?? node);

    /// <summary>Says that fields are there that nobody asked for.</summary>
    public void Close()
    {
        foreach (var name in Names().Where(name => !asked.Contains(name)))
            Report(name, "is not honoured by this sidecar", Peek(name));
    }

    private IEnumerable<string> Names() =>
        node is null ? [] : [.. node.Children.Keys.OfType<YamlScalarNode>().Select(key => key.Value ?? "")];

    private IEnumerable<YamlNode> Items(string name)
    {
        switch (Find(name))
        {
            case null: return [];
            case YamlSequenceNode sequence: return sequence.Children;
            case var other:
                Report(name, "must be a list", other);
                return [];
        }
    }

    private YamlSection Mapping(string name, YamlNode item)
    {
        Report(name, "must be a list of mappings", item);
        return new YamlSection(file, Join(name), null, problems);
    }

    private bool Wrong(string name, string what)
    {
        Report(name, what);
        return false;
    }

    private YamlNode? Find(string name)
    {
        asked.Add(name);
        return Peek(name);
    }

    /// <summary>A field's value; null also for an explicit null.</summary>
    private YamlNode? Peek(string name) =>
        node?.Children.TryGetValue(new YamlScalarNode(name), out var value) == true
        && value is not YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain, Value: "" or "~" or "null" }
            ? value : null;

    private string Join(string name) => path.Length == 0 ? name : $"{path}.{name}";

    private void Report(string name, string what, YamlNode? at)
    {
        var line = at is null ? 1 : at.Start.Line;
        problems.Add($"{file}:{line}: {Join(name)} {what}");
    }
}
