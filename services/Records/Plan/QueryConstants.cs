using Xingchen.Schema;
using System.Globalization;
using System.Text.Json;
using Xingchen.Records.Request;

namespace Xingchen.Records.Plan;

/// <summary>Literals and parameters as constants of the kind that their place wants.</summary>
internal sealed class QueryConstants(QueryPlanning planning)
{
    /// <summary>What a literal or parameter turned out to be.</summary>
    /// <param name="Value">Null where it is NULL, and where it is wrong (then there is a finding).</param>
    public readonly record struct Read(ConstantValue? Value, bool IsNull = false);

    public static bool IsConstant(QueryNode node) =>
        node is LiteralNode or NumberNode or DateNode or TimeNode or ParameterNode;

    public bool IsNull(QueryNode node) => node switch
    {
        LiteralNode literal => literal.Value is null,
        ParameterNode parameter => planning.Parameters.TryGetValue(parameter.Name, out var value)
            && value.ValueKind == JsonValueKind.Null,
        _ => false,
    };

    /// <summary>The constant as one of <paramref name="wanted"/>; its own kind where that is null.</summary>
    public ConstantValue? Convert(QueryNode node, ValueKind? wanted)
    {
        switch (node)
        {
            case NumberNode number: return Expect(new ConstantValue(number.Text, ValueKind.Number), wanted, node);
            case DateNode date: return Expect(new ConstantValue(date.Value, ValueKind.Date), wanted, node);
            case TimeNode time: return Expect(new ConstantValue(time.Value, ValueKind.DateTime), wanted, node);
            case LiteralNode { Value: bool flag }: return Expect(new ConstantValue(flag, ValueKind.Boolean), wanted,
                node);
            case LiteralNode { Value: string text }: return Text(text, wanted, node, parameter: false);
            case ParameterNode parameter: return Parameter(parameter, wanted);
            default:
                planning.Findings.Add("null-misplaced", node.Position, "NULL stands only after = and !=.");
                return null;
        }
    }

    /// <summary>The values that one element of an IN list stands for: a parameter may be a list itself.</summary>
    public IEnumerable<ConstantValue?> Spread(QueryNode node, ValueKind wanted)
    {
        if (node is not ParameterNode parameter || !planning.Parameters.TryGetValue(parameter.Name, out var list)
            || list.ValueKind != JsonValueKind.Array)
            return [Convert(node, wanted)];
        if (list.GetArrayLength() <= QueryLimits.ListValues)
            return list.EnumerateArray().Select(item => Element(item, wanted, node));
        planning.Findings.Add("query-too-large", node.Position, $"A list has at most {QueryLimits.ListValues} values.");
        return [];
    }

    private ConstantValue? Parameter(ParameterNode node, ValueKind? wanted)
    {
        if (planning.Parameters.TryGetValue(node.Name, out var value)) return Element(value, wanted, node);
        planning.Findings.Add("parameter-missing", node.Position,
            $"No value was given for "
                + $":{QueryScope.Shown(node.Name)}.{QueryNames.Hint(node.Name, planning.Parameters.Keys)}");
        return null;
    }

    private ConstantValue? Element(JsonElement value, ValueKind? wanted, QueryNode node)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.True or JsonValueKind.False:
                return Expect(new ConstantValue(value.GetBoolean(), ValueKind.Boolean), wanted, node);
            case JsonValueKind.Number when Digits(value.GetRawText()) is { } digits:
                return Expect(new ConstantValue(digits, ValueKind.Number), wanted, node);
            case JsonValueKind.String when TryText(value) is { } text:
                return Text(text, wanted, node, parameter: true);
            case JsonValueKind.Null:
                planning.Findings.Add("null-misplaced", node.Position, "NULL stands only after = and !=.");
                return null;
            default:
                planning.Findings.Add("parameter-malformed", node.Position,
                    "A parameter is a text, a number, true, false or null; after IN also a list of them.");
                return null;
        }
    }

    private static string? TryText(JsonElement value)
    {
        try
        {
            return value.GetString() is { } text && !text.Contains('\0') ? text : null;
        }
        catch (InvalidOperationException)
        {
            return null; // half of a surrogate pair
        }
    }

    /// <summary>A JSON number as plain digits; null where it has too many.</summary>
    private static string? Digits(string json)
    {
        if (json.IndexOfAny(['e', 'E']) < 0) return json.Length <= QueryLimits.Digits + 2 ? json : null;
        return decimal.TryParse(json, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            ? value.ToString(CultureInfo.InvariantCulture)
            : null;
    }

    /// <summary>A text, as what its place wants: an id is always written as one, a date only in a parameter.</summary>
    private ConstantValue? Text(string text, ValueKind? wanted, QueryNode node, bool parameter)
    {
        switch (wanted)
        {
            case ValueKind.Id:
                if (RecordId.TryParse(text, out var id)) return new ConstantValue(id.Value, ValueKind.Id);
                planning.Findings.Add("type-mismatch", node.Position,
                    "Here should stand a record id, of 15 or 18 characters.");
                return null;
            case ValueKind.Date when parameter && DateOnly.TryParseExact(text, "yyyy-MM-dd", out var date):
                return new ConstantValue(date, ValueKind.Date);
            case ValueKind.Date or ValueKind.DateTime when parameter && Instant(text) is { } instant:
                return new ConstantValue(instant, ValueKind.DateTime);
            case ValueKind.Date or ValueKind.DateTime when !parameter:
                planning.Findings.Add("type-mismatch", node.Position,
                    "Dates and times are written without quotes: 2026-11-20.");
                return null;
            case null or ValueKind.Text or ValueKind.Choices:
                return new ConstantValue(text, ValueKind.Text);
            default:
                return Expect(new ConstantValue(text, ValueKind.Text), wanted, node);
        }
    }

    private DateTimeOffset? Instant(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", out var date) ? planning.Clock.Start(date)
        : text.Contains('T', StringComparison.OrdinalIgnoreCase) && DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
                ? instant.ToUniversalTime()
        : null;

    private ConstantValue? Expect(ConstantValue constant, ValueKind? wanted, QueryNode node)
    {
        if (wanted is null || constant.Kind == wanted) return constant;
        if (wanted == ValueKind.DateTime && constant.Value is DateOnly day)
            return new ConstantValue(planning.Clock.Start(day), ValueKind.DateTime);
        if (wanted == ValueKind.Date && constant.Kind == ValueKind.DateTime) return constant; // the field gives way
        planning.Findings.Add("type-mismatch", node.Position,
            $"Here should stand {ValueKinds.Words(wanted.Value)}, not {ValueKinds.Words(constant.Kind)}.");
        return null;
    }
}
