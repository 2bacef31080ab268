using System.Text;
using System.Text.Json;

namespace Xingchen.Sidecar.PubSub;

/// <summary>One event of a bulk publication.</summary>
internal sealed record BulkEntry(
    string Id, ReadOnlyMemory<byte> Event, string ContentType, Dictionary<string, string> Metadata)
{
    /// <summary>Reads <c>[{entryId, event, contentType, metadata}]</c>; names match in any case, as they do in
    /// Go.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> body, out List<BulkEntry> entries, out string problem)
    {
        entries = [];
        problem = "";
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind != JsonValueKind.Array) throw new FormatException("the body is no list");
            foreach (var item in json.RootElement.EnumerateArray()) entries.Add(Read(item));
            if (entries.Any(entry => entry.Id.Length == 0)) throw new FormatException("an entryId is missing");
            if (entries.Select(entry => entry.Id).Distinct(StringComparer.Ordinal).Count() != entries.Count)
                throw new FormatException("an entryId is there twice");
            return true;
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
        {
            problem = exception.Message;
            return false;
        }
    }

    private static BulkEntry Read(JsonElement item)
    {
        var members = new Dictionary<string, JsonElement>(StringComparer.OrdinalIgnoreCase);
        foreach (var member in item.EnumerateObject()) members[member.Name] = member.Value;
        var type = members.TryGetValue("contentType", out var given) ? given.GetString() ?? "" : "";
        var metadata = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (members.TryGetValue("metadata", out var pairs) && pairs.ValueKind == JsonValueKind.Object)
            foreach (var pair in pairs.EnumerateObject()) metadata[pair.Name] = pair.Value.ToString();
        var id = members.TryGetValue("entryId", out var entryId) ? entryId.GetString() ?? "" : "";
        var data = members.TryGetValue("event", out var value)
            ? Data(value, type) : throw new FormatException("an event is missing");
        return new BulkEntry(id, data, type, metadata);
    }

    private static byte[] Data(JsonElement value, string type)
    {
        var isText = value.ValueKind == JsonValueKind.String;
        if (isText && type.StartsWith("application/octet-stream", StringComparison.OrdinalIgnoreCase))
            return Convert.FromBase64String(value.GetString()!);
        var isJson = type.Contains("json", StringComparison.OrdinalIgnoreCase);
        return Encoding.UTF8.GetBytes(isText && !isJson ? value.GetString()! : value.GetRawText());
    }
}
