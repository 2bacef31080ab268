using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using NpgsqlTypes;
using Xingchen.Records.Plan;
using Xingchen.Storage;
using Xingchen.Schema;

namespace Xingchen.Records.Sql;

/// <summary>A plan as one SQL statement. Pure: the only place of queries that knows how records rest.</summary>
/// <remarks>
/// <b>Invariant:</b> every table of a statement, joined parents and subqueries included, is bound to the org and the
/// account of
/// the plan by predicates of its own, and to live records. A test holds it over generated queries.
/// </remarks>
public sealed class QuerySql
{
    /// <summary>Child records of one parent where a subquery has no LIMIT.</summary>
    public const int MostChildren = 1_000;

    private readonly string table;
    private readonly QueryParameters parameters;
    private readonly QueryValues values;
    private readonly QueryFilters filters;
    private readonly QueryValues groupValues;
    private readonly QueryFilters groupFilters;
    private readonly string? asOf;
    private string check = "";
    private readonly HashSet<int> past = [];
    private readonly Schema.Schema? present;

    private QuerySql(AccountKey account, string table, DateTimeOffset? at, Schema.Schema? present = null,
        int reserved = 0)
    {
        this.table = table;
        this.present = present;
        parameters = new QueryParameters(account, reserved);
        asOf = at is { } time ? parameters.Add(time.UtcDateTime, NpgsqlDbType.TimestampTz) : null;
        values = new QueryValues(parameters, ofGroups: false, slotless: at is not null);
        filters = new QueryFilters(values, Semijoin);
        groupValues = new QueryValues(parameters, ofGroups: true, slotless: at is not null);
        groupFilters = new QueryFilters(groupValues, Semijoin);
        values.Parts = (filters.Write, Semijoin);
        groupValues.Parts = (groupFilters.Write, Semijoin);
    }

    /// <summary>Builds the statement of one page.</summary>
    /// <param name="after">The keys of the record before the page, one per key of the order; null for the first
    /// page.</param>
    /// <param name="rows">Rows at most.</param>
    /// <param name="table">Where the org's records rest: the partition, or the whole.</param>
    /// <param name="at">The time as of which every table is read; null for now.</param>
    /// <param name="driver">What it goes by; null leaves that to PostgreSQL.</param>
    /// <param name="present">What is in force now, beside <paramref name="at"/>: its slots lead to children of the
    /// past.</param>
    /// <param name="check">Whose versions the statement itself checks, for a batch of
    /// <see cref="OrgBatch.EnterChecking"/>; null leaves that to the entry.</param>
    public static QueryStatement Build(SelectPlan plan, AccountKey account, IReadOnlyList<ConstantValue?>? after,
        long rows, string table = RecordSql.Table, DateTimeOffset? at = null, QueryDriver? driver = null,
        Schema.Schema? present = null, (AccountKey Caller, StackVersions Versions)? check = null)
    {
        var sql = new QuerySql(account, table, at, present);
        if (check is { } wanted)
            sql.check = VersionCheck.Filter(wanted.Versions,
            [
                .. VersionCheck.Parameters(wanted.Caller, wanted.Versions)
                    .Select(parameter => sql.parameters.Add(parameter.Value!, parameter.NpgsqlDbType)),
            ]) + " and ";
        if (driver is not null)
        {
            foreach (var written in (QueryValues[])[sql.values, sql.groupValues])
                (written.Driven, written.Driving) = (plan.Root, driver.Field);
        }
        return plan.Grouped ? sql.Groups(plan, after, rows) : sql.Records(plan, after, rows);
    }

    /// <summary>Builds the statement that counts the records of a plan, all pages together: one row, one
    /// <c>bigint</c>.</summary>
    public static QueryStatement Count(
        SelectPlan plan, AccountKey account, string table = RecordSql.Table, DateTimeOffset? at = null)
    {
        var sql = new QuerySql(account, table, at);
        var text = $"select bool_and({QueryValues.Alias(plan.Root)}.org_id = {QueryParameters.Org}), count(*)"
            + sql.From(plan) + sql.Where(plan, null);
        return new QueryStatement(text, sql.parameters.List, [], [], Grouped: true, []);
    }

    /// <summary>The statement that tells how the server would run another, and runs nothing.</summary>
    /// <remarks>PostgreSQL's statistics are of all orgs of a partition together: it would tell by its estimate whether
    /// others have a value. So it is not shown the query's values, only that there are some; org and account it may
    /// see.</remarks>
    public static string Explain(QueryStatement statement) => "explain (format json) "
        + Placeholder.Replace(statement.Text, match => match.Value is QueryParameters.Org or QueryParameters.Account
            ? match.Value : $"(select {match.Value}){ArrayCast(match, statement)}");

