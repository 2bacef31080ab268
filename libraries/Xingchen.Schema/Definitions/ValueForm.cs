using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Xingchen.Schema.Definitions;

/// <summary>What the value of a property may look like.</summary>
internal abstract record ValueForm
{
    /// <summary>What is wrong with the value, as the end of the sentence "It must be …"; null where nothing
    /// is.</summary>
    public abstract string? Expects(JsonElement value);

    /// <summary>Whether <paramref name="value"/> allows something that <paramref name="below"/> does not.</summary>
    /// <param name="below">The effective value below; null is the loosest there is.</param>
    /// <param name="value">The value above; null takes the restriction away.</param>
    public virtual bool Loosens(JsonElement? below, JsonElement? value) => true;

    /// <summary>The value that results where <paramref name="value"/> is set over <paramref name="below"/>.</summary>
    public virtual JsonElement Combine(JsonElement? below, JsonElement value) => value;

    protected static bool IsText(JsonElement value, int most, out string text)
    {
        text = value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        return value.ValueKind == JsonValueKind.String && text.Length <= most && !HasControls(text);
    }

    private static bool HasControls(string text)
    {
        foreach (var rune in text.EnumerateRunes())
            if (rune == Rune.ReplacementChar || (Rune.IsControl(rune) && rune.Value is not ('\n' or '\t'))) return true;
        return false;
    }
}

/// <summary>true or false; true restricts.</summary>
internal sealed record FlagForm : ValueForm
{
    public override string? Expects(JsonElement value) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : "true or false";

    public override bool Loosens(JsonElement? below, JsonElement? value) =>
        below?.ValueKind == JsonValueKind.True && value?.ValueKind != JsonValueKind.True;
}

/// <summary>A whole number in a range; a smaller one restricts.</summary>
internal sealed record CountForm(int Least, int Most) : ValueForm
{
    public override string? Expects(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= Least
            && number <= Most
            ? null : $"a whole number from {Least} to {Most}";

    public override bool Loosens(JsonElement? below, JsonElement? value) =>
        below is { ValueKind: JsonValueKind.Number } lower
        && (value is not { ValueKind: JsonValueKind.Number } upper || upper.GetInt32() > lower.GetInt32());
}

/// <summary>A number that values are not below, or not above; what leaves less room restricts.</summary>
internal sealed record BoundForm(bool IsLower) : ValueForm
{
    public override string? Expects(JsonElement value) =>
        Of(value) is { } number && Math.Abs(number) < 1_000_000_000_000_000m
            ? null : "a number of at most 15 digits before its point";

    public override bool Loosens(JsonElement? below, JsonElement? value) =>
        Of(below) is { } lower && (Of(value) is not { } upper || (IsLower ? upper < lower : upper > lower));

    /// <summary>A number exactly; null where it is none.</summary>
    public static decimal? Of(JsonElement? value) => value is { ValueKind: JsonValueKind.Number } given
        && decimal.TryParse(given.GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number : null;
}

/// <summary>Text of a length.</summary>
internal sealed record TextForm(int Most, int Least = 0) : ValueForm
{
    public override string? Expects(JsonElement value) =>
        IsText(value, Most, out var text) && text.Length >= Least
            ? null : $"text of {Least} to {Most} characters without control characters";
}

/// <summary>A condition of the expression language: where there is none, one restricts; what is there may not be
/// changed, for which of two conditions restricts more cannot be told.</summary>
internal sealed record ConditionForm : ValueForm
{
    private static readonly TextForm Form = new(4000, 1);

    public override string? Expects(JsonElement value) => Form.Expects(value);

    public override bool Loosens(JsonElement? below, JsonElement? value) =>
        below is { ValueKind: JsonValueKind.String } lower
        && (value is not { ValueKind: JsonValueKind.String } upper || upper.GetString() != lower.GetString());
}

/// <summary>One of a few words.</summary>
internal sealed record ChoiceForm(params string[] Choices) : ValueForm
{
    public override string? Expects(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && Choices.Contains(value.GetString())
            ? null : "one of " + string.Join(", ", Choices);
}

/// <summary>The name of something: checked for its form only.</summary>
internal sealed record NameForm(bool Path = false) : ValueForm
{
    public override string? Expects(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String) return "a name";
        var text = value.GetString()!;
        var parts = Path ? text.Split('.') : [text];
        return text.Length <= 300 && parts.Length <= 6 && parts.All(DefinitionNames.IsName)
            ? null : "a name of ASCII letters and digits that begins with a letter" + (Path
                ? ", or names joined by points" : "");
    }
}

/// <summary>A list of different names.</summary>
internal sealed record NameListForm(int Most, bool Star = false) : ValueForm
{
    public override string? Expects(JsonElement value)
    {
        var seen = new HashSet<string>();
        return value.ValueKind == JsonValueKind.Array && value.GetArrayLength() <= Most
            && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String
                && seen.Add(item.GetString()!)
                && (DefinitionNames.IsName(item.GetString()!) || (Star && item.GetString() == "*")))
            ? null : $"a list of at most {Most} different names";
    }
}

/// <summary>A text by language, such as <c>{"en": "Customer", "zh-CN": "客户"}</c>, or one text, which is
/// English.</summary>
internal sealed record LabelForm(int Most) : ValueForm
{
    private const int MostLanguages = 30;

    public override string? Expects(JsonElement value)
    {
        var wanted = $"text of 1 to {Most} characters by language, such as {{\"en\": \"Customer\", \"zh-CN\": \"客户\"}}";
        if (value.ValueKind == JsonValueKind.String) return IsLabel(value) ? null : wanted;
        if (value.ValueKind != JsonValueKind.Object) return wanted;
        var count = 0;
        foreach (var language in value.EnumerateObject())
            if (++count > MostLanguages || !DefinitionNames.IsLanguage(language.Name)
                || !IsLabel(language.Value)) return wanted;
        return count > 0 ? null : wanted;
    }

    /// <remarks>Languages merge one by one: to rename in English leaves the Chinese as it is.</remarks>
    public override JsonElement Combine(JsonElement? below, JsonElement value)
    {
        if (below is null) return value;
        var merged = new SortedDictionary<string, string>(Languages(below.Value), StringComparer.Ordinal);
        foreach (var (language, text) in Languages(value)) merged[language] = text;
        return JsonSerializer.SerializeToElement(merged);
    }

    public static SortedDictionary<string, string> Languages(JsonElement value)
    {
        var languages = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (value.ValueKind == JsonValueKind.String) languages["en"] = value.GetString()!;
        else foreach (var language in value.EnumerateObject()) languages[language.Name] = language.Value.GetString()!;
        return languages;
    }

    private bool IsLabel(JsonElement value) => IsText(value, Most, out var text) && !string.IsNullOrWhiteSpace(text);
}

/// <summary>A language by its tag (RFC 5646), written as it is written best: <c>de-AT</c>,
/// <c>zh-Hant-TW</c>.</summary>
internal sealed record LanguageForm : ValueForm
{
    public override string? Expects(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && value.GetString() is { Length: <= 35 } tag
            && DefinitionNames.IsLanguage(tag) && LanguageTag.Canonical(tag) == tag
            ? null : "the tag of a language, such as de, pt-BR or zh-Hant-TW, its letters in that case";
}

/// <summary>Any JSON value; its meaning is checked where its owner's type is known.</summary>
internal sealed record AnyForm : ValueForm
{
    private const int MostCharacters = 4000;

    public override string? Expects(JsonElement value) =>
        value.GetRawText().Length <= MostCharacters ? null : $"a JSON value of at most {MostCharacters} characters";
}
