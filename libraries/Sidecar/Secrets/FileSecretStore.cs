using System.Text.Json;
using Xingchen.Sidecar.Resources;

namespace Xingchen.Sidecar.Secrets;

/// <summary><c>secretstores.local.file</c>: a JSON file, read once at the start.</summary>
/// <remarks>
/// Nested values have names joined by <c>nestedSeparator</c> (default <c>:</c>), positions in lists included. With
/// <c>multiValued</c> each member of the file is one secret of several values, whose keys are joined the same way.
/// </remarks>
internal sealed class FileSecretStore : ISecretStore
{
    private readonly Dictionary<string, IReadOnlyDictionary<string, string>> secrets = new(StringComparer.Ordinal);

    private FileSecretStore(Component component) => Component = component;

    public Component Component { get; }

    /// <returns>The store; null after a report.</returns>
    public static FileSecretStore? Create(Component component, ComponentReader reader)
    {
        var file = reader.RequiredSetting(component, "secretsFile");
        var separator = reader.Setting(component, "nestedSeparator") is { Length: > 0 } given ? given : ":";
        var multiValued = reader.Setting(component, "multiValued") is { } flag
            && flag.Equals("true", StringComparison.OrdinalIgnoreCase);
        if (file.Length == 0) return null;
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            if (json.RootElement.ValueKind == JsonValueKind.Object)
                return new FileSecretStore(component).Fill(json.RootElement, separator, multiValued);
            reader.Report("metadata", $"secretsFile {file} must hold a JSON object");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            reader.Report("metadata", $"secretsFile {file} cannot be read: {exception.Message}");
        }
        return null;
    }

    public IReadOnlyDictionary<string, string>? Get(string name) => secrets.GetValueOrDefault(name);

    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> All() => secrets;

    private FileSecretStore Fill(JsonElement root, string separator, bool multiValued)
    {
        foreach (var member in root.EnumerateObject())
        {
            var values = new Dictionary<string, string>(StringComparer.Ordinal);
            Flatten(member.Value, multiValued ? "" : member.Name, separator, values);
            if (multiValued && member.Value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array))
                secrets[member.Name] = new Dictionary<string, string>(StringComparer.Ordinal) { [member.Name] =
                    Text(member.Value) };
            else if (multiValued)
                secrets[member.Name] = values;
            else
                foreach (var (name, value) in values)
                    secrets[name] = new Dictionary<string, string>(StringComparer.Ordinal) { [name] = value };
        }
        return this;
    }

    private static void Flatten(JsonElement value, string name, string separator, Dictionary<string, string> into)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                    Flatten(member.Value, Join(name, member.Name, separator), separator, into);
                break;
            case JsonValueKind.Array:
                var position = 0;
                foreach (var item in value.EnumerateArray())
                    Flatten(item, Join(name, (position++).ToString(), separator), separator, into);
                break;
            default:
                into[name] = Text(value);
                break;
        }
    }

    private static string Join(string name, string next, string separator) =>
        name.Length == 0 ? next : name + separator + next;

    private static string Text(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