    /// <summary>ANY (select …) would be a subquery of rows: a cast, which changes nothing, makes it an array.</summary>
    private static string ArrayCast(Match match, QueryStatement statement)
    {
        if (match.Groups["array"] is { Success: true } cast) return cast.Value;
        var number = int.Parse(match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture);
        return statement.Parameters[number - 1].Type switch
        {
            NpgsqlDbType.Array | NpgsqlDbType.Text => "::text[]",
            NpgsqlDbType.Array | NpgsqlDbType.Bigint => "::bigint[]",
            NpgsqlDbType.Array | NpgsqlDbType.Boolean => "::boolean[]",
            NpgsqlDbType.Array | NpgsqlDbType.Double => "::float8[]",
            NpgsqlDbType.Array | NpgsqlDbType.TimestampTz => "::timestamptz[]",
            _ => "",
        };
    }

    /// <summary>A parameter with its casts, which are not leakproof: outside the subquery they would keep the condition
    /// from an index.</summary>
    private static readonly Regex Placeholder =
        new(@"\$(?<number>\d+)(?:::[a-z0-9]+(?!\[|[a-z0-9]))*(?<array>::[a-z0-9]+\[\])?", RegexOptions.Compiled);

    private QueryStatement Records(SelectPlan plan, IReadOnlyList<ConstantValue?>? after, long rows)
    {
        var root = QueryValues.Alias(plan.Root);
        var list = new QueryColumnList(values, Children);
        list.Append(root + ".org_id", guard: true);
        var columns = list.Members(plan.Output, plan.Root, out var body);
        IReadOnlyList<KeyColumn> keys = [.. plan.Order.Select(key => list.Key(key.Value, KeyText(key.Value, values)))];
        var select = $"select {list}{From(plan)}";
        var arms = QueryPhases.Of(plan.Order, after, First(plan), !Requires(plan.Where, plan.Order[0].Value))
            .Select((phase, i) => select + Checked(Where(plan, phase.Condition), i) + OrderBy(phase.Order)
                + Limit(rows)).ToList();
        var text = arms.Count == 1 ? arms[0] : $"({string.Join(") union all (", arms)}){Limit(rows)}";
        return new QueryStatement(text, parameters.List, columns, list.Guards, Grouped: false, keys)
        {
            Body = body, AsOf = past,
        };
    }

    /// <summary>Whether the first key of the order has an index, of the records where it is not NULL.</summary>
    private bool First(SelectPlan plan) =>
        plan.Order[0].Value is FieldValue first && first.Source == plan.Root && values.Slot(first) is not null
        && values.IsServed(first)
        && (first.Kind == ValueKind.Number || values.ExactSlot(first) is not null);

    /// <summary>Whether a condition is false wherever a value is NULL, as every comparison is.</summary>
    private static bool Requires(QueryCondition? condition, QueryValue value) => condition switch
    {
        Comparison comparison => comparison.Left == value || comparison.Right == value,
        Junction { IsAnd: true } all => all.Terms.Any(term => Requires(term, value)),
        _ => false,
    };

    /// <summary>Groups are made inside; order, keyset and limit stand outside, over their columns.</summary>
    private QueryStatement Groups(SelectPlan plan, IReadOnlyList<ConstantValue?>? after, long rows)
    {
        var list = new QueryColumnList(groupValues, Children);
        list.Append($"bool_and({QueryValues.Alias(plan.Root)}.org_id = {QueryParameters.Org})");
        var columns = list.Members(plan.Output, grouped: true);
        IReadOnlyList<KeyColumn> keys = [.. plan.Order.Select(key =>
            new KeyColumn(list.Append(KeyText(key.Value, groupValues)), ColumnForm.PlainText))];
        var inner = new StringBuilder("select ").Append(list.Named("c"));
        for (var i = 0; i < plan.Order.Count; i++)
            inner.Append(CultureInfo.InvariantCulture, $", {groupValues.Comparable(plan.Order[i].Value)} as k{i}");
        inner.Append(From(plan)).Append(Checked(Where(plan, null), part: 0));
        if (plan.Groups.Count > 0) inner.Append(" group by ")
            .AppendJoin(", ", plan.Groups.Select(groupValues.Comparable));
        if (plan.Having is { } having) inner.Append(" having ").Append(groupFilters.Write(having));
        var outer = new StringBuilder("select ").AppendJoin(", ", Enumerable.Range(0, list.Count).Select(i => "c" + i))
            .Append(" from (").Append(inner).Append(") g");
        if (after is not null) outer.Append(" where ").Append(QueryKeyset.AfterColumns(plan.Order, after, parameters));
        if (plan.Order.Count > 0)
            outer.Append(" order by ").AppendJoin(", ", plan.Order.Select((key, i) => $"k{i}{Direction(key)}"));
        outer.Append(Limit(rows));
        return new QueryStatement(outer.ToString(), parameters.List, columns, [], Grouped: true, keys)
        {
            AsOf = past,
        };
    }

