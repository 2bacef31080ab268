using System.Globalization;
using Xingchen.Records.Values;
using Xingchen.Schema;

namespace Xingchen.Records.Plan;

/// <summary>What a statement goes by: the index of one field, or none.</summary>
/// <param name="Field">The field; null for the object's ids from first to last.</param>
/// <param name="Reads">Records that are read on the way, estimated.</param>
/// <param name="Rows">Records that fit the condition, estimated.</param>
public sealed record QueryDriver(SchemaField? Field, double Reads, double Rows)
{
    private const double Unknown = 0.3;

    /// <summary>Chooses by an account's statistics; null where PostgreSQL is left to choose: the object is small, or
    /// other objects have a say.</summary>
    /// <param name="rows">Records that are wanted.</param>
    /// <remarks>A choice can be slow, never wrong: whatever drives, every condition holds.</remarks>
    public static QueryDriver? Choose(SelectPlan plan, ObjectStatistics? statistics, long rows)
    {
        if (statistics is null || statistics.Records < ObjectStatistics.Least || !IsAlone(plan)) return null;
        var terms = Terms(plan);
        var parts = terms.Select(term => (Term: term, Part: Part(term, statistics))).ToList();
        double total = statistics.Records;
        var found = total * parts.Aggregate(1.0, (part, term) => part * term.Part);
        var wanted = plan.Grouped ? double.PositiveInfinity : rows;
        var order = plan.Grouped || plan.Order.Count == 0 ? null : plan.Order[0].Value;
        var walk = order is SystemValue { Field: SystemField.Id };
        var best = new QueryDriver(null, walk ? Walk(total, found, wanted) : total, found);
        foreach (var field in plan.Root.Object.Fields.Where(field => field.Place.ReadySlot is not null))
        {
            var within = total * parts.Where(part => Drives(part.Term, field))
                .Aggregate(1.0, (part, term) => part * term.Part);
            var ordered = order is FieldValue key && key.Field == field && key.Source == plan.Root && Sorts(field);
            if (!ordered && !parts.Exists(part => Drives(part.Term, field))) continue;
            var reads = ordered ? Walk(within, found, wanted) : within;
            // No index has the NULLs: where they come first, all records are looked at for them.
            if (ordered && plan.Order[0].NullsFirst && !parts.Exists(part => part.Term is Comparison
                && Drives(part.Term, field))) reads += total;
            if (reads < best.Reads) best = new QueryDriver(field, reads, found);
        }
        return best;
    }

    /// <summary>Fields that are compared with constants and have no index: what would make the query cheaper.</summary>
    public static IEnumerable<string> Unindexed(SelectPlan plan) =>
        Terms(plan).Select(term => term switch
        {
            Comparison { Left: FieldValue field } => field,
            InValues { Value: FieldValue field } => field,
            Like { Value: FieldValue field } => field,
            _ => null,
        })
            .OfType<FieldValue>().Where(field => field.Source == plan.Root && field.Field.Place.ReadySlot is null)
            .Select(field => field.Field.Name).Distinct();

    /// <summary>Whether what is selected depends on no other object: neither by a condition nor by what a rule lets the
    /// caller see, of which the account's statistics say nothing.</summary>
    public static bool IsAlone(SelectPlan plan) =>
        plan.Root.Rules is null && Terms(plan).All(term => Only(term, plan.Root));

    /// <summary>Conditions all of which hold.</summary>
    private static IReadOnlyList<QueryCondition> Terms(SelectPlan plan) =>
        plan.Where is Junction { IsAnd: true } all ? all.Terms : plan.Where is { } single ? [single] : [];

    /// <summary>Records passed on the way to those that are wanted.</summary>
    private static double Walk(double within, double found, double wanted) =>
        found <= wanted ? within : within * wanted / Math.Max(1, found);

    /// <summary>Whether the slot holds values whole, so that its index gives the order.</summary>
    private static bool Sorts(SchemaField field) => field.Type is FieldType.DateTime or FieldType.Date
        or FieldType.Integer or FieldType.Number or FieldType.Currency or FieldType.Percent
        || field.Place.Slot![0] == 't' && TextCodec.Limit(field) <= TextCodec.MaxSlotLength;

