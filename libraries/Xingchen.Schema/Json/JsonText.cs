using System.Runtime.InteropServices;
using System.Text.Json;

namespace Xingchen.Schema;

/// <summary>Whether every text of a JSON value is Unicode.</summary>
public static class JsonText
{
    /// <summary>The JSON Pointer of a text or member that holds half a surrogate pair (<c>\ud800</c>); null where
    /// there is none.</summary>
    /// <remarks>RFC 8259 §8.2: such escapes are JSON, but no text. Reading them throws, so ask before. Costs one scan
    /// of the bytes where no such escape stands in them.</remarks>
    public static string? FindHalf(JsonElement value)
    {
        var raw = JsonMarshal.GetRawUtf8Value(value);
        return raw.IndexOf("\\ud"u8) < 0 && raw.IndexOf("\\uD"u8) < 0 ? null : Find(value, "");
    }

    private static string? Find(JsonElement value, string pointer)
    {
        if (value.ValueKind == JsonValueKind.String) return Reads(() => value.GetString()) ? null : pointer;
        if (value.ValueKind == JsonValueKind.Array)
        {
            var index = 0;
            foreach (var item in value.EnumerateArray())
                if (Find(item, FindingList.Step(pointer, index++)) is { } found) return found;
        }
        if (value.ValueKind != JsonValueKind.Object) return null;
        foreach (var member in value.EnumerateObject())
            if (!Reads(() => member.Name)) return pointer;
            else if (Find(member.Value, FindingList.Step(pointer, member.Name)) is { } found) return found;
        return null;
    }

    private static bool Reads(Func<string?> read)
    {
        try
        {
            read();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
