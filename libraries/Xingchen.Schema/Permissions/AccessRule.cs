using System.Text.Json;
using Xingchen.Schema.Expressions;

namespace Xingchen.Schema;

/// <summary>The rule of an object in a permission set: a condition on its records, in the expression language, with
/// what is known of the caller as <c>:user</c> and <c>:user.region</c>.</summary>
/// <remarks>A caller who lacks an attribute that a rule names, or whose attribute is of another kind than the rule
/// compares it with, has none of the records: whatever the rule says, nothing is known that would let him.</remarks>
public static class AccessRule
{
    /// <summary>Attributes that a rule may name at most.</summary>
    private const int MostAttributes = 4;

    private const string Prefix = "user.";

    /// <summary>One value of each kind that an attribute can have: a text, a record's id, a number, true or
    /// false.</summary>
    private static readonly object[] Samples = ["", new RecordId(1).ToString(), ExactNumber.Zero, true];

    /// <summary>What is wrong with a rule, whatever its callers' attributes are.</summary>
    public static IReadOnlyList<Finding> Check(string text, Schema schema, SchemaObject of)
    {
        if (Parse(text, out var wrong) is not { } syntax) return wrong;
        var names = Attributes(syntax).Distinct().ToList();
        if (names.Count > MostAttributes)
            return [new Finding("expression-too-large", $"A rule names at most {MostAttributes} attributes.",
                Position: 0)];
        IReadOnlyList<Finding>? first = null;
        foreach (var kinds in Choices(names.Count))
        {
            var given = names.Zip(kinds).ToDictionary(pair => pair.First, pair => (object?)pair.Second);
            ExpressionChecker.Check(Fill(syntax, given), schema, of, ExpressionPlace.Condition, ValueKind.Boolean,
                out var found);
            if (found.Count == 0) return [];
            first ??= found;
        }
        return first ?? [];
    }

    /// <summary>The condition for a caller; null where it holds for no record.</summary>
    /// <param name="attributes">Of the caller: a flat JSON object.</param>
    public static Expression? Compile(string text, Schema schema, SchemaObject of, string attributes)
    {
        if (Parse(text, out _) is not { } syntax) return null;
        using var known = JsonDocument.Parse(attributes);
        var given = new Dictionary<string, object?>();
        foreach (var name in Attributes(syntax).Distinct())
        {
            if (!known.RootElement.TryGetProperty(name, out var value) || ValueOf(value) is not { } attribute)
                return null;
            given[name] = attribute;
        }
        return ExpressionChecker.Check(Fill(syntax, given), schema, of, ExpressionPlace.Condition, ValueKind.Boolean,
            out _);
    }

    private static ExpressionSyntax? Parse(string text, out IReadOnlyList<Finding> wrong)
    {
        wrong = [];
        try
        {
            return ExpressionParser.Parse(text);
        }
        catch (SyntaxException syntax)
        {
            wrong = [syntax.Finding];
            return null;
        }
    }

    private static object? ValueOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => ExactNumber.TryParse(value.GetRawText()),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    private static IEnumerable<string> Attributes(ExpressionSyntax syntax) => syntax switch
    {
        ParameterSyntax parameter when parameter.Name.StartsWith(Prefix, StringComparison.Ordinal) =>
            [parameter.Name[Prefix.Length..]],
        CallSyntax call => call.Arguments.SelectMany(Attributes),
        _ => [],
    };

    private static ExpressionSyntax Fill(ExpressionSyntax syntax, Dictionary<string, object?> given) => syntax switch
    {
        ParameterSyntax parameter when parameter.Name.StartsWith(Prefix, StringComparison.Ordinal) =>
            new ValueSyntax(given[parameter.Name[Prefix.Length..]], parameter.Position),
        CallSyntax call => call with { Arguments = [.. call.Arguments.Select(argument => Fill(argument, given))] },
        _ => syntax,
    };

    private static IEnumerable<object[]> Choices(int count) => count == 0
        ? [[]] : Choices(count - 1).SelectMany(rest => Samples.Select(sample => (object[])[.. rest, sample]));
}
