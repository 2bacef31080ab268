#pragma warning disable RS0030 // Random: seeded, and the seed is printed
using System.Globalization;
using System.Text.Json;
using NodaTime;
using Xingchen.Model;
using Xingchen.Records.Request;

namespace Xingchen.Tests.Integration.Query;

/// <summary>The SQL that queries become and a plain reading of the language agree, on random data full of
/// NULLs.</summary>
public sealed class QueryAgreementTests(QueryWorld world) : IClassFixture<QueryWorld>
{
    private const int Rounds = 120;

    private static readonly string[] Texts = ["", "a", "A", "b", "Zed", "zed", "é", "É", "北京", "a%b", "a_b", "ab",
        "\uFFFD", "\U0001F600", "a\\b"];
    private static readonly string[] Patterns = ["%", "a%", "A%", "_", "a\\%b", "a\\_b", "%b", "%é%", "z_d", "",
        "\U0001F600", "a\\b", "北%", "__"];
    private static readonly string[] Numbers = ["0", "1", "-1", "2.50", "2.5", "100.01", "9007199254740993",
        "9007199254740992", "0.1", "-0.0001"];
    private static readonly string[] Dates = ["2024-02-29", "2026-01-01", "2026-11-20", "1999-12-31",
        "2018-11-04", "2011-12-30", "2019-11-03"];
    private static readonly string[] Times = ["2026-01-01T00:00:00Z", "2026-11-20T08:00:00.5Z", "2026-11-20T08:00:00Z",
        "1999-12-31T23:59:59.999999Z", "1999-12-31T16:00:00Z", "2026-11-19T18:15:00Z", "2018-11-04T03:00:00Z",
        "2018-11-04T02:59:59Z", "2011-12-30T10:00:00Z", "2019-11-03T04:00:00Z"];

    private static readonly string[] TextFields = ["number", "status", "customer.code", "customer.name",
        "customer.country", "customer.city", "customer.region.name", "customer.parent.name", "customer.any.name",
        "customer.any.object"];
    private static readonly string[] NumberFields = ["total", "freight", "customer.creditLimit", "customer.score",
        "total * 2 - freight", "-freight", "freight / 4", "total / 0"];
    private static readonly string[] DateFields = ["due", "customer.since"];
    private static readonly string[] TimeFields = ["orderedAt", "shippedAt"];
    private readonly Dictionary<string, List<MemoryRecord>> tables = [];
    private Random random = null!;
    private QueryReference reference = null!;

    [Theory]
    [InlineData("UTC")]
    [InlineData("Asia/Shanghai")]
    [InlineData("Asia/Kathmandu")]
    [InlineData("America/Sao_Paulo")] // its clocks skipped the midnight of 4 November 2018
    [InlineData("Pacific/Apia")] // which had no 30 December 2011
    [InlineData("America/Havana")] // its clocks showed the midnight of 3 November 2019 twice
    public async Task Sql_and_a_plain_reading_agree(string zone)
    {
        world.TimeZone = zone;
        reference = new QueryReference(
            new HashSet<string> { "customer.name", "customer.city", "customer.parent.name" },
            DateTimeZoneProviders.Tzdb[zone], tables);
        var seed = Environment.TickCount;
        random = new Random(seed);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var account = new AccountKey(QueryWorld.NextOrg(), new AccountId(1));
        await FillAsync(account);
        for (var round = 0; round < Rounds; round++)
        {
            var text = (round % 4) switch { 0 => Groups(), 1 => Children(), _ => Records() };
            await AgreeAsync(account, text, seed);
        }
    }

    private async Task AgreeAsync(AccountKey account, string text, int seed)
    {
        var syntax = QueryParser.ParseQuery(text);
        var expected = syntax.GroupBy.Count > 0 ? ExpectGroups(syntax) : ExpectRecords(syntax);
        var actual = await world.AllAsync(account, text, null, random.Next(2) == 0 ? 2_000 : 7);
        var rows = actual.Select(row => JsonDocument.Parse(row).RootElement.EnumerateObject()
            .Select(member => member.Value).ToList()).ToList();
        Assert.True(expected.Count == rows.Count, $"seed {seed}: {text}\nexpected {expected.Count} records, not "
            + $"{rows.Count}");
        for (var i = 0; i < rows.Count; i++)
            for (var j = 0; j < rows[i].Count; j++)
                Assert.True(Same(expected[i][j], rows[i][j]),
                    $"seed {seed}: {text}\nrecord {i}, value {j}: expected {expected[i][j]}, not {rows[i][j]}");
    }

    private List<List<object?>> ExpectRecords(QuerySyntax syntax)
    {
        return [.. reference.Found(syntax, tables["Order"]).Select(record => syntax.Items.Select(item =>
            item.Children is { } children ? reference.Children(children, record)
                : reference.Value(item.Expression!, record)).ToList())];
    }

