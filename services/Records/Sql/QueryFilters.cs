using System.Globalization;
using System.Text;
using NpgsqlTypes;
using Xingchen.Records.Plan;
using Xingchen.Records.Values;
using Xingchen.Schema;

namespace Xingchen.Records.Sql;

/// <summary>Conditions as SQL.</summary>
/// <remarks>
/// PostgreSQL's logic has three values and the query language two. Here NULL stands for false: under AND, OR and WHERE
/// it acts
/// alike, and every negation is <c>IS NOT TRUE</c>, for which both are alike too. Where a field has a slot the
/// condition first
/// narrows by it, with operators that row-level security lets into an index, and then tells exactly by the body.
/// </remarks>
internal sealed class QueryFilters(QueryValues values, Func<SelectPlan, string> subquery)
{
    public string Write(QueryCondition condition)
    {
        var sql = Plain(condition);
        var value = condition switch
        {
            Comparison comparison => comparison.Left,
            InValues list => list.Value,
            Like like => like.Value,
            IsNull isNull => isNull.Value,
            _ => null,
        };
        // What does not drive has no statistics: PostgreSQL would take it for rare, and what drives for hopeless. Of a
        // COALESCE it thinks nothing, and reckons with a half.
        return value is FieldValue field && !values.IsServed(field) ? $"coalesce({sql}, false)" : sql;
    }

    private string Plain(QueryCondition condition) => condition switch
    {
        Junction { Terms.Count: 0 } none => none.IsAnd ? "true" : "false",
        Junction junction => "(" + string.Join(junction.IsAnd ? " and " : " or ", junction.Terms.Select(Write)) + ")",
        Negation { Condition: IsNull isNull } => $"({Presence(isNull.Value)} is not null)",
        Negation negation => $"({Write(negation.Condition)}) is not true",
        IsNull isNull => $"({Presence(isNull.Value)} is null)",
        Comparison comparison => Compare(comparison),
        Like like => Like(like),
        Contains contains => Contains(contains),
        InValues list => In(list),
        InSelect select => $"({values.Comparable(select.Value)} in ({subquery(select.Select)}))",
        IsBlank blank => Blank(blank.Value),
        Affix affix => Affixed(affix),
        Among among => Amid(among),
        Includes includes => $"({values.Typed(includes.Value)} ?| "
            + $"{values.Parameters.AddArray(ValueKind.Text, includes.Choices)})",
        _ => throw new InvalidOperationException("No SQL for this condition."),
    };

    /// <summary>What is NULL exactly where the value is.</summary>
    private string Presence(QueryValue value) => value switch
    {
        FieldValue field => values.Slot(field)
            ?? $"nullif({QueryValues.Json(field)}, 'null'::jsonb)",
        { Kind: ValueKind.Opaque or ValueKind.Choices } shared => $"nullif({values.Typed(shared)}, 'null'::jsonb)",
        _ => values.Typed(value),
    };

    private string Blank(QueryValue value) => value.Kind == ValueKind.Text
        ? $"(coalesce({values.Typed(value)}, '') = '')"
        : $"(coalesce({values.Typed(value)}, '[]'::jsonb) in ('[]'::jsonb, 'null'::jsonb))";

    private string Affixed(Affix affix)
    {
        var (text, part) = (Side(affix.Text, affix.Text.IgnoresCase), Side(affix.Part, affix.Text.IgnoresCase));
        return affix.AtEnd ? $"starts_with(reverse({text}), reverse({part}))" : $"starts_with({text}, {part})";
    }

    private string Amid(Among among)
    {
        var folds = among.Values.Any(value => value.IgnoresCase);
        var others = string.Join(", ", among.Values.Skip(1).Select(value => Side(value, folds)));
        return $"({Side(among.Values[0], folds)} = any (array[{others}]))";
    }

    private string Compare(Comparison comparison)
    {
        var (op, left, right) = (comparison.Operator, comparison.Left, comparison.Right);
        if (left is FieldValue field && right is ConstantValue constant
            && Narrow(op, field, constant) is { } sql) return sql;
        var folds = left.IgnoresCase || right.IgnoresCase;
        return $"({Side(left, folds)} {op} {Side(right, folds)})";
    }