    /// <summary>Whether the index of a field can serve a condition.</summary>
    private static bool Drives(QueryCondition condition, SchemaField field) => condition switch
    {
        Comparison { Left: FieldValue left, Right: ConstantValue } => left.Field == field,
        InValues { Value: FieldValue value } => value.Field == field,
        Like { Value: FieldValue value } like =>
            value.Field == field && like.Pattern is not ['%' or '_', ..] and not "",
        _ => false,
    };

    /// <summary>Whether nothing but fields of one source is asked.</summary>
    private static bool Only(QueryCondition condition, QuerySource root) => condition switch
    {
        Comparison comparison => Only(comparison.Left, root) && Only(comparison.Right, root),
        IsNull isNull => Only(isNull.Value, root),
        // grams serve these, and PostgreSQL knows how well
        Like { Value: FieldValue { Field.Searchable: true } } => false,
        Contains { Value: FieldValue { Field.Searchable: true } } => false,
        Like like => Only(like.Value, root),
        Contains contains => Only(contains.Value, root) && Only(contains.Part, root),
        InValues values => Only(values.Value, root),
        Includes includes => Only(includes.Value, root),
        Negation negation => Only(negation.Condition, root),
        Junction junction => junction.Terms.All(term => Only(term, root)),
        _ => false,
    };

    private static bool Only(QueryValue value, QuerySource root) => value switch
    {
        ConstantValue => true,
        FieldValue field => field.Source == root,
        SystemValue system => system.Source == root,
        ArithmeticValue arithmetic => Only(arithmetic.Left, root) && Only(arithmetic.Right, root),
        MidnightValue midnight => Only(midnight.Date, root),
        _ => false,
    };

    /// <summary>The part of the records that fits a condition.</summary>
    private static double Part(QueryCondition condition, ObjectStatistics statistics)
    {
        var part = condition switch
        {
            Negation negation => 1 - Part(negation.Condition, statistics),
            Junction { IsAnd: true } all => all.Terms.Aggregate(1.0, (so, term) => so * Part(term, statistics)),
            Junction any => 1 - any.Terms.Aggregate(1.0, (so, term) => so * (1 - Part(term, statistics))),
            IsNull { Value: FieldValue field } => Of(field, statistics)?.Nulls ?? Unknown,
            Comparison { Left: FieldValue field, Right: ConstantValue constant } compare =>
                Of(field, statistics) is { } slot && Key(field.Field, constant.Value) is { } key
                    ? Compared(slot, compare.Operator, key) : compare.Operator == "=" ? Unknown / 3 : Unknown,
            InValues { Value: FieldValue field } list => Of(field, statistics) is { } slot
                ? list.Values.Sum(value => Key(field.Field, value) is { } key ? slot.Equal(key) : 0)
                : Unknown / 3 * list.Values.Count,
            Like { Value: FieldValue field } like => Begins(field, like.Pattern, statistics),
            _ => Unknown,
        };
        return Math.Clamp(part, 0, 1);
    }

    private static double Compared(SlotStatistics slot, string op, object key) => op switch
    {
        "=" => slot.Equal(key),
        "<" or "<=" => slot.Less(key, op == "<="),
        _ => slot.NotLess(key, op == ">="),
    };

    private static double Begins(FieldValue field, string pattern, ObjectStatistics statistics)
    {
        var prefix = TextCodec.Fold(field.Field, pattern.Split('%', '_', '\\')[0]);
        if (prefix.Length == 0 || Of(field, statistics) is not { } slot) return Unknown;
        var part = slot.Less(prefix + '\uFFFF', orEqual: true) - slot.Less(prefix, orEqual: false);
        return Math.Max(part, 1 / (1 + slot.Distinct));
    }

    private static SlotStatistics? Of(FieldValue field, ObjectStatistics statistics) =>
        field.Field.Place.ReadySlot is { } slot ? statistics.Slots.GetValueOrDefault(slot) : null;

    /// <summary>A constant in the form in which statistics hold values.</summary>
    private static object? Key(SchemaField field, object value) => value switch
    {
        string text when field.Place.Slot![0] == 'n' => double.Parse(text, CultureInfo.InvariantCulture),
        string text => TextCodec.Store(field, text).Sort,
        long id => id.ToString(CultureInfo.InvariantCulture),
        DateOnly day => Micros(day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc)),
        DateTimeOffset time => Micros(time.UtcDateTime),
        _ => null,
    };

    internal static double Micros(DateTime time) => (time - DateTime.UnixEpoch).TotalMicroseconds;
}
