using System.Text.Json;

namespace Xingchen.Sidecar.Cel;

/// <summary>What values do. Numbers of JSON are doubles; numbers of both kinds compare by value.</summary>
internal static class CelValues
{
    /// <summary>And, or: a side that decides wins over a side that fails.</summary>
    public static object Decide(CelNode a, CelNode b, JsonElement cloudEvent, bool deciding)
    {
        try
        {
            if (Truth(a(cloudEvent)) == deciding) return deciding;
        }
        catch (CelException)
        {
            if (Truth(b(cloudEvent)) == deciding) return deciding;
            throw;
        }
        return Truth(b(cloudEvent));
    }

    public static bool Truth(object? value) =>
        value as bool? ?? throw new CelException("a truth value is expected");

    public static object Negate(object? value) => value switch
    {
        long whole => (object)-whole,
        double real => -real,
        _ => throw new CelException("'-' is for numbers"),
    };

    public static bool AreEqual(object? a, object? b) => (a, b) switch
    {
        (null, null) => true,
        (long or double, long or double) => Compare(a, b) == 0,
        (List<object?> x, List<object?> y) => x.Count == y.Count && !x.Where((item, i) => !AreEqual(item, y[i])).Any(),
        (JsonElement x, JsonElement y) => JsonElement.DeepEquals(x, y),
        _ => Equals(a, b),
    };

    public static int Compare(object? a, object? b) => (a, b) switch
    {
        (long x, long y) => x.CompareTo(y),
        (long x, double y) => ((double)x).CompareTo(y),
        (double x, long y) => x.CompareTo(y),
        (double x, double y) => x.CompareTo(y),
        (string x, string y) => string.CompareOrdinal(x, y),
        (bool x, bool y) => x.CompareTo(y),
        _ => throw new CelException("these values have no order"),
    };

    public static bool IsIn(object? value, object? container) => container switch
    {
        List<object?> list => list.Exists(item => AreEqual(item, value)),
        JsonElement { ValueKind: JsonValueKind.Object } map => value is string key && map.TryGetProperty(key, out _),
        _ => throw new CelException("'in' needs a list or an object"),
    };

    public static object? Field(object? of, string name) =>
        of is JsonElement { ValueKind: JsonValueKind.Object } map
            ? map.TryGetProperty(name, out var value) ? Of(value) : throw new CelException($"there is no key '{name}'")
            : throw new CelException($"'{name}' is asked of what is no object");

    public static object? Index(object? of, object? index) => (of, index) switch
    {
        (_, string name) => Field(of, name),
        (List<object?> list, long position) when position >= 0 && position < list.Count => list[(int)position],
        _ => throw new CelException("the index is not there"),
    };

    /// <summary>Whether a field is there; what leads to it must be.</summary>
    public static bool Has(CelNode field, JsonElement cloudEvent)
    {
        try
        {
            return field(cloudEvent) is not null;
        }
        catch (CelException)
        {
            return false;
        }
    }

    public static object Size(object? value) => value switch
    {
        string text => (long)text.EnumerateRunes().Count(),
        List<object?> list => (long)list.Count,
        JsonElement { ValueKind: JsonValueKind.Object } map => (long)map.EnumerateObject().Count(),
        _ => throw new CelException("size() is for texts, lists and objects"),
    };

    private static object? Of(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Array => value.EnumerateArray().Select(Of).ToList(),
        JsonValueKind.Object => value,
        _ => null,
    };
}
