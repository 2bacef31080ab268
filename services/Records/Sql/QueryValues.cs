using System.Globalization;
using NpgsqlTypes;
using Xingchen.Records.Plan;
using Xingchen.Hosting;
using Xingchen.Records.Values;
using Xingchen.Schema;

namespace Xingchen.Records.Sql;

/// <summary>Values as SQL: numbers as exact <c>numeric</c>, dates as ISO text, times as <c>timestamptz</c>, ids as
/// <c>bigint</c>.</summary>
/// <param name="slotless">Whether records are read as they were: slots are of now.</param>
/// <param name="ofGroups">Whether rows are groups: then a slot may not stand for the field that they are grouped
/// by.</param>
/// <remarks>A cast of the body stands in a CASE that has looked at the JSON type: a cast behind an AND may run first
/// and raise.</remarks>
internal sealed class QueryValues(QueryParameters parameters, bool ofGroups, bool slotless = false)
{
    private const string CodePoint = " collate \"C\"";

    private readonly Dictionary<QueryValue, string> written = new(ReferenceEqualityComparer.Instance);

    public QueryParameters Parameters => parameters;

    /// <summary>Whether grams may narrow: rows are single records, as they are now.</summary>
    public bool HasGrams => !ofGroups && !slotless;

    /// <summary>The source whose slots no index may serve but the one of <see cref="Driving"/>; null where PostgreSQL
    /// chooses.</summary>
    public QuerySource? Driven { get; set; }

    public SchemaField? Driving { get; set; }

    /// <summary>Whether an index gives this field's values.</summary>
    public bool IsServed(FieldValue value) =>
        value.Source != Driven || value.Field == Driving;

    public static string Alias(QuerySource source) => "t" + source.Index.ToString(CultureInfo.InvariantCulture);

    /// <summary>The value as it is shown.</summary>
    public string Typed(QueryValue value) => value switch
    {
        FieldValue field => Typed(field),
        PolymorphicValue shared => Each(shared, Typed),
        SystemValue system => Typed(system),
        ConstantValue constant => parameters.Add(constant),
        MidnightValue midnight => Midnight(midnight),
        ArithmeticValue { Operator: '/' } quotient =>
            $"trim_scale({Typed(quotient.Left)} / nullif({Typed(quotient.Right)}, 0))",
        ArithmeticValue arithmetic => $"({Typed(arithmetic.Left)} {arithmetic.Operator} {Typed(arithmetic.Right)})",
        AggregateValue aggregate => Aggregate(aggregate),
        NullValue nothing => "null::" + TypeOf(nothing.Kind),
        FunctionValue or TruthValue or ChoiceValue or ChildrenValue => Once(value),
        _ => throw new InvalidOperationException("No SQL for this value."),
    };

    /// <summary>Writes a condition, and a SELECT that stands for a value.</summary>
    public (Func<QueryCondition, string> Condition, Func<SelectPlan, string> Select) Parts { get; set; }

    /// <summary>What is computed is written once: what is grouped by must be, letter for letter, what is
    /// shown.</summary>
    private string Once(QueryValue value)
    {
        if (written.TryGetValue(value, out var known)) return known;
        return written[value] = value switch
        {
            FunctionValue call => ExpressionSql.Write(call, Typed),
            TruthValue truth => $"(({Parts.Condition(truth.Condition)}) is true)",
            ChoiceValue choice => $"(case when {Parts.Condition(choice.Condition)} then {Typed(choice.Then)} "
                + $"else {Typed(choice.Else)} end)" + (choice.Kind == ValueKind.Text ? CodePoint : ""),
            ChildrenValue children => $"({Parts.Select(children.Select)})"
                + (children.Kind == ValueKind.Text ? CodePoint : ""),
            _ => throw new InvalidOperationException("No SQL for this value."),
        };
    }

    private static string TypeOf(ValueKind kind) => kind switch
    {
        ValueKind.Number => "numeric",
        ValueKind.Boolean => "boolean",
        ValueKind.DateTime => "timestamptz",
        ValueKind.Id => "bigint",
        ValueKind.Choices or ValueKind.Opaque => "jsonb",
        _ => "text",
    };

    /// <summary>The value as it compares: text of a field that ignores case in lower case.</summary>
    public string Comparable(QueryValue value)
    {
        if (value is FieldValue { Kind: ValueKind.Text } text && ExactSlot(text) is { } slot) return slot;
        if (value is PolymorphicValue shared) return Each(shared,
            field => field.IgnoresCase && !shared.IgnoresCase ? Typed(field) : Comparable(field));
        return value.IgnoresCase ? Folded(Typed(value)) : Typed(value);
    }

    /// <summary>A text in lower case, as what it is compared with must be too.</summary>
    public static string Folded(string sql) => $"lower({sql} collate \"und-x-icu\"){CodePoint}";

    /// <summary>The column that repeats the value whole, in the form in which it compares; null where there is
    /// none.</summary>
    public string? ExactSlot(FieldValue value) => value.Kind switch
    {
        ValueKind.Text when TextCodec.Limit(value.Field) > TextCodec.MaxSlotLength => null,
        ValueKind.Text or ValueKind.Id or ValueKind.Date or ValueKind.DateTime => Slot(value),
        _ => null,
    };

    /// <summary>The column that the field is indexed by, whatever it leaves out.</summary>
    public string? Slot(FieldValue value) =>
        !slotless && value.Field.Place.ReadySlot is { } slot
            && (!ofGroups || value.Kind is ValueKind.Id or ValueKind.DateTime)
            ? Shielded(value, Alias(value.Source) + "." + Safe(slot)) : null;

