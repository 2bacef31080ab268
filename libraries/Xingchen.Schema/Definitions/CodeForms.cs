using System.Text.Json;
using System.Text.RegularExpressions;
using NodaTime;

namespace Xingchen.Schema.Definitions;

/// <summary>true or false, true where it is not said; false restricts.</summary>
internal sealed record SwitchForm : ValueForm
{
    public override string? Expects(JsonElement value) => new FlagForm().Expects(value);

    public override bool Loosens(JsonElement? below, JsonElement? value) =>
        below?.ValueKind == JsonValueKind.False && value?.ValueKind != JsonValueKind.False;
}

/// <summary>A list of different words of a few.</summary>
internal sealed record WordListForm(params string[] Words) : ValueForm
{
    public override string? Expects(JsonElement value)
    {
        var seen = new HashSet<string>();
        return value.ValueKind == JsonValueKind.Array && value.GetArrayLength() is var count && count > 0
            && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String
                && Words.Contains(item.GetString()) && seen.Add(item.GetString()!))
            ? null : "a list of one or more of " + string.Join(", ", Words);
    }
}

/// <summary>A type of an assembly of the package: <c>Acme.Loyalty!Acme.Loyalty.PointsHook</c>, a nested one after
/// <c>+</c>.</summary>
internal sealed partial record HandlerForm : ValueForm
{
    public override string? Expects(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && Handler.IsMatch(value.GetString()!)
            ? null : "an assembly and a type of it, such as Acme.Loyalty!Acme.Loyalty.PointsHook";

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_.-]{0,99}![A-Za-z_][A-Za-z0-9_.+]{0,299}\z", RegexOptions.None, 1000)]
    private static partial Regex Handler { get; }
}

/// <summary>The last part of a function's address.</summary>
internal sealed partial record PathForm : ValueForm
{
    public override string? Expects(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && Part.IsMatch(value.GetString()!)
            ? null : "1 to 60 small letters, digits and hyphens, a letter first";

    [GeneratedRegex(@"^[a-z][a-z0-9-]{0,59}\z", RegexOptions.None, 1000)]
    private static partial Regex Part { get; }
}

/// <summary>A time zone by its IANA name.</summary>
internal sealed record ZoneForm : ValueForm
{
    public override string? Expects(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && DateTimeZoneProviders.Tzdb.Ids.Contains(value.GetString()!)
            ? null : "the IANA name of a time zone, such as Europe/Berlin";
}