    private string Side(QueryValue value, bool folds)
    {
        // As it is: the part that a text with regard to case is searched for may be of a field without.
        if (!folds) return value.IgnoresCase ? values.Typed(value) : values.Comparable(value);
        return value.IgnoresCase ? values.Comparable(value) : QueryValues.Folded(values.Typed(value));
    }

    /// <summary>A comparison with a constant by the field's slot; null where it has none that would help.</summary>
    private string? Narrow(string op, FieldValue field, ConstantValue constant)
    {
        if (values.Slot(field) is not { } slot) return null;
        var loose = op switch { "<" => "<=", ">" => ">=", _ => op };
        switch (field.Kind)
        {
            case ValueKind.Number:
                var number = values.Parameters.Add(constant);
                var exactly = $"{values.Typed(field)} {op} {number}";
                // Rounding keeps the order: only where both round alike has the body the last word. Rounded here and
                // not by a cast, which a generic plan would do anew for every record.
                var rounded = values.Parameters.Add(Rounded((string)constant.Value), NpgsqlDbType.Double);
                return loose is "<=" or ">="
                    ? $"({slot} {loose} {rounded} and ({slot} {loose[0]} {rounded} or {exactly}))"
                    : $"({slot} {loose} {rounded} and {exactly})";
            case ValueKind.Text:
                var stored = TextCodec.Store(field.Field, (string)constant.Value);
                var cut = values.Parameters.Add((string)stored.Sort!, NpgsqlDbType.Text);
                if (values.ExactSlot(field) is not null) return Exact(op, slot, cut, (string)stored.Sort!, field,
                    constant);
                return $"({slot} {loose} {cut} and {Side(field, field.IgnoresCase)} {op} "
                    + $"{Side(constant, field.IgnoresCase)})";
            case ValueKind.Date:
                return $"({slot} {op} "
                    + $"{values.Parameters.Add(Midnight((DateOnly)constant.Value), NpgsqlDbType.TimestampTz)})";
            case ValueKind.DateTime or ValueKind.Id:
                return $"({slot} {op} {values.Parameters.Add(constant)})";
            default:
                return null;
        }
    }

    /// <summary>A constant longer than a slot holds is compared whole: no value of the field is that long.</summary>
    private string Exact(string op, string slot, string cut, string sort, FieldValue field, ConstantValue constant) =>
        sort.Length < TextCodec.MaxSlotLength
            ? $"({slot} {op} {cut})"
            : $"({slot} {op} "
                + $"{values.Parameters.Add(TextCodec.Fold(field.Field, (string)constant.Value), NpgsqlDbType.Text)})";