    private string Semijoin(SelectPlan plan)
    {
        var value = values.Comparable(((OutputLeaf)plan.Output[0]).Value);
        var limited = plan.Limit is { } limit ? OrderBy(plan.Order) + Limit(limit) : "";
        return $"select {value}{From(plan)}{Where(plan, null)}{limited}";
    }

    /// <summary>The child records of one parent as one JSON array of arrays, in their order; each begins with its
    /// org.</summary>
    private (string Sql, IReadOnlyList<QueryColumn> Members, int Most) Children(SelectPlan plan)
    {
        var list = new QueryColumnList(values, Children, isArray: true);
        list.Append(QueryValues.Alias(plan.Root) + ".org_id");
        var members = list.Members(plan.Output, grouped: false);
        var most = (int)Math.Min(plan.Limit ?? MostChildren, MostChildren);
        var rows = plan.Limit <= MostChildren ? most : most + 1;
        var order = OrderBy(plan.Order);
        var sql = "(select coalesce(jsonb_agg(c.j order by c.n), '[]'::jsonb) from ("
            + $"select jsonb_build_array({list}) as j, row_number() over ({order.TrimStart()}) as n"
            + $"{From(plan)}{Where(plan, null)}{order}{Limit(rows)}) c)";
        return (sql, members, most);
    }

    private string From(SelectPlan plan)
    {
        var children = asOf is not null && plan.ChildOf is { } parent
            ? PastChildren.Of(present, plan.Root.Object.Prefix, parent.Field, QueryValues.Alias(parent.Parent) + ".id")
            : null;
        var sql = new StringBuilder(" from ").Append(Table(plan.Root, asOf is null ? null : One(plan), children));
        foreach (var join in plan.Joins)
        {
            var alias = QueryValues.Alias(join);
            var reference = new FieldValue(join.Child!, join.Via!, ValueKind.Id);
            sql.Append(asOf is null
                ? $" left join {Table(join)} on {Own(join)} and {alias}.id = {Id(reference)}"
                : $" left join lateral {Table(join, Id(reference))} on {Own(join)}");
        }
        return sql.ToString();
    }

    /// <summary>The id of the one record that is asked for; null where there may be more.</summary>
    private string? One(SelectPlan plan) => plan.Where is Comparison
    {
        Operator: "=", Left: SystemValue { Field: SystemField.Id } id, Right: ConstantValue one,
    } && id.Source == plan.Root ? parameters.Add(one) : null;

    /// <summary>What a source reads from: the records as they are, or as they were.</summary>
    private string Table(QuerySource source, string? id = null, PastChildren? children = null)
    {
        var alias = QueryValues.Alias(source);
        if (asOf is null) return $"{table} {alias}";
        past.UnionWith(source.Objects.Select(item => item.Prefix.Value));
        return HistorySql.Source(alias, source.Objects.Count == 1 ? source.Object.Prefix : null, asOf, id,
            children);
    }

    private string Where(SelectPlan plan, QueryCondition? keyset)
    {
        var sql = new StringBuilder(" where ").Append(Own(plan.Root));
        // by the ids it goes where nothing else drives, and to what the driving index does not have
        if (values.Driven != plan.Root || values.Driving is null
            || keyset is IsNull or Junction { Terms: [IsNull, ..] }) sql.Append(Range(plan.Root));
        if (plan.ChildOf is { } parent)
            sql.Append(CultureInfo.InvariantCulture,
                $" and {Id(new FieldValue(plan.Root, parent.Field, ValueKind.Id))} = "
                    + $"{QueryValues.Alias(parent.Parent)}.id");
        if (plan.Where is { } where) sql.Append(" and ").Append(filters.Write(where));
        if (keyset is not null) sql.Append(" and ").Append(filters.Write(keyset));
        return sql.ToString();
    }

    /// <summary>A condition with the check of versions in front. Of a page in several parts the first carries it: that
    /// always runs.</summary>
    private string Checked(string where, int part) => part == 0 ? where.Insert(" where ".Length, check) : where;

