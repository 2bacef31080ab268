using System.Text;
using System.Text.Json;
using Xingchen.Records.Plan;
using Xingchen.Schema;

namespace Xingchen.Tests.Unit.Schema;

/// <summary>Reports and the queries that they are; filters and orders of pages.</summary>
public sealed class ReportTests
{
    private const string Objects = """
        "objects":[{"name":"Order","keyPrefix":"0T1","nameField":"name","fields":[{"name":"name","type":"text"},
           {"name":"total","type":"number"},{"name":"order","type":"text"},{"name":"tags","type":"json"},
           {"name":"twice","type":"formula","result":"number","formula":"total * 2"},
           {"name":"owner","type":"reference","references":["Owner"]}]},
          {"name":"Owner","keyPrefix":"0T2","nameField":"name","fields":[{"name":"name","type":"text"}]}]
        """;

    [Theory]
    [InlineData("""
        {"name":"R","object":"Order","columns":[{"field":"name"},{"field":"order"},{"field":"owner.name"}],
         "filter":"total > 1 OR name = NULL","orderBy":"twice DESC","limit":5}
        """, "SELECT name, \"order\", owner.name FROM \"Order\" WHERE total > 1 OR name = NULL "
        + "ORDER BY twice DESC LIMIT 5")]
    [InlineData("""
        {"name":"R","object":"Order","groupBy":[{"field":"owner.name"}],"orderBy":"count DESC, owner.name, sum",
         "aggregates":[{"name":"count","function":"count"},{"name":"sum","function":"sum","of":"twice"}]}
        """, "SELECT owner.name, COUNT() AS \"count\", SUM(twice) AS \"sum\" FROM \"Order\" GROUP BY owner.name "
        + "ORDER BY count DESC, owner.name, sum")]
    [InlineData("""
        {"name":"R","object":"Owner","aggregates":[{"name":"n","function":"count"},
         {"name":"latest","function":"max","of":"createdAt"}]}
        """, "SELECT COUNT() AS n, MAX(createdAt) AS latest FROM Owner")]
    public void A_report_is_a_query(string report, string query)
    {
        var resolution = Resolve(report);
        Assert.Empty(resolution.Findings);
        Assert.Equal(query, Query(resolution, "R"));
        Plan(resolution, query);
    }

    [Fact]
    public void Those_that_are_shipped_are_queries()
    {
        var resolution = Resolver.Resolve(StandardStack.Standard);
        Assert.NotEmpty(resolution.All("report"));
        foreach (var report in resolution.All("report")) Plan(resolution, Query(resolution, report.Key)!);
    }

    [Theory]
    [InlineData(""" "object":"None","columns":[{"field":"name"}]""", "reference-missing /reports/0/object")]
    [InlineData(""" "object":"Order" """, "property-missing /reports/0")]
    [InlineData(""" "object":"Order","columns":[{"field":"nam"}]""", "field-unknown /reports/0/columns/0")]
    [InlineData(""" "object":"Order","columns":[{"field":"name"}],"groupBy":[{"field":"name"}]""",
        "property-not-of-type /reports/0/columns/0")]
    [InlineData(""" "object":"Order","groupBy":[{"field":"tags"}]""", "type-mismatch /reports/0/groupBy/0")]
    [InlineData(""" "object":"Order","aggregates":[{"name":"a","function":"sum"}]""",
        "property-missing /reports/0/aggregates/0")]
    [InlineData(""" "object":"Order","aggregates":[{"name":"a","function":"sum","of":"name"}]""",
        "type-mismatch /reports/0/aggregates/0/of")]
    [InlineData(""" "object":"Order","columns":[{"field":"name"}],"filter":"name = 'a' AND total = 'b'" """,
        "type-mismatch /reports/0/filter 23")]
    [InlineData(""" "object":"Order","columns":[{"field":"name"}],"filter":"name = 'a' LIMIT 1" """,
        "syntax /reports/0/filter 11")]
    [InlineData(""" "object":"Order","columns":[{"field":"name"}],"orderBy":"name, nam" """,
        "field-unknown /reports/0/orderBy 6")]
    [InlineData(""" "object":"Order","groupBy":[{"field":"name"}],"orderBy":"total" """,
        "not-grouped /reports/0/orderBy 0")]
    public void What_is_wrong_is_said_with_its_place(string members, string expected) =>
        Assert.Equal([expected], Resolve($$"""{"name":"R",{{members}}}""").Findings
            .Select(found => $"{found.Code} {found.Pointer} {found.Position}".TrimEnd()));

    [Fact]
    public void A_page_asks_for_records_in_words_that_there_are()
    {
        var pages = """
            {"name":"L","object":"Order","type":"list","filter":"total > 1 AND owner.nam = 'x'","orderBy":"tags",
             "columns":[{"field":"name"}]}
            """;
        var found = Resolver.Resolve([Read($$"""{{{Objects}},"pages":[{{pages}}]}""")]).Findings;
        Assert.Equal(["field-unknown /pages/0/filter 20", "type-mismatch /pages/0/orderBy 0"],
            found.Select(finding => $"{finding.Code} {finding.Pointer} {finding.Position}"));
    }

    private static void Plan(Resolution resolution, string query)
    {
        var schema = SchemaCompiler.Compile(resolution,
            Places.Allot(resolution, Places.None, Places.None, forStandard: true), Places.None, "test");
        QueryPlanner.Plan(QueryParser.ParseQuery(query), schema, new Dictionary<string, JsonElement>(),
            new QueryClock(new DateTimeOffset(2026, 11, 20, 8, 0, 0, TimeSpan.Zero), "UTC"));
    }

    private static string? Query(Resolution resolution, string name)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) resolution.WriteDefinition(writer, "report", name);
        return JsonDocument.Parse(stream.ToArray()).RootElement.GetProperty("query").GetString();
    }

    private static Resolution Resolve(string report) =>
        Resolver.Resolve([Read($$"""{{{Objects}},"reports":[{{report}}]}""")]);

    private static Layer Read(string json)
    {
        var layer = Layer.Parse(LayerKind.Group, "trade", null, "1.0.0", Encoding.UTF8.GetBytes(json), out var wrong);
        Assert.Empty(wrong);
        return layer;
    }
}