    private List<List<object?>> ExpectGroups(QuerySyntax syntax)
    {
        var group = syntax.GroupBy[0];
        var groups = tables["Order"].Where(record => syntax.Where is null || reference.Holds(syntax.Where, record))
            .GroupBy(record => reference.Key(group, record) ?? DBNull.Value).Select(found => found.ToList()).ToList();
        if (syntax.Having is { } having) groups = [.. groups.Where(found => reference.Holds(having, found))];
        groups.Sort((a, b) => QueryReference.Compare(syntax, key => Of(key, a), key => Of(key, b)));
        return [.. groups.Select(found => syntax.Items.Select(item => Shown(item.Expression!, found)).ToList())];
    }

    private object? Of(QueryNode node, List<MemoryRecord> group) =>
        node is CallNode call ? reference.Aggregate(call, group) : reference.Key(node, group[0]);

    /// <summary>Of texts that differ in case only, a group shows the least.</summary>
    private object? Shown(QueryNode node, List<MemoryRecord> group) => node is CallNode call
        ? reference.Aggregate(call, group)
        : group.Select(record => reference.Value(node, record)).OfType<object>().DefaultIfEmpty(null)
            .Aggregate((a, b) => QueryReference.Order(a!, b!) <= 0 ? a : b);

    private static bool Same(object? expected, JsonElement actual) => expected switch
    {
        null => actual.ValueKind == JsonValueKind.Null,
        List<List<object?>> rows => actual.GetArrayLength() == rows.Count && rows.Zip(actual.EnumerateArray(),
            (row, shown) => row.Zip(shown.EnumerateObject(), (value, member) => Same(value, member.Value))
                .All(same => same)).All(same => same),
        decimal number => actual.ValueKind == JsonValueKind.Number
            && Math.Abs(decimal.Parse(actual.GetRawText(), NumberStyles.Float) - number) <= Math.Abs(number) * 1e-15m,
        bool flag => actual.ValueKind == (flag ? JsonValueKind.True : JsonValueKind.False),
        DateOnly date => actual.GetString() == date.ToString("yyyy-MM-dd"),
        DateTimeOffset time => actual.GetDateTimeOffset() == time,
        _ => actual.GetString() == (string)expected,
    };

    private string Records()
    {
        var field = Pick([.. TextFields.Where(name => !name.Contains('.')), "total", "freight", "orderedAt",
            "shippedAt", "due"]);
        var order = Pick([.. TextFields, .. NumberFields, .. DateFields, .. TimeFields]);
        return $"SELECT {field} AS a, id AS b, {Pick(NumberFields)} AS c FROM Order{Where()} ORDER BY "
            + $"{order}{Direction()}, {Pick(TextFields)}{Direction()}, id"
            + (random.Next(3) == 0 ? $" LIMIT {random.Next(60)}" : "");
    }

    private string Children()
    {
        var where = random.Next(2) == 0 ? "" : $" WHERE {Pick(["quantity", "unitPrice * quantity"])} {Operator()} "
            + Pick(Numbers[..6]);
        return $"SELECT id AS a, (SELECT quantity, product FROM lines{where} ORDER BY "
            + $"{Pick(["quantity", "product", "unitPrice"])}{Direction()}, id"
            + (random.Next(2) == 0 ? $" LIMIT {random.Next(3)}" : "") + $") AS b FROM Order{Where()} ORDER BY id";
    }

    private string Groups()
    {
        var key = Pick([.. TextFields, .. NumberFields[..4], .. DateFields, .. TimeFields, "customer.active"]);
        var distinct = random.Next(4) == 0 ? "DISTINCT " : "";
        var aggregate = $"{Pick(["SUM", "AVG", "MIN", "MAX", "COUNT", "COUNT"])}({distinct}{Pick(NumberFields)})";
        var other = Pick(["COUNT()", $"MIN({Pick(TextFields)})", $"MAX({Pick(TimeFields)})",
            $"COUNT(DISTINCT {Pick(TextFields)})"]);
        var having = random.Next(4) switch
        {
            0 => $" HAVING COUNT() {Operator()} {random.Next(4)}",
            1 => $" HAVING NOT (SUM({Pick(NumberFields)}) {Operator()} {Pick(Numbers)}) "
                + $"{Pick(["AND", "OR"])} COUNT(DISTINCT {Pick(TextFields)}) {Operator()} 1",
            _ => "",
        };
        return $"SELECT {key} AS a, {aggregate} AS b, {other} AS c FROM Order{Where()} GROUP BY {key}{having} "
            + $"ORDER BY {aggregate}{Direction()}, {key}{Direction()}";
    }

    private string Where() => random.Next(5) == 0 ? "" : " WHERE " + Condition(3);

