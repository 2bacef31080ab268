using System.Globalization;
using System.Text.Json;

namespace Xingchen.Schema.FieldTypes;

/// <summary>JSON forms that several types share.</summary>
internal static class JsonForms
{
    public static string? Text(JsonElement value, int? most)
    {
        if (value.ValueKind != JsonValueKind.String) return "text";
        var text = value.GetString()!;
        if (text.Contains('\0')) return "text without the character U+0000";
        return most is null || text.Length <= most || text.EnumerateRunes().Count() <= most
            ? null : $"text of at most {most} characters";
    }

    public static string? OneOf(JsonElement value, IReadOnlyList<string> values) =>
        value.ValueKind == JsonValueKind.String && values.Contains(value.GetString()!)
            ? null : "one of " + string.Join(", ", values.Take(20)) + (values.Count > 20 ? ", …" : "");

    /// <summary>A number of at most <paramref name="precision"/> digits, <paramref name="scale"/> of them after the
    /// point.</summary>
    public static string? Decimal(JsonElement value, int? precision, int? scale)
    {
        var wanted = scale == 0
            ? $"a whole number of at most {precision} digits"
            : $"a number of at most {precision} digits, {scale} of them after the point";
        if (value.ValueKind != JsonValueKind.Number
            || !decimal.TryParse(value.GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            return wanted;
        if (number.Scale > scale) return wanted;
        return Math.Abs(number) < Power(precision!.Value - scale!.Value) ? null : wanted;
    }

    private static decimal Power(int digits)
    {
        var power = 1m;
        for (var i = 0; i < digits; i++) power *= 10;
        return power;
    }
}