    /// <summary>What binds a table to its org, its account, its object, and to what is not deleted.</summary>
    private string Own(QuerySource source, bool withDeleted = false)
    {
        var alias = QueryValues.Alias(source);
        return $"{alias}.org_id = {QueryParameters.Org} and {alias}.account_id = {QueryParameters.Account}"
            + $" and {alias}.kp {Kinds(source)}" + (withDeleted ? "" : $" and {alias}.deleted_at is null")
            + Rule(source);
    }

    /// <summary>What keeps out the records that the caller does not see.</summary>
    private string Rule(QuerySource source)
    {
        if (source.Rules is not { } rules) return "";
        if (source.Objects.Count == 1) return rules[0] is { } rule ? " and " + filters.Write(rule) : "";
        var cases = source.Objects.Zip(rules).Where(pair => pair.Second is not null).Select(pair =>
            string.Create(CultureInfo.InvariantCulture,
                $" when {pair.First.Prefix.Value} then {filters.Write(pair.Second!)}"));
        return $" and case {QueryValues.Alias(source)}.kp{string.Concat(cases)} else true end";
    }

    /// <summary>Writes conditions for statements that are made otherwise.</summary>
    /// <param name="reserved">How many parameters those have, org and account the first of them.</param>
    internal static QuerySql ForAccess(AccountKey account, string table, DateTimeOffset? at, int reserved) =>
        new(account, table, at, reserved: reserved);

    /// <summary>The parameters behind those that were reserved.</summary>
    internal IEnumerable<QueryParameter> OwnParameters(int reserved) => parameters.List.Skip(reserved);

    /// <summary>Whether a record of an id is one of a source.</summary>
    internal string Exists(QuerySource source, string id, bool withDeleted) =>
        $"exists (select 1 from {Table(source, id)} where {Own(source, withDeleted)}"
        + $" and {QueryValues.Alias(source)}.id = {id})";

    private static string Kinds(QuerySource source) => source.Objects.Count == 1
        ? "= " + source.Object.Prefix.Value.ToString(CultureInfo.InvariantCulture)
        : $"in ({string.Join(", ", source.Objects.Select(item => item.Prefix.Value))})";

    /// <summary>The ids of an object are one range of the primary key: what no slot serves is read from
    /// there.</summary>
    private static string Range(QuerySource source)
    {
        var (first, last) = RecordId.Range(source.Object.Prefix);
        return string.Create(CultureInfo.InvariantCulture,
            $" and {QueryValues.Alias(source)}.id between {first} and {last}");
    }

    private string Id(FieldValue reference) => values.ExactSlot(reference)
        ?? $"case when jsonb_typeof({QueryValues.Json(reference)}) = 'number' then "
            + $"({QueryValues.Json(reference)})::bigint end";

    private string OrderBy(IReadOnlyList<OrderKey> order) => order.Count == 0
        ? ""
        : " order by " + string.Join(", ", order.SelectMany(OrderBy));

    /// <summary>A number goes by its slot first, which an index gives, and among those that round alike by its
    /// digits: by its JSON, which compares as they do and need not be cast.</summary>
    private IEnumerable<string> OrderBy(OrderKey key)
    {
        if (key.Value is FieldValue { Kind: ValueKind.Number } number && values.Slot(number) is { } rounded)
        {
            yield return rounded + Direction(key);
            yield return QueryValues.Json(number) + Direction(key);
        }
        else if (key.Value is FieldValue { Kind: ValueKind.Date } date && values.ExactSlot(date) is { } slot)
            yield return slot + Direction(key);
        else
            yield return values.Comparable(key.Value) + Direction(key);
    }

    private static string Direction(OrderKey key) =>
        (key.Descending ? " desc" : "") + (!key.Nullable || key.NullsFirst == key.Descending ? ""
            : key.NullsFirst ? " nulls first" : " nulls last");

    /// <summary>In the text and no parameter: of an unknown limit PostgreSQL supposes a tenth of all rows, and would
    /// find every generic plan cheaper than the custom one.</summary>
    private static string Limit(long rows) => " limit " + rows.ToString(CultureInfo.InvariantCulture);

    /// <summary>A key of the order as text, from which the cursor makes a constant again.</summary>
    private static string KeyText(QueryValue value, QueryValues values) => value.Kind == ValueKind.DateTime
        ? $"{QueryColumnList.Micros(values.Typed(value))}::text"
        : $"({values.Comparable(value)})::text";
}
