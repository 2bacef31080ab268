using System.Text.Json;
using System.Text.RegularExpressions;
using Xingchen.Model;
using Xingchen.Records.Plan;
using Xingchen.Records.Request;
using Xingchen.Records.Sql;
using Xingchen.Schema;
using Xingchen.Storage;
using Xingchen.Tests.Query;

namespace Xingchen.Tests.Unit.Query;

public sealed class QuerySqlTests
{
    private static readonly AccountKey Account = new(new OrgId(7_000_001), new AccountId(3));

    public static TheoryData<string> Queries => new(
        "SELECT code FROM Customer",
        "SELECT number, customer.name, customer.region.name, customer.parent.region.name FROM Order",
        "SELECT number FROM Order WHERE customer.parent.parent.code = 'x' OR customer IN (SELECT id FROM Customer "
            + "WHERE region.name = 'y')",
        "SELECT code FROM Customer WHERE id NOT IN (SELECT customer FROM Order WHERE id IN (SELECT \"order\" FROM "
            + "Line WHERE order.customer.code = 'x'))",
        "SELECT code, (SELECT number, customer.region.name FROM orders WHERE id IN (SELECT \"order\" FROM Line)) FROM "
            + "Customer",
        "SELECT customer.country, COUNT(DISTINCT customer.region) FROM Order GROUP BY customer.country HAVING "
            + "COUNT() > 1 ORDER BY customer.country",
        "SELECT any.object, any.name, parent.any.id FROM Customer WHERE any.name LIKE 'x%' AND id IN "
            + "(SELECT parent FROM Customer WHERE any.object = 'Region')",
        "SELECT SUM(quantity * order.total) FROM Line WHERE order.customer.region.name = 'x'");

    /// <summary>The first lock, structurally: no table without predicates of its own on org, account and
    /// deletion.</summary>
    [Theory]
    [MemberData(nameof(Queries))]
    public void Every_table_is_bound_to_its_org_and_account(string text)
    {
        foreach (var statement in Statements(text))
        {
            var tables = Regex.Matches(statement.Text, @"records\.records(?:_07)? (t\d+)\b")
                .Select(match => match.Groups[1].Value).ToList();
            Assert.NotEmpty(tables);
            Assert.Equal(tables.Count, tables.Distinct().Count());
            Assert.Equal(tables.Count, Regex.Count(statement.Text, @"\brecords\."));
            foreach (var alias in tables)
                Assert.Matches(
                    $@"\b(on|where) {alias}\.org_id = \$1 and {alias}\.account_id = \$2 and "
                        + $@"{alias}\.kp (= \d+|in \([\d, ]+\)) and {alias}\.deleted_at is null", statement.Text);
            Assert.Equal((7_000_001L, 3), (statement.Parameters[0].Value, statement.Parameters[1].Value));
        }
    }

    [Theory]
    [MemberData(nameof(Queries))]
    public void Every_table_is_the_one_where_the_orgs_records_rest(string text)
    {
        var versions = new StackVersions(1, 1, Partition: 7);
        var statement = QuerySql.Build(Plan(text), Account, null, 10, versions.Table("records.records"));
        Assert.Equal(Regex.Count(statement.Text, "records[.]records_07 t"), Regex.Count(statement.Text, "records[.]"));
        Assert.Contains("records_07", statement.Text, StringComparison.Ordinal);
    }

    /// <summary>The same as of a time: what is read for each table, the log included, is bound inside.</summary>
    [Theory]
    [MemberData(nameof(Queries))]
    public void Every_table_of_the_past_is_bound_to_its_org_and_account(string text)
    {
        var plan = Plan(text);
        var statement = QuerySql.Build(plan, Account, null, 10, at: DateTimeOffset.UnixEpoch);
        // Between a table and its predicates stand its entries of the log, with predicates of their own.
        Assert.Equal(Regex.Count(statement.Text, @"records\.records t\d+_r\b"), Regex.Count(statement.Text,
            @"where (t\d+_r)\.org_id = \$1 and \1\.account_id = \$2"));
        foreach (Match table in Regex.Matches(statement.Text, @"records\.changes c\b"))
            Assert.Matches(@"^where c\.org_id = \$1 and c\.account_id = \$2 and c\.org_id = t\d+_r\.org_id",
                After(statement.Text, table, "where "));
        Assert.DoesNotMatch(@"records\.records (?!t\d+_r\b)", statement.Text);
        Assert.DoesNotMatch(@"records\.changes (?!c\b)", statement.Text);
        Assert.DoesNotMatch(@"t\d+(_r)?\.[tndr]\d\b", statement.Text); // no slot: it is of now
        Assert.Equal(Regex.Count(statement.Text, @"\brecords\."), Regex.Count(statement.Text,
            @"\brecords\.(records t\d+_r|changes c)\b"));
    }

