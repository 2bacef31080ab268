using System.Text.Json;
using Xingchen.Schema.Definitions;

namespace Xingchen.Schema;

/// <summary>Reads definitions, and says at once everything that is wrong with them.</summary>
internal sealed class LayerReader
{
    /// <summary>Bytes of a layer's document, or of all its files together.</summary>
    public const int MostBytes = 16 * 1024 * 1024;

    /// <summary>Definitions of a layer.</summary>
    public const int MostDefinitions = 5000;

    private const int MostDepth = 24;
    private const string Overlays = "overlays";
    private static readonly string[] Reserved = ["global", "idc", "group", "account", "isv"];

    private readonly LayerKind kind;
    private readonly string name;
    private readonly string? prefix;
    private readonly FindingList findings = new();
    private readonly List<(string Collection, Definition Definition)> read = [];
    private readonly HashSet<(bool, string, string)> names = [];
    private long bytes;
    private int count;
    private string? file;

    public LayerReader(LayerKind kind, string name, string? @namespace)
    {
        this.kind = kind;
        this.name = name;
        prefix = kind == LayerKind.Account ? DefinitionNames.Private : @namespace;
        if (kind == LayerKind.Isv && Reserved.Contains(name))
            findings.Add("name-reserved", $"A package may not be called \"{name}\"; choose another name.", null);
        if (kind == LayerKind.Isv && @namespace is null)
            findings.Add("namespace-missing", "A package of a publisher needs the publisher's namespace.", null);
        if (kind is LayerKind.Global or LayerKind.Idc or LayerKind.Group && @namespace is not null)
            findings.Add("namespace-refused", "A standard layer has no namespace; leave it out.", null);
    }

    public void ReadDocument(ReadOnlyMemory<byte> json)
    {
        if (Load(json) is { } root) ReadDocument(root);
    }

    public void ReadDocument(JsonElement root)
    {
        if (!IsText(root)) return;
        if (root.ValueKind != JsonValueKind.Object)
        {
            findings.Add("json-invalid", "A layer is a JSON object such as {\"objects\":[…],\"overlays\":[…]}.", "");
            return;
        }
        var seen = new HashSet<string>();
        foreach (var member in root.EnumerateObject())
        {
            var pointer = FindingList.Step("", member.Name);
            if (!seen.Add(member.Name)) Duplicate(member.Name, pointer);
            else if (member.Name != Overlays && DefinitionKind.OfCollection(member.Name) is null)
                findings.Add("member-unknown", $"\"{Clip(member.Name)}\" is no kind of definition; there are "
                    + string.Join(", ", DefinitionKind.All.Select(k => k.Collection)) + " and overlays.", pointer);
            else if (member.Value.ValueKind != JsonValueKind.Array)
                findings.Add("property-invalid", $"\"{member.Name}\" must be a list of definitions.", pointer);
            else
            {
                var index = 0;
                foreach (var item in member.Value.EnumerateArray())
                    ReadDefinition(member.Name, item, FindingList.Step(pointer, index++));
            }
        }
    }

    public void ReadFile(DefinitionFile source)
    {
        file = source.File;
        if (source.Collection != Overlays && DefinitionKind.OfCollection(source.Collection) is null)
            Add("member-unknown", $"\"{source.Collection}\" is no kind of definition.", "");
        else if (Load(source.Json) is { } root && IsText(root))
            ReadDefinition(source.Collection, root, "");
        file = null;
    }

    public Layer Finish(string version, out IReadOnlyList<Finding> all)
    {
        all = findings.All;
        var ordered = read.OrderBy(r => r.Collection, StringComparer.Ordinal)
            .ThenBy(r => r.Definition.Kind, StringComparer.Ordinal)
            .ThenBy(r => r.Definition.Name, StringComparer.Ordinal).ToList();
        var content = CanonicalJson.Write(writer =>
        {
            writer.WriteStartObject();
            foreach (var collection in ordered.GroupBy(r => r.Collection))
            {
                writer.WriteStartArray(collection.Key);
                foreach (var (_, definition) in collection) WriteDefinition(writer, definition.Content);
                writer.WriteEndArray();
            }
            writer.WriteEndObject();
        });
        // A definition before the overlays of its kind, so that a layer may place its own among others'.
        return new Layer(kind, name, prefix, version,
            [.. ordered.Select(r => r.Definition).OrderBy(d => d.IsOverlay)], content);
    }

    private JsonElement? Load(ReadOnlyMemory<byte> json)
    {
        bytes += json.Length;
        if (bytes > MostBytes)
        {
            Add("too-large", $"A layer may have {MostBytes / 1024 / 1024} MiB of definitions; split it.", "");
            return null;
        }
        var start = json.Span.StartsWith("\uFEFF"u8) ? 3 : 0;
        try
        {
            using var document = JsonDocument.Parse(json[start..], new JsonDocumentOptions { MaxDepth = MostDepth });
            return document.RootElement.Clone();
        }
        catch (JsonException wrong)
        {
            Add("json-invalid", $"This is not JSON that can be read, at line {wrong.LineNumber + 1}, "
                + $"byte {wrong.BytePositionInLine + 1}"
                + $"; it may be nested {MostDepth} deep at most.", "");
            return null;
        }
    }

