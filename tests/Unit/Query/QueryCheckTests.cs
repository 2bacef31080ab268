using System.Text.Json;
using Xingchen.Model;
using Xingchen.Records.Plan;
using Xingchen.Tests.Query;

namespace Xingchen.Tests.Unit.Query;

/// <summary>What is refused of a definition's filter and order is what the planner of queries refuses, at the same
/// places.</summary>
public sealed class QueryCheckTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 8, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("creditLimit > 1 AND active")]
    [InlineData("creditLimit * 2 - -score >= score / 3 OR NOT active = FALSE")]
    [InlineData("Customer.name = region.name AND parent.parent.region.name != 'x'")]
    [InlineData("since = LAST_30_DAYS AND TODAY > since AND createdAt < THIS_YEAR")]
    [InlineData("since > 2020-01-01 AND createdAt > 2020-01-01 AND since < 2020-01-01T08:00:00Z")]
    [InlineData("since > createdAt AND modifiedAt >= since")]
    [InlineData("name LIKE 'a%' AND about CONTAINS 'b' AND tags CONTAINS 'c' AND tags INCLUDES ('a', 'b')")]
    [InlineData("name IN ('a', 'b') AND creditLimit NOT IN (1, 2.5) AND since IN (2020-01-01)")]
    [InlineData("region = NULL AND NULL != extra AND tags = NULL AND version > 1")]
    [InlineData("id IN (SELECT customer FROM Order WHERE total > 1 AND status = 'open')")]
    [InlineData("any.object = 'Region' AND any.name LIKE 'x%' AND any.id != NULL")]
    [InlineData("codes = 1 AND nam = 'x' AND region.nme = 'y'")]
    [InlineData("name.x = 1")]
    [InlineData("any.code = 'x'")]
    [InlineData("any.region.name = 'x'")]
    [InlineData("creditLimit > 'x' AND active > TRUE")]
    [InlineData("creditLimit > NULL")]
    [InlineData("name IN ('a', NULL)")]
    [InlineData("name IN (1, 2)")]
    [InlineData("creditLimit LIKE 'x'")]
    [InlineData("name LIKE country")]
    [InlineData("tags = 'a' AND extra = 'b' AND tags IN ('a')")]
    [InlineData("name INCLUDES ('a')")]
    [InlineData("creditLimit CONTAINS 'a'")]
    [InlineData("since = '2020-01-01'")]
    [InlineData("region = 'nonsense'")]
    [InlineData("name = since")]
    [InlineData("name = TODAY")]
    [InlineData("TODAY")]
    [InlineData("name")]
    [InlineData("1 = 1")]
    [InlineData("COUNT() > 1")]
    [InlineData("name + 1 > 2")]
    [InlineData("creditLimit + NULL > 2")]
    [InlineData("-name > 2")]
    [InlineData("(name = 'x') > 2")]
    [InlineData("id IN (SELECT nothing FROM Order)")]
    [InlineData("id IN (SELECT id FROM Nothing)")]
    [InlineData("id IN (SELECT customer, total FROM Order)")]
    [InlineData("name IN (SELECT total FROM Order WHERE status > 1)")]
    [InlineData("name = ")]
    [InlineData("name = 'x' ORDER BY name")]
    [InlineData("name = 'x')")]
    public void Of_a_filter(string text) => Assert.Equal(
        Planned($"SELECT id FROM Customer WHERE {text}", () => QueryParser.ParseFilter(text), "WHERE "),
        Shown(QueryCheck.Filter(text, TradeSchema.Schema, TradeSchema.Schema.Find("Customer")!)));

    [Theory]
    [InlineData("name DESC, region.name NULLS LAST, creditLimit * 2")]
    [InlineData("createdAt, id DESC")]
    [InlineData("nam, tags")]
    [InlineData("extra")]
    [InlineData("1")]
    [InlineData("name + 1")]
    [InlineData("TODAY")]
    [InlineData("name = 'x'")]
    [InlineData("name DESC DESC")]
    public void Of_an_order(string text) => Assert.Equal(
        Planned($"SELECT id FROM Customer ORDER BY {text}", () => QueryParser.ParseOrder(text), "ORDER BY "),
        Shown(QueryCheck.Order(text, TradeSchema.Schema, TradeSchema.Schema.Find("Customer")!)));

    [Fact]
    public void A_parameter_has_no_value()
    {
        var found = QueryCheck.Filter("name = :x", TradeSchema.Schema, TradeSchema.Schema.Find("Customer")!);
        Assert.Equal(["parameter-missing@7"], Shown(found));
    }

    /// <summary>What planning says of the whole query, by positions in the piece.</summary>
    private static List<string> Planned(string query, Action parsePiece, string before)
    {
        var start = query.IndexOf(before, StringComparison.Ordinal) + before.Length;
        try
        {
            parsePiece();
        }
        catch (ProblemException problem)
        {
            return Shown(problem.Errors);
        }
        try
        {
            QueryPlanner.Plan(QueryParser.ParseQuery(query), TradeSchema.Schema,
                new Dictionary<string, JsonElement>(), new QueryClock(Now, "UTC"));
            return [];
        }
        catch (ProblemException problem)
        {
            return Shown([.. problem.Errors.Select(found => found with { Position = found.Position - start })]);
        }
    }

    private static List<string> Shown(IReadOnlyList<Finding> found) =>
        [.. found.Select(finding => $"{finding.Code}@{finding.Position}")];
}