    /// <summary>Children of the past are looked for by a slot of the present and by the log, both bound.</summary>
    [Theory]
    [InlineData("SELECT code, (SELECT number FROM orders) FROM Customer")]
    [InlineData("SELECT number, (SELECT product, order.customer.name FROM lines LIMIT 3) FROM Order")]
    public void Children_of_the_past_are_looked_for_where_they_may_be(string text)
    {
        var statement = QuerySql.Build(Plan(text), Account, null, 10, at: DateTimeOffset.UnixEpoch,
            present: TradeSchema.Schema);
        Assert.Matches(@"t1_r\.id = any \(array\(select t1_n\.id from records\.records t1_n\s+"
            + @"where t1_n\.org_id = \$1 and t1_n\.account_id = \$2 and t1_n\.kp = \d+ "
            + @"and t1_n\.id between \d+ and \d+ and t1_n\.r1 = t0\.id\s+union all\s+"
            + @"select t1_m\.record_id from records\.changes t1_m\s+"
            + @"where t1_m\.org_id = \$1 and t1_m\.account_id = \$2 and t1_m\.kp = \d+ and t1_m\.at > \$3",
            statement.Text);
    }

    [Theory]
    [MemberData(nameof(Queries))]
    public void An_explanation_shows_the_server_no_value_of_the_query(string text) => Assert.DoesNotMatch(
        @"(?<!\(select )\$(?![12]\b)\d+", QuerySql.Explain(QuerySql.Build(Plan(text), Account, null, 10)));

    private static string After(string text, Match match, string word) =>
        text[text.IndexOf(word, match.Index, StringComparison.Ordinal)..];

    [Fact]
    public void No_value_of_the_query_stands_in_the_text()
    {
        const string Canary = "'canary''; drop table x; --'";
        var statement = Build($"SELECT code FROM Customer WHERE code = {Canary} AND name LIKE {Canary}"
            + $" AND country IN ({Canary}) AND creditLimit > 424242 AND tags INCLUDES 'zebra' AND about CONTAINS "
                + $"'yak'");
        foreach (var value in new[] { "canary", "drop", "424242", "zebra", "yak" })
            Assert.DoesNotContain(value, statement.Text, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("code = 'x'", "t0.t1 = $3")]
    [InlineData("code LIKE 'ab%'", "t0.t1 >= $4 and t0.t1 < $5")]
    [InlineData("creditLimit > 5", "t0.n1 >= $4 and ")]
    [InlineData("creditLimit IN (1, 2)", "t0.n1 = any ($4) and ")]
    [InlineData("since >= 2026-01-01", "t0.d1 >= $3")]
    [InlineData("region = '001000000000001'", "t0.r1 = $3")]
    [InlineData("about = 'x'", "t0.t3 = $3 and ")]
    public void Slots_narrow(string filter, string expected) =>
        Assert.Contains(expected, Build("SELECT id FROM Customer WHERE " + filter).Text, StringComparison.Ordinal);

    [Fact]
    public void A_next_page_bounds_its_first_key_by_itself()
    {
        var plan = Plan("SELECT code FROM Customer ORDER BY code");
        var statement = QuerySql.Build(plan, Account, [new ConstantValue("m", ValueKind.Text),
            new ConstantValue(5L, ValueKind.Id)], 10);
        Assert.Contains("(t0.t1 >= $3)", statement.Text, StringComparison.Ordinal);
    }

    private static IEnumerable<QueryStatement> Statements(string text)
    {
        var plan = Plan(text);
        yield return QuerySql.Build(plan, Account, null, 10);
        if (!plan.Grouped) yield return QuerySql.Count(plan, Account);
        yield return QuerySql.Build(plan, Account, null, 10, "records.records_07");
    }

    private static QueryStatement Build(string text) => QuerySql.Build(Plan(text), Account, null, 10);

    private static SelectPlan Plan(string text) => QueryPlanner.Plan(
        QueryParser.ParseQuery(text), TradeSchema.Schema, new Dictionary<string, JsonElement>(),
            QueryClock.Utc(DateTimeOffset.UnixEpoch));
}
