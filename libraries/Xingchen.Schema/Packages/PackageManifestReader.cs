using System.Text.Json;

namespace Xingchen.Schema.Packages;

/// <summary>Reads <c>package.json</c> and says everything that is wrong with it.</summary>
internal sealed class PackageManifestReader(PackageFindings findings)
{
    private const int MostDependencies = 100;
    private const int MostText = 4_000;
    private static readonly string[] Layers = ["global", "idc", "group", PackageManifest.IsvLayer];

    private static readonly string[] Members =
    [
        "name", "namespace", "version", "title", "description", "license", "engines", "dependencies", "permissions",
        "assemblies", "activation", "layer", "$schema",
    ];

    private static readonly string MemberList = string.Join(", ", Members[..^1]) + ".";

    private bool sound = true;

    /// <summary>The manifest; null where its name, namespace or version cannot be told.</summary>
    public PackageManifest? Read(byte[] json)
    {
        if (PackageJson.TryParse(json, PackageLayout.Manifest, findings) is not { } root) return null;
        if (root.ValueKind != JsonValueKind.Object)
        {
            Add("property-invalid", "package.json is a JSON object.", "");
            return null;
        }
        foreach (var member in root.EnumerateObject())
            if (!Members.Contains(member.Name))
                Add("member-unknown", "There is no such member in package.json. There are " + MemberList,
                    Step("", member.Name));
        var layer = Text(root, "layer") ?? PackageManifest.IsvLayer;
        if (!Layers.Contains(layer))
            Fatal("property-invalid", $"A layer is one of {string.Join(", ", Layers)}.", "/layer");
        var name = Name(root);
        var @namespace = Namespace(root, layer);
        var version = Version(root);
        var engine = root.TryGetProperty("engines", out var engines) ? Engine(engines) : null;
        var manifest = new PackageManifest(name ?? "", @namespace, version ?? "", layer,
            LabelOf(root, "title"), LabelOf(root, "description"), Text(root, "license"), engine,
            Dependencies(root, name), Texts(root, "permissions"), Texts(root, "assemblies"), PreActivation(root));
        return sound ? manifest : null;
    }

    private string? Name(JsonElement root)
    {
        var name = Text(root, "name");
        if (name is not null && Names.Package.IsMatch(name)) return name;
        Fatal(name is null ? "property-missing" : "name-invalid",
            "A package has a name of 2 to 64 lower-case letters, digits and hyphens that begins with a letter.",
                "/name");
        return null;
    }

    private string? Namespace(JsonElement root, string layer)
    {
        var value = Text(root, "namespace");
        if (layer != PackageManifest.IsvLayer)
        {
            if (value is not null)
                Fatal("namespace-refused", "A standard layer has no namespace; leave it out.", "/namespace");
        }
        else if (value is null || !Names.Namespace.IsMatch(value))
        {
            Fatal(value is null ? "property-missing" : "namespace-invalid",
                "A package has its publisher's namespace: 2 to 15 lower-case letters and digits, a letter first.",
                    "/namespace");
        }
        return value;
    }

    private string? Version(JsonElement root)
    {
        var value = Text(root, "version");
        if (VersionRange.TryParseVersion(value, out _)) return value;
        Fatal(value is null ? "property-missing" : "version-invalid",
            "A version is SemVer 2.0, such as 1.2.0 or 1.2.0-beta.1, without build metadata.", "/version");
        return null;
    }

    private VersionRange? Engine(JsonElement engines)
    {
        if (engines.ValueKind != JsonValueKind.Object)
        {
            Add("property-invalid", "engines is an object such as {\"xingchen\": \">=0.1.0\"}.", "/engines");
            return null;
        }
        foreach (var member in engines.EnumerateObject())
            if (member.Name != "xingchen")
                Add("member-unknown", "The only engine is xingchen.", Step("/engines", member.Name));
        return engines.TryGetProperty("xingchen", out var range) ? Range(range, "/engines/xingchen") : null;
    }