    private bool IsText(JsonElement root)
    {
        if (JsonText.FindHalf(root) is not { } pointer) return true;
        Add("json-invalid", "A text here holds half a surrogate pair (\\uD800 to \\uDFFF alone); it is no Unicode.",
            pointer);
        return false;
    }

    private void ReadDefinition(string collection, JsonElement content, string pointer)
    {
        if (++count > MostDefinitions)
        {
            if (count == MostDefinitions + 1)
                Add("too-many", $"A layer may have {MostDefinitions} definitions at most.", pointer);
            return;
        }
        if (content.ValueKind != JsonValueKind.Object)
        {
            Add("json-invalid", "A definition is a JSON object.", pointer);
            return;
        }
        var before = findings.Count;
        var isOverlay = collection == Overlays;
        var kindOf = isOverlay ? KindOfOverlay(content, pointer) : DefinitionKind.OfCollection(collection);
        if (kindOf is null) return;
        if (kindOf.NeedsPackage && !isOverlay && kind == LayerKind.Account)
            Add("kind-needs-package", $"A {kindOf.Shape.Name} calls code, and only a package brings code; here it can "
                + "be overlaid.", pointer);
        var key = isOverlay ? Overlays : kindOf.Shape.Key.Name;
        var called = content.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()! : null;
        if (called is null)
            Add("property-missing", $"A definition needs \"{key}\": the name of "
                + (isOverlay ? "what it overlays." : "what it defines."), pointer);
        else if (CheckName(called, own: !isOverlay, FindingList.Step(pointer, key))
            && !names.Add((isOverlay, kindOf.Name, called)))
            Add("definition-duplicate", $"The layer "
                + $"has {(isOverlay ? "an overlay of" : "a definition of")} {kindOf.Name} "
                + $"\"{called}\" already; make one of them.", FindingList.Step(pointer, key));
        new ShapeReader(findings, file, kind, prefix).Read(kindOf.Shape, content, pointer, isOverlay, root: true,
            owned: !isOverlay);
        if (findings.Count == before && called is not null)
            read.Add((collection, new Definition(kindOf.Name, called, isOverlay, content, file, pointer)));
    }

    private DefinitionKind? KindOfOverlay(JsonElement content, string pointer)
    {
        if (!content.TryGetProperty("kind", out var value)) return DefinitionKind.OfName("object");
        var found = value.ValueKind == JsonValueKind.String ? DefinitionKind.OfName(value.GetString()!) : null;
        if (found is null)
            Add("property-invalid",
                "\"kind\" must be one of " + string.Join(", ", DefinitionKind.All.Select(k => k.Name)) + ".",
                FindingList.Step(pointer, "kind"));
        return found;
    }

    private bool CheckName(string called, bool own, string pointer)
    {
        if (!DefinitionNames.IsName(called))
        {
            Add("name-invalid", $"\"{Clip(called)}\" is no name: ASCII letters and digits, beginning with a letter, "
                + $"at most 60, "
                + "after the prefix where there is one; other alphabets belong in labels.", pointer);
            return false;
        }
        if (!own || DefinitionNames.PrefixOf(called) == prefix) return true;
        Add("prefix-invalid", prefix is null
            ? $"A standard definition has no prefix: call it "
                + $"\"{called[(called.IndexOf("__", StringComparison.Ordinal) + 2)..]}\"."
            : $"What this layer defines begins with \"{prefix}__\": call it \"{prefix}__{Unprefixed(called)}\".",
                pointer);
        return false;
    }

    internal static string Unprefixed(string called) =>
        called.Contains("__", StringComparison.Ordinal)
            ? called[(called.IndexOf("__", StringComparison.Ordinal) + 2)..] : called;

    internal static string Clip(string text) => text.Length <= 60 ? text : text[..60] + "…";

    private static void WriteDefinition(Utf8JsonWriter writer, JsonElement content)
    {
        writer.WriteStartObject();
        foreach (var member in content.EnumerateObject().Where(m => m.Name != "$schema")
            .OrderBy(m => m.Name, StringComparer.Ordinal))
        {
            writer.WritePropertyName(member.Name);
            CanonicalJson.Write(writer, member.Value);
        }
        writer.WriteEndObject();
    }

    private void Duplicate(string member, string pointer) =>
        Add("member-duplicate", $"\"{Clip(member)}\" stands twice; keep one.", pointer);

    private void Add(string code, string detail, string pointer) => findings.Add(code, detail, pointer, file);
}