    private static DateTime Midnight(DateOnly day) => day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);

    private string In(InValues list)
    {
        var value = list.Value;
        var kind = value.Kind;
        if (value.IgnoresCase && FieldOf(value) is { } folding)
        {
            var folded = values.Parameters.AddArray(kind,
                list.Values.Select(item => (object)TextCodec.Fold(folding, (string)item)));
            return $"({values.Comparable(value)} = any ({folded}))";
        }
        var array = values.Parameters.AddArray(kind, list.Values);
        var exact = $"{values.Comparable(value)} = any ({array})";
        if (value is not FieldValue field || values.Slot(field) is not { } slot) return $"({exact})";
        return kind switch
        {
            ValueKind.Number => $"({slot} = any ("
                + values.Parameters.Add(list.Values.Select(item => Rounded((string)item)).ToArray(),
                    NpgsqlDbType.Array | NpgsqlDbType.Double) + $") and {exact})",
            ValueKind.Date => $"({slot} = any ("
                + values.Parameters.Add(list.Values.Select(day => Midnight((DateOnly)day)).ToArray(),
                    NpgsqlDbType.Array | NpgsqlDbType.TimestampTz) + "))",
            _ => $"({exact})",
        };
    }

    /// <summary>A number as its slot holds it.</summary>
    private static double Rounded(string digits) =>
        double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture);

    /// <summary>The field that says how the texts of a value compare.</summary>
    private static SchemaField? FieldOf(QueryValue value) => value switch
    {
        FieldValue field => field.Field,
        PolymorphicValue shared => shared.Fields.FirstOrDefault(field => field.CaseSensitive) ?? shared.Fields[0],
        _ => null,
    };

    private string Contains(Contains contains)
    {
        var folds = contains.Value.IgnoresCase;
        var narrow = contains is { Value: FieldValue field, Part: ConstantValue { Value: string part } }
            ? Search(field, part) : "";
        return $"({narrow}strpos({Side(contains.Value, folds)}, {Side(contains.Part, folds)}) > 0)";
    }

    /// <summary>Narrows to records whose grams hold a part of a text, or whose text is too long for grams; nothing
    /// where the field is not searchable (yet), or the part has no gram.</summary>
    private string Search(FieldValue field, string part)
    {
        if (!values.HasGrams || field.Source.Objects.Count > 1) return "";
        if (!field.Field.Searchable || field.Field.Place.Building.HasFlag(FieldIndexes.Search)) return "";
        var narrow = new StringBuilder();
        foreach (var condition in Grams.Find(field.Field, part))
            narrow.Append(CultureInfo.InvariantCulture,
                $"{QueryValues.Alias(field.Source)}.id in ({values.Records(field, condition)}) and ");
        return narrow.ToString();
    }

    /// <summary>The longest text without wildcards in a pattern.</summary>
    private static string Longest(string pattern)
    {
        var (longest, run) = ("", new StringBuilder());
        for (var i = 0; i <= pattern.Length; i++)
        {
            var c = i < pattern.Length ? pattern[i] : '%';
            var escaped = c == '\\' && i + 1 < pattern.Length && pattern[i + 1] is '%' or '_' or '\\';
            if (escaped) c = pattern[++i];
            if (escaped || c is not ('%' or '_')) run.Append(c);
            else
            {
                if (run.Length > longest.Length) longest = run.ToString();
                run.Clear();
            }
        }
        return longest;
    }

    private string Like(Like like)
    {
        var field = like.Value as FieldValue;
        var pattern = FieldOf(like.Value) is { } text ? TextCodec.Fold(text, like.Pattern) : like.Pattern;
        var (escaped, prefix) = Pattern(pattern);
        var exact = $"{values.Comparable(like.Value)} like {values.Parameters.Add(escaped, NpgsqlDbType.Text)}";
        if (field is null) return $"({exact})";
        if (prefix.Length == 0 || values.Slot(field) is not { } slot)
            return $"({Search(field, Longest(like.Pattern))}{exact})";
        if (prefix.Length > TextCodec.MaxSlotLength / 2) prefix = prefix[..(TextCodec.MaxSlotLength / 2)];
        if (char.IsHighSurrogate(prefix[^1])) prefix = prefix[..^1];
        if (TextCodec.After(prefix) is not { } end) return $"({exact})";
        return $"({slot} >= {values.Parameters.Add(prefix, NpgsqlDbType.Text)}"
            + $" and {slot} < {values.Parameters.Add(end, NpgsqlDbType.Text)} and {exact})";
    }

    /// <summary>The pattern for PostgreSQL, and the text before its first wildcard. A backslash makes % and _
    /// literal.</summary>
    private static (string Escaped, string Prefix) Pattern(string pattern)
    {
        var escaped = new StringBuilder();
        var prefix = new StringBuilder();
        var literal = true;
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            if (c == '\\')
            {
                if (i + 1 < pattern.Length && pattern[i + 1] is '%' or '_' or '\\') c = pattern[++i];
                escaped.Append('\\');
            }
            else if (c is '%' or '_')
            {
                literal = false;
            }
            escaped.Append(c);
            if (literal) prefix.Append(c);
        }
        return (escaped.ToString(), prefix.ToString());
    }
}