    private SortedDictionary<string, VersionRange> Dependencies(JsonElement root, string? own)
    {
        var all = new SortedDictionary<string, VersionRange>(StringComparer.Ordinal);
        if (!root.TryGetProperty("dependencies", out var given)) return all;
        if (given.ValueKind != JsonValueKind.Object || given.EnumerateObject().Count() > MostDependencies)
        {
            Add("property-invalid", $"dependencies is an object from names to ranges, of {MostDependencies} at most.",
                "/dependencies");
            return all;
        }
        foreach (var member in given.EnumerateObject())
        {
            var pointer = Step("/dependencies", member.Name);
            var range = Range(member.Value, pointer);
            if (!Names.Package.IsMatch(member.Name)) Add("name-invalid", "This is no name of a package.", pointer);
            else if (member.Name == own) Add("dependency-on-itself", "A package does not depend on itself.", pointer);
            else if (range is not null) all[member.Name] = range;
        }
        return all;
    }

    private VersionRange? Range(JsonElement value, string pointer)
    {
        if (value.ValueKind == JsonValueKind.String && VersionRange.TryParse(value.GetString(), out var range))
            return range;
        Add("range-invalid", "This is no range of versions. Write it as ^1.2.0, ~1.2, 1.x, >=1.0.0 <2.0.0 or 1.2.0.",
            pointer);
        return null;
    }

    private Label? LabelOf(JsonElement root, string member)
    {
        if (!root.TryGetProperty(member, out var value)) return null;
        if (value.ValueKind == JsonValueKind.String)
            return new Label(new Dictionary<string, string> { ["en"] = Text(root, member) ?? "" });
        if (value.ValueKind == JsonValueKind.Object && value.EnumerateObject()
            .All(text => text.Value.ValueKind == JsonValueKind.String))
            return new Label(value.EnumerateObject().ToDictionary(text => text.Name, text => text.Value.GetString()!));
        Add("property-invalid", $"{member} is a text, or texts by language such as {{\"en\": …, \"zh-CN\": …}}.",
            "/" + member);
        return null;
    }

    private string? PreActivation(JsonElement root)
    {
        if (!root.TryGetProperty("activation", out var activation)) return null;
        if (activation.ValueKind == JsonValueKind.Object && activation.EnumerateObject()
            .All(member => member.Name == "pre"))
            return Text(activation, "pre", "/activation");
        Add("property-invalid", "activation is an object whose only member is pre.", "/activation");
        return null;
    }

    private List<string> Texts(JsonElement root, string member)
    {
        var texts = new List<string>();
        if (!root.TryGetProperty(member, out var value)) return texts;
        if (value.ValueKind != JsonValueKind.Array)
            Add("property-invalid", $"{member} is a list of texts.", "/" + member);
        else
            foreach (var (index, item) in value.EnumerateArray().Index())
                if (item.ValueKind != JsonValueKind.String
                    || item.GetString() is not { Length: > 0 and <= EntryName.MaxLength } text)
                    Add("property-invalid", $"An item of {member} is a text of 1 to {EntryName.MaxLength} characters.",
                        $"/{member}/{index}");
                else if (texts.Contains(text))
                    Add("item-duplicate", "This stands in the list already.", $"/{member}/{index}");
                else texts.Add(text);
        return texts;
    }

    private string? Text(JsonElement root, string member, string parent = "")
    {
        if (!root.TryGetProperty(member, out var value)) return null;
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 and <= MostText } text)
            return text;
        Add("property-invalid", $"{member} is a text of 1 to {MostText} characters.", Step(parent, member));
        return null;
    }

    private void Fatal(string code, string detail, string pointer)
    {
        sound = false;
        Add(code, detail, pointer);
    }

    private void Add(string code, string detail, string pointer) =>
        findings.Add(code, detail, PackageLayout.Manifest, pointer);

    private static string Step(string pointer, string name) =>
        $"{pointer}/{(name.Length > 60 ? name[..60] : name).Replace("~", "~0").Replace("/", "~1")}";
}