    /// <summary>A slot so that the value is the same and no index fits: what does not drive.</summary>
    private string Shielded(FieldValue value, string slot) => IsServed(value) ? slot
        : slot[slot.IndexOf('.') + 1] switch
        {
            't' => $"({slot} || '')",
            'd' => $"({slot} + interval '0')",
            _ => $"({slot} + 0)",
        };

    /// <summary>The JSON of the field in its record.</summary>
    public static string Json(FieldValue value) => $"{Alias(value.Source)}.body -> '{Safe(value.Field.Place.BodyKey)}'";

    private string Typed(FieldValue value) => value.Kind switch
    {
        ValueKind.Text or ValueKind.Date => $"({Alias(value.Source)}.body ->> "
            + $"'{Safe(value.Field.Place.BodyKey)}'){CodePoint}",
        ValueKind.Number => Guarded(value, "number", $"({Json(value)})::numeric"),
        ValueKind.Boolean => Guarded(value, "boolean", $"({Json(value)})::boolean"),
        ValueKind.DateTime => ExactSlot(value) ?? Guarded(value, "string", $"({Json(value)} #>> '{{}}')::timestamptz"),
        ValueKind.Id => ExactSlot(value) ?? Guarded(value, "number", $"({Json(value)})::bigint"),
        _ => $"({Json(value)})",
    };

    /// <summary>A field of whatever object the record is of.</summary>
    private static string Each(PolymorphicValue value, Func<FieldValue, string> write) =>
        $"(case {Alias(value.Source)}.kp " + string.Concat(value.Fields.Select((_, i) =>
            $"when {value.Source.Objects[i].Prefix.Value} then {write(value.Of(i))} ")) + "end)";

    /// <summary>What every record has, in the column's own type.</summary>
    public string Plain(SystemValue value) => value.Field switch
    {
        SystemField.Version => Alias(value.Source) + ".version",
        SystemField.CreatedBy => Alias(value.Source) + ".created_by",
        SystemField.ModifiedBy => Alias(value.Source) + ".modified_by",
        _ => Typed(value),
    };

    private string Typed(SystemValue value)
    {
        var alias = Alias(value.Source);
        return value.Field switch
        {
            SystemField.Id => alias + ".id",
            SystemField.Object => "(case " + string.Concat(value.Source.Objects.Select(item =>
                $"when {alias}.kp = {item.Prefix.Value} then {parameters.Add(item.Name, NpgsqlDbType.Text)} "))
                + $"end{CodePoint})",
            SystemField.Version => alias + ".version::numeric",
            SystemField.CreatedAt => alias + ".created_at",
            SystemField.ModifiedAt => alias + ".modified_at",
            SystemField.CreatedBy => $"{alias}.created_by{CodePoint}",
            _ => $"{alias}.modified_by{CodePoint}",
        };
    }

    /// <summary>The beginning of a date: its midnight UTC, less what its zone is ahead of UTC on that day.</summary>
    private string Midnight(MidnightValue value)
    {
        var utc = value.Date is FieldValue field && ExactSlot(field) is { } slot ? slot
            : $"({Typed(value.Date)} || 'T00:00:00Z')::timestamptz";
        if (value.Zone == TimeZones.Default) return utc;
        var days = ZoneDays.Of(value.Zone);
        var since = parameters.Add(days.Since, NpgsqlDbType.Array | NpgsqlDbType.TimestampTz);
        var seconds = parameters.Add(days.Seconds, NpgsqlDbType.Array | NpgsqlDbType.Integer);
        return $"({utc} - make_interval(secs => ({seconds})[width_bucket({utc}, {since}) + 1]))";
    }

    private string Aggregate(AggregateValue aggregate)
    {
        if (aggregate.Argument is null) return "count(*)::numeric";
        var distinct = aggregate.Distinct ? "distinct " : "";
        return aggregate.Function switch
        {
            "COUNT" => $"count({distinct}{Comparable(aggregate.Argument)})::numeric",
            "AVG" => $"trim_scale(avg({distinct}{Typed(aggregate.Argument)}))",
            var function => $"{function.ToLowerInvariant()}({distinct}{Typed(aggregate.Argument)})",
        };
    }

    private static string Guarded(FieldValue value, string type, string cast) =>
        $"case when jsonb_typeof({Json(value)}) = '{type}' then {cast} end";

    /// <summary>The records that have a gram of a searchable field, and those whose text is too long for
    /// grams.</summary>
    public string Records(FieldValue value, GramCondition condition)
    {
        var from = "select g.record_id from records.search_grams g "
            + $"where g.org_id = {QueryParameters.Org} and g.account_id = {QueryParameters.Account} "
            + string.Create(CultureInfo.InvariantCulture, $"and g.kp = {value.Source.Object.Prefix.Value} ")
            + $"and g.field_key = {parameters.Add(value.Field.Place.SearchKey, NpgsqlDbType.Text)} and g.gram";
        if (condition.To is null)
            return $"{from} = any ({parameters.AddArray(ValueKind.Text, [condition.From, Grams.TooLong])})";
        return $"{from} >= {parameters.Add(condition.From, NpgsqlDbType.Text)}"
            + $" and g.gram < {parameters.Add(condition.To, NpgsqlDbType.Text)} union all {from} = ''";
    }

    /// <summary>Places are ours, made of letters, digits and underscores; anything else must never reach a
    /// statement.</summary>
    private static string Safe(string place) => place.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')
        ? place
        : throw new InvalidOperationException("A field's place is malformed.");
}
