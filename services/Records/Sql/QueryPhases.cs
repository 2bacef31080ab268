using Xingchen.Records.Plan;

namespace Xingchen.Records.Sql;

/// <summary>A part of a page: what it holds, in what order.</summary>
internal sealed record QueryPhase(QueryCondition? Condition, IReadOnlyList<OrderKey> Order);

/// <summary>Cuts a page by whether the first key is NULL, so that a partial index gives the other records in
/// order.</summary>
/// <remarks>The phases follow one another; the server runs the next only where the one before did not fill the
/// page.</remarks>
internal static class QueryPhases
{
    /// <param name="order">The whole order.</param>
    /// <param name="after">The keys of the record before the page, or null.</param>
    /// <param name="indexed">Whether the first key has an index of the records where it is not NULL.</param>
    /// <param name="nulls">Whether a record with NULL there can be in the answer at all: a phase less is planned where
    /// not.</param>
    public static IEnumerable<QueryPhase> Of(
        IReadOnlyList<OrderKey> order, IReadOnlyList<ConstantValue?>? after, bool indexed, bool nulls)
    {
        if (!indexed)
        {
            yield return new QueryPhase(after is null ? null : QueryKeyset.After(order, after), order);
            yield break;
        }
        var first = order[0];
        var inNulls = after is not null && after[0] is null;
        var inOthers = after is not null && after[0] is not null;
        nulls |= inNulls;
        if (nulls && first.NullsFirst && !inOthers) yield return Nulls(order, after);
        if (!inNulls || first.NullsFirst) yield return Others(order, inOthers ? after : null);
        if (nulls && !first.NullsFirst) yield return Nulls(order, inNulls ? after : null);
    }

    private static QueryPhase Nulls(IReadOnlyList<OrderKey> order, IReadOnlyList<ConstantValue?>? after)
    {
        IReadOnlyList<OrderKey> rest = [.. order.Skip(1)];
        QueryCondition isNull = new IsNull(order[0].Value);
        return new QueryPhase(
            after is null ? isNull : new Junction(true, [isNull, QueryKeyset.After(rest, [.. after.Skip(1)])]), rest);
    }

    /// <summary>Without NULLs it does not matter where they would go; so they go where the index has them.</summary>
    private static QueryPhase Others(IReadOnlyList<OrderKey> order, IReadOnlyList<ConstantValue?>? after)
    {
        IReadOnlyList<OrderKey> bare = [order[0] with { NullsFirst = order[0].Descending }, .. order.Skip(1)];
        QueryCondition present = new Negation(new IsNull(order[0].Value));
        if (after is null) return new QueryPhase(present, bare);
        IReadOnlyList<OrderKey> early = [order[0] with { NullsFirst = true }, .. order.Skip(1)];
        return new QueryPhase(new Junction(true, [present, QueryKeyset.After(early, after)]), bare);
    }
}
