#pragma warning disable RS0030 // Random: seeded, and the seed is printed
using Xingchen.Model;
using Xingchen.Records.Request;

namespace Xingchen.Tests.Unit.Query;

public sealed class QueryParserTests
{
    [Fact]
    public void Reads_every_clause()
    {
        var query = QueryParser.ParseQuery("""
            select a, b.c as d, COUNT(distinct e), (SELECT f FROM kids LIMIT 3) from Thing
            where a = 1 and (b.c like 'x%' or not d in ('1', '2')) and e not in (select id from Other)
            group by a having count() > 2 order by a desc nulls last, b.c limit 10
            """);
        Assert.Equal(4, query.Items.Count);
        Assert.Equal("d", query.Items[1].Alias!.Text);
        Assert.True(Assert.IsType<CallNode>(query.Items[2].Expression).Distinct);
        Assert.Equal("kids", query.Items[3].Children!.From.Text);
        Assert.Equal("Thing", query.From.Text);
        Assert.Equal(3, Assert.IsType<LogicNode>(query.Where).Terms.Count);
        Assert.Single(query.GroupBy);
        Assert.IsType<CompareNode>(query.Having);
        Assert.True(query.OrderBy[0].Descending);
        Assert.False(query.OrderBy[0].NullsFirst);
        Assert.Null(query.OrderBy[1].NullsFirst);
        Assert.Equal("10", Assert.IsType<NumberNode>(query.Limit).Text);
    }

    [Fact]
    public void And_binds_closer_than_or_and_not_closer_still()
    {
        var or = Assert.IsType<LogicNode>(QueryParser.ParseFilter("a = 1 OR NOT b = 2 AND c = 3"));
        Assert.False(or.IsAnd);
        var and = Assert.IsType<LogicNode>(or.Terms[1]);
        Assert.True(and.IsAnd);
        Assert.IsType<NotNode>(and.Terms[0]);
    }

    [Fact]
    public void Products_bind_closer_than_sums_and_go_from_left_to_right()
    {
        var compare = Assert.IsType<CompareNode>(QueryParser.ParseFilter("a - b - c * -2 = 0"));
        var outer = Assert.IsType<ArithmeticNode>(compare.Left);
        Assert.Equal('-', Assert.IsType<ArithmeticNode>(outer.Left).Operator);
        Assert.Equal("-2", Assert.IsType<NumberNode>(Assert.IsType<ArithmeticNode>(outer.Right).Right).Text);
    }

    [Theory]
    [InlineData("a = 'it''s'", "it's")]
    [InlineData("a = ''", "")]
    [InlineData("a = '北京 \U0001F600'", "北京 \U0001F600")]
    [InlineData("a = 'SELECT \"x\" -- ; drop'", "SELECT \"x\" -- ; drop")]
    public void Reads_texts(string filter, string expected) =>
        Assert.Equal(expected, Assert.IsType<LiteralNode>(
            Assert.IsType<CompareNode>(QueryParser.ParseFilter(filter)).Right).Value);

    [Theory]
    [InlineData("a = 2026-11-20", "2026-11-20T00:00:00.0000000+00:00")]
    [InlineData("a = 2026-11-20T08:00:00Z", "2026-11-20T08:00:00.0000000+00:00")]
    [InlineData("a = 2026-11-20T08:00:00.5+08:00", "2026-11-20T00:00:00.5000000+00:00")]
    [InlineData("a = 2026-11-20T08:00:00-02:30", "2026-11-20T10:30:00.0000000+00:00")]
    public void Reads_dates_and_times(string filter, string expected)
    {
        var value = Assert.IsType<CompareNode>(QueryParser.ParseFilter(filter)).Right;
        var instant = value is DateNode date ? new DateTimeOffset(date.Value, default, default)
            : Assert.IsType<TimeNode>(value).Value;
        Assert.Equal(expected, instant.ToString("O"));
    }

