using System.Text.Json;
using Xingchen.Model;
using Xingchen.Records.Plan;
using Xingchen.Records.Request;
using Xingchen.Tests.Query;

namespace Xingchen.Tests.Unit.Query;

public sealed class QueryPlannerTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 8, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("SELECT nam FROM Customer", "field-unknown@7")]
    [InlineData("SELECT name FROM Costumer", "object-unknown@17")]
    [InlineData("SELECT nam, region.nme FROM Customer WHERE codes = 1",
        "field-unknown@7 field-unknown@19 field-unknown@43")]
    [InlineData("SELECT name.x FROM Customer", "not-a-reference@7")]
    [InlineData("SELECT any.code FROM Customer", "reference-polymorphic@11")]
    [InlineData("SELECT any.region.name FROM Customer", "reference-polymorphic@11")]
    [InlineData("SELECT name FROM Customer WHERE creditLimit > 'x' AND active > TRUE",
        "type-mismatch@46 type-mismatch@61")]
    [InlineData("SELECT name FROM Customer WHERE creditLimit > NULL", "null-misplaced@46")]
    [InlineData("SELECT name FROM Customer WHERE name IN ('a', NULL)", "null-misplaced@46")]
    [InlineData("SELECT name FROM Customer WHERE creditLimit LIKE 'x'", "type-mismatch@44")]
    [InlineData("SELECT name FROM Customer WHERE tags = 'a'", "type-mismatch@37")]
    [InlineData("SELECT name FROM Customer WHERE since = '2020-01-01'", "type-mismatch@40")]
    [InlineData("SELECT name FROM Customer WHERE region = 'nonsense'", "type-mismatch@41")]
    [InlineData("SELECT name FROM Customer WHERE name", "condition-expected@32")]
    [InlineData("SELECT name FROM Customer WHERE :missing = name", "parameter-missing@32")]
    [InlineData("SELECT name FROM Customer WHERE COUNT() > 1", "aggregate-misplaced@32")]
    [InlineData("SELECT name, COUNT() FROM Customer", "not-grouped@7")]
    [InlineData("SELECT country, COUNT() FROM Customer GROUP BY country ORDER BY name", "not-grouped@64")]
    [InlineData("SELECT country FROM Customer GROUP BY country HAVING name = 'x'", "not-grouped@58")]
    [InlineData("SELECT SUM(name) FROM Customer", "type-mismatch@7")]
    [InlineData("SELECT name + 1 FROM Customer", "type-mismatch@7")]
    [InlineData("SELECT name, name FROM Customer", "name-taken@13")]
    [InlineData("SELECT name FROM Customer ORDER BY tags", "type-mismatch@35")]
    [InlineData("SELECT name FROM Customer LIMIT 1.5", "limit-malformed@32")]
    [InlineData("SELECT (SELECT id FROM order) FROM Customer", "children-unknown@23")]
    [InlineData("SELECT (SELECT (SELECT id FROM lines) FROM orders) FROM Customer", "subquery-misplaced@15")]
    [InlineData("SELECT name FROM Customer WHERE id IN (SELECT customer, total FROM Order)", "subquery-misplaced@39")]
    [InlineData("SELECT name FROM Customer WHERE name IN (SELECT total FROM Order)", "type-mismatch@37")]
    public void Finds_everything_wrong_with_its_position(string text, string expected)
    {
        var refused = Assert.Throws<ProblemException>(() => Plan(text));
        Assert.Equal("query-invalid", refused.Problem.Slug);
        Assert.Equal(expected, string.Join(' ', refused.Errors.Select(error => $"{error.Code}@{error.Position}")));
    }

    /// <summary>Whether a query fails must not hang on a value that a record holds, perhaps one that its caller does
    /// not see.</summary>
    [Fact]
    public void Refuses_what_might_leave_the_range_of_numbers_whatever_the_fields_hold()
    {
        static string Product(int doublings) =>
            doublings == 0 ? "creditLimit" : $"({Product(doublings - 1)} * {Product(doublings - 1)})";
        Plan($"SELECT name FROM Customer WHERE {Product(9)} > 1");
        var refused = Assert.Throws<ProblemException>(
            () => Plan($"SELECT name FROM Customer WHERE {Product(10)} > 1"));
        Assert.Equal(["calculation-too-large"], refused.Errors.Select(error => error.Code).Distinct());
    }

    [Theory]
    [InlineData("SELECT nmae FROM Customer", "Did you mean name?")]
    [InlineData("SELECT CODE FROM Customer", "Did you mean code?")]
    [InlineData("SELECT code FROM customer", "Did you mean Customer?")]
    [InlineData("SELECT creditlimit FROM Customer", "Did you mean creditLimit?")]
    [InlineData("SELECT modifiedat FROM Customer", "Did you mean modifiedAt?")]
    public void Proposes_the_nearest_name(string text, string hint) =>
        Assert.Contains(hint, Assert.Throws<ProblemException>(() => Plan(text)).Errors[0].Detail,
            StringComparison.Ordinal);

    [Fact]
    public void Order_is_made_total()
    {
        Assert.True(Plan("SELECT code FROM Customer ORDER BY name DESC").Order is [{ Descending: true,
            NullsFirst: false }, { Descending: true }]);
        Assert.Single(Plan("SELECT code FROM Customer ORDER BY id, name").Order);
        Assert.Equal(2, Plan("SELECT country, COUNT() FROM Customer GROUP BY country ORDER BY COUNT()").Order.Count);
        Assert.Empty(Plan("SELECT COUNT() FROM Customer").Order);
    }

    [Fact]
    public void Parents_are_joined_once()
    {
        var plan = Plan("SELECT customer.name, customer.region.name FROM Order WHERE customer.code = 'x' ORDER BY "
            + "customer.region.name");
        Assert.Equal(["Customer", "Region"], plan.Joins.Select(join => join.Object.Name));
        var parent = Assert.IsType<OutputParent>(Assert.Single(plan.Output));
        Assert.Equal(["name", "region"], parent.Members.Select(member => member.Name));
    }

    [Fact]
    public void Unnamed_values_are_counted()
    {
        var plan = Plan("SELECT COUNT(), SUM(total) AS revenue, MAX(total), AVG(total) FROM Order");
        Assert.Equal(["expr0", "revenue", "expr1", "expr2"], plan.Output.Select(node => node.Name));
    }

    [Theory]
    [InlineData("TODAY", "2026-11-20", "2026-11-21")]
    [InlineData("last_30_days", "2026-10-21", "2026-11-21")]
    [InlineData("NEXT_7_DAYS", "2026-11-21", "2026-11-28")]
    [InlineData("THIS_WEEK", "2026-11-16", "2026-11-23")]
    [InlineData("LAST_MONTH", "2026-10-01", "2026-11-01")]
    [InlineData("THIS_QUARTER", "2026-10-01", "2027-01-01")]
    [InlineData("NEXT_YEAR", "2027-01-01", "2028-01-01")]
    public void Date_names_are_spans_of_days(string name, string start, string end)
    {
        var span = QueryDateNames.Find(name, DateOnly.FromDateTime(Now.UtcDateTime))!.Value;
        Assert.Equal((start, end), (span.Start.ToString("yyyy-MM-dd"), span.End.ToString("yyyy-MM-dd")));
    }

    [Theory]
    [InlineData("LAST_0_DAYS")]
    [InlineData("LAST_99999_DAYS")]
    [InlineData("LAST_DECADE")]
    [InlineData("TODAYS")]
    public void Other_names_are_no_dates(string name) =>
        Assert.Null(QueryDateNames.Find(name, DateOnly.FromDateTime(Now.UtcDateTime)));

    private static SelectPlan Plan(string text) => QueryPlanner.Plan(
        QueryParser.ParseQuery(text), TradeSchema.Schema, new Dictionary<string, JsonElement>(), QueryClock.Utc(Now));
}
