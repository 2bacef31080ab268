using System.Globalization;
using Xingchen.Records.Plan;

namespace Xingchen.Records.Sql;

/// <summary>The condition that holds for what comes after a record in the order.</summary>
/// <remarks>Keys k1 … kn and the record's values v1 … vn: equal in the first i and after in the next, for each i; a
/// bound on the
/// first key by itself in front, without which PostgreSQL passes the index by.</remarks>
internal static class QueryKeyset
{
    public static QueryCondition After(IReadOnlyList<OrderKey> order, IReadOnlyList<ConstantValue?> last)
    {
        var alternatives = new List<QueryCondition>();
        for (var i = 0; i < order.Count; i++)
        {
            var terms = new List<QueryCondition>();
            for (var j = 0; j < i; j++) terms.Add(Same(order[j], last[j]));
            terms.Add(Beyond(order[i], last[i], orEqual: false));
            alternatives.Add(new Junction(true, terms));
        }
        return new Junction(true, [Beyond(order[0], last[0], orEqual: true), new Junction(false, alternatives)]);
    }

    /// <summary>The same over columns <c>k0</c>, <c>k1</c>, … of a subquery.</summary>
    public static string AfterColumns(IReadOnlyList<OrderKey> order, IReadOnlyList<ConstantValue?> last,
        QueryParameters parameters)
    {
        var alternatives = new List<string>();
        for (var i = 0; i < order.Count; i++)
        {
            var terms = new List<string>();
            for (var j = 0; j < i; j++)
                terms.Add(last[j] is { } same ? $"k{j} = {parameters.Add(same)}" : $"k{j} is null");
            var column = string.Create(CultureInfo.InvariantCulture, $"k{i}");
            var op = order[i].Descending ? "<" : ">";
            terms.Add(last[i] is not { } value ? order[i].NullsFirst ? $"{column} is not null" : "false"
                : order[i].NullsFirst ? $"{column} {op} {parameters.Add(value)}"
                : $"({column} {op} {parameters.Add(value)} or {column} is null)");
            alternatives.Add("(" + string.Join(" and ", terms) + ")");
        }
        return alternatives.Count == 0 ? "false" : "(" + string.Join(" or ", alternatives) + ")";
    }

    private static QueryCondition Same(OrderKey key, ConstantValue? value) =>
        value is null ? new IsNull(key.Value) : new Comparison("=", key.Value, value);

    private static QueryCondition Beyond(OrderKey key, ConstantValue? value, bool orEqual)
    {
        if (value is null)
        {
            if (!key.NullsFirst) return orEqual ? new IsNull(key.Value) : new Junction(false, []);
            return orEqual ? new Junction(true, []) : new Negation(new IsNull(key.Value));
        }
        var beyond = new Comparison((key.Descending ? "<" : ">") + (orEqual ? "=" : ""), key.Value, value);
        return key.NullsFirst || !key.Nullable ? beyond : new Junction(false, [beyond, new IsNull(key.Value)]);
    }
}