    [Fact]
    public void Quotes_make_a_keyword_a_name()
    {
        var query = QueryParser.ParseQuery("SELECT \"order\", \"select\".\"a\"\"b\", x.order FROM Order");
        Assert.Equal(["order", "select.a\"b", "x.order"],
            query.Items.Select(item => Assert.IsType<PathNode>(item.Expression).Text));
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("SELECT", 6)]
    [InlineData("SELECT a", 8)]
    [InlineData("SELECT a FROM", 13)]
    [InlineData("SELECT a, FROM T", 10)]
    [InlineData("SELECT a FROM T WHERE", 21)]
    [InlineData("SELECT a FROM T WHERE a = 'open", 26)]
    [InlineData("SELECT a FROM T WHERE a == 1", 25)]
    [InlineData("SELECT a FROM T WHERE a = 1 b", 28)]
    [InlineData("SELECT a FROM T; DROP", 15)]
    [InlineData("SELECT a FROM T LIMIT x", 22)]
    [InlineData("SELECT a FROM T ORDER a", 22)]
    [InlineData("SELECT a.b.c.d.e.f.g FROM T", 7)]
    [InlineData("SELECT a FROM T WHERE a = 2026-02-30", 26)]
    [InlineData("SELECT a FROM T WHERE a = 1e5", 26)]
    [InlineData("SELECT a FROM T WHERE a = :", 26)]
    [InlineData("SELECT order FROM T", 7)]
    [InlineData("SELECT a FROM T WHERE (SELECT b FROM U) = 1", 23)]
    public void Says_where_it_stops_being_a_query(string text, int position)
    {
        var refused = Assert.Throws<ProblemException>(() => QueryParser.ParseQuery(text));
        Assert.Equal("query-invalid", refused.Problem.Slug);
        Assert.Equal(position, Assert.Single(refused.Errors).Position);
    }

    [Theory]
    [InlineData("(", ")")]
    [InlineData("NOT ", "")]
    [InlineData("- ", "")]
    [InlineData("a IN (SELECT a FROM T WHERE ", ")")]
    public void Depth_is_bounded_and_the_stack_is_safe(string open, string close)
    {
        var text = string.Concat(Enumerable.Repeat(open, 3_000)) + "a = 1" + string.Concat(
            Enumerable.Repeat(close, 3_000));
        var refused = Assert.Throws<ProblemException>(() => QueryParser.ParseFilter(text));
        Assert.Equal("query-too-deep", refused.Errors[0].Code);
    }

    [Fact]
    public void Size_is_bounded()
    {
        string Code(string text) => Assert.Throws<ProblemException>(() => QueryParser.ParseFilter(text)).Errors[0].Code;
        Assert.Equal("query-too-long", Code(new string(' ', 100_001)));
        Assert.Equal("query-too-large", Code(string.Join(" OR ", Enumerable.Repeat("a=1", 3_000))));
        Assert.Equal("query-too-large", Code($"a IN ({string.Join(",", Enumerable.Repeat("1", 10_001))})"));
        Assert.IsType<ListNode>(QueryParser.ParseFilter($"a IN ({string.Join(",", Enumerable.Repeat("1", 10_000))})"));
    }

    /// <summary>Whatever comes, the parser answers with a query or with a position inside the text.</summary>
    [Fact]
    public void Any_text_is_a_query_or_has_a_position()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        string[] pieces =
        [
            "SELECT ", "FROM ", "WHERE ", "a", "b.c", "(", ")", ",", "=", "!=", "<", " AND ", " OR ", " NOT ", " IN ",
                " LIKE ", "'x'", "'", "\"",
            "1", "1.5", "2026-11-20", "T08:00:00Z", ":p", "COUNT(", "SUM(", "DISTINCT ", "ORDER BY ", "GROUP BY ",
                "HAVING ", "LIMIT ", "NULLS FIRST",
            "*", "/", "+", "-", " ", "\0", "\ud800", "é", "\U0001F600", ";", "--", "TRUE", "NULL", " AS ", ".",
                "LAST_30_DAYS",
        ];
        for (var i = 0; i < 20_000; i++)
        {
            var text = (i % 2 == 0 ? "SELECT a FROM T " : "") + string.Concat(Enumerable.Range(0, random.Next(1, 30))
                .Select(_ => pieces[random.Next(pieces.Length)]));
            try
            {
                Assert.NotNull(QueryParser.ParseQuery(text));
            }
            catch (ProblemException refused)
            {
                Assert.Equal("query-invalid", refused.Problem.Slug);
                Assert.InRange(Assert.Single(refused.Errors).Position!.Value, 0, text.Length);
            }
        }
    }
}