    private string Condition(int depth)
    {
        if (depth > 0 && random.Next(2) == 0)
            return random.Next(3) switch
            {
                0 => $"({Condition(depth - 1)} AND {Condition(depth - 1)})",
                1 => $"({Condition(depth - 1)} OR {Condition(depth - 1)})",
                _ => $"NOT ({Condition(depth - 1)})",
            };
        return random.Next(11) switch
        {
            10 => Among(),
            0 => Pick([.. TextFields, .. NumberFields, .. DateFields, .. TimeFields, "customer", "customer.active"])
                + Pick([" = NULL", " != NULL"]),
            1 => $"{Pick(TextFields)} {Operator()} {Literal(Pick(Texts))}",
            2 => $"{Pick(TextFields)} {Pick(["LIKE", "NOT LIKE"])} {Literal(Pick(Patterns))}",
            3 => $"{Pick(TextFields)} {Pick(["IN", "NOT IN"])} ({Literal(Pick(Texts))}, {Literal(Pick(Texts))})",
            4 => $"{Pick(NumberFields)} {Operator()} {Pick(Numbers)}",
            5 => $"{Pick(NumberFields)} {Pick(["IN", "NOT IN"])} ({Pick(Numbers)}, {Pick(Numbers)}, {Pick(Numbers)})",
            6 => $"{Pick([.. DateFields, .. TimeFields])} {Operator()} {Pick([.. Dates, .. Times])}",
            7 => $"{Pick(TextFields)} {Operator()} {Pick(TextFields)}",
            8 => $"customer.tags INCLUDES ({Literal(Pick(["a", "b", "c"]))}, {Literal(Pick(["a", "b"]))})",
            _ => $"{Pick(NumberFields)} {Operator()} {Pick(NumberFields)}",
        };
    }

    /// <summary>Semijoins, and with NOT their opposite.</summary>
    private string Among() => Pick(["customer", "customer.parent"]) is var left && random.Next(2) == 0
        ? $"{left} {Pick(["IN", "NOT IN"])} (SELECT {Pick(["id", "parent"])} FROM Customer WHERE "
            + $"{Pick(["creditLimit", "score"])} {Operator()} {Pick(Numbers)} OR {Pick(["code", "country"])} = "
            + $"{Literal(Pick(Texts))})"
        : $"id {Pick(["IN", "NOT IN"])} (SELECT \"order\" FROM Line WHERE quantity {Operator()} {Pick(Numbers)} AND "
            + $"{Pick(["order.total", "unitPrice"])} != NULL)";

    private string Operator() => Pick(["=", "!=", "<", "<=", ">", ">="]);

    private string Direction() => Pick(["", " DESC", " NULLS LAST", " DESC NULLS FIRST"]);

    private static string Literal(string text) => $"'{text.Replace("'", "''")}'";

    private string Pick(string[] from) => from[random.Next(from.Length)];

    private async Task FillAsync(AccountKey account)
    {
        foreach (var type in (string[])["Region", "Customer", "Order", "Line"]) tables[type] = [];
        var (regions, customers, orders) = (tables["Region"], tables["Customer"], tables["Order"]);
        for (var i = 0; i < 4; i++) await AddAsync(account, "Region", ("name", Text()));
        for (var i = 0; i < 25; i++)
            await AddAsync(account, "Customer", ("code", Text()), ("name", Text()), ("country", Text()),
                ("city", Text()),
                ("creditLimit", Number()), ("score", Number()), ("region", Maybe(regions)),
                    ("parent", Maybe(customers)),
                ("active", random.Next(3) switch { 0 => null, 1 => true, _ => false }), ("since", Date()),
                    ("tags", Tags()),
                    ("any", Maybe(random.Next(2) == 0 ? regions : customers)));
        for (var i = 0; i < 120; i++)
            await AddAsync(account, "Order", ("number", Text()), ("customer", Maybe(customers)),
                ("total", Number()), ("freight", Number()),
                ("orderedAt", Time()), ("shippedAt", Time()), ("due", Date()), ("status", Text()));
        for (var i = 0; i < 150; i++)
            await AddAsync(account, "Line", ("order", Maybe(orders)), ("product", Text()), ("quantity", Whole()),
                ("unitPrice", Number()));
    }

    private async Task AddAsync(AccountKey account, string type,
        params (string Field, object? Value)[] values)
    {
        var id = await world.AddAsync(account, type, [.. values.Select(value => (value.Field, Stored(value.Value)))]);
        var record = new MemoryRecord(type, id.ToString());
        foreach (var (field, value) in values)
        {
            record.Values[field] = value is MemoryRecord parent ? parent.Id : value;
            if (value is MemoryRecord target) record.Parents[field] = target;
        }
        tables[type].Add(record);
    }

    private static object? Stored(object? value) => value switch
    {
        MemoryRecord parent => RecordId.TryParse(parent.Id, out var id) ? id : null,
        DateOnly date => date.ToString("yyyy-MM-dd"),
        _ => value,
    };

    private string? Text() => random.Next(4) == 0 ? null : Pick(Texts);

    private object? Number() => random.Next(4) == 0 ? null : decimal.Parse(Pick(Numbers[..6]));

    private object? Whole() => random.Next(4) == 0 ? null : (decimal)random.Next(5);

    private object? Date() => random.Next(4) == 0 ? null : DateOnly.ParseExact(Pick(Dates), "yyyy-MM-dd");

    private object? Time() => random.Next(4) == 0 ? null : DateTimeOffset.Parse(Pick(Times));

    private object? Tags() => random.Next(3) switch { 0 => null, 1 => new List<string> { "a" }, _ =>
        new List<string> { "b", "c" } };

    private MemoryRecord? Maybe(List<MemoryRecord> from) =>
        from.Count == 0 || random.Next(4) == 0 ? null : from[random.Next(from.Count)];
}
