#pragma warning disable RS0030 // Random: seeded, and the seed is printed
using System.Globalization;
using System.Text.Json;
using Npgsql;
using Xingchen.Model;
using Xingchen.Records.Plan;
using Xingchen.Records.Sql;
using Xingchen.Schema;
using Xingchen.Schema.Expressions;
using Xingchen.Storage;
using Xingchen.Tests.Integration.Query;
using Xingchen.Tests.Query;

namespace Xingchen.Tests.Integration.Expressions;

/// <summary>The two back ends of the expression language agree, to the digit, on random expressions and records full of
/// NULLs.</summary>
public sealed class ExpressionAgreementTests(QueryWorld world) : IClassFixture<QueryWorld>
{
    private const int Batches = 24;
    private const int PerBatch = 24;
    private const int Records = 40;

    private static readonly DateTimeOffset Now = new(2026, 11, 20, 17, 30, 0, TimeSpan.Zero);

    private readonly List<SampleRecord> orders = [];
    private readonly List<string> wrong = [];
    private Random random = null!;

    [Theory]
    [InlineData("UTC")]
    [InlineData("Asia/Shanghai")]
    public async Task Sql_and_delegate_agree(string zone)
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("XINGCHEN_SEED"), out var given) ? given
            : Random.Shared.Next();
        random = new Random(seed);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var account = new AccountKey(QueryWorld.NextOrg(), new AccountId(1));
        await FillAsync(account);
        var generator = new ExpressionGenerator(random);
        var clock = new QueryClock(Now, zone);
        var cases = 0;
        for (var batch = 0; batch < Batches; batch++)
        {
            var checkedExpressions = new List<(string Text, Expression Expression)>();
            while (checkedExpressions.Count < PerBatch)
            {
                var kind = generator.Pick([ValueKind.Text, ValueKind.Number, ValueKind.Boolean, ValueKind.Date,
                    ValueKind.DateTime, ValueKind.Id]);
                var text = generator.Of(kind, random.Next(1, 5));
                var place = new ExpressionPlace(Own: true, Parents: true, Children: true, User: true);
                var expression = ExpressionChecker.Check(
                    text, TradeSchema.Schema, TradeSchema.Schema.Find("Order")!, place, kind, out var findings);
                if (expression is null)
                {
                    Assert.All(findings, found => Assert.True(found.Code is "division-by-zero" or "number-too-long"
                        or "expression-too-large" or "children-nested" or "text-too-long", $"{found} in {text}"));
                    continue;
                }
                checkedExpressions.Add((text, expression));
            }
            await AgreeAsync(account, clock, checkedExpressions);
            cases += checkedExpressions.Count * orders.Count;
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{cases} values");
        Assert.True(cases > 10_000);
        Assert.True(wrong.Count == 0, $"seed {seed}, {wrong.Count} disagree:\n" + string.Join("\n\n", wrong.Take(5)));
    }

    /// <summary>A number has case and a customer's name has none: what a text is searched for is then taken as it
    /// is.</summary>
    [Theory]
    [InlineData("CONTAINS(number, customer.name)")]
    [InlineData("BEGINS(number, customer.name)")]
    [InlineData("ENDS(number, customer.name)")]
    [InlineData("(FIND(customer.name, number) = 1)")]
    public async Task A_part_without_case_is_looked_for_as_it_is_in_a_text_with_case(string text)
    {
        var account = new AccountKey(QueryWorld.NextOrg(), new AccountId(1));
        var customer = await AddAsync(account, "Customer", ("name", "Zed"));
        foreach (var number in new[] { "Zed", "zed" })
            orders.Add(await AddAsync(account, "Order", ("number", number), ("customer", customer)));
        var expression = ExpressionChecker.CheckCondition(
            text, TradeSchema.Schema, TradeSchema.Schema.Find("Order")!, ExpressionPlace.Condition, out _)!;
        await AgreeAsync(account, QueryClock.Utc(Now), [(text, expression)]);
        Assert.Empty(wrong);
        var holds = expression.ToCondition();
        Assert.Equal([true, false], orders.Select(order => holds(order, QueryClock.Utc(Now).MomentFor("maker"))));
    }

    private async Task AgreeAsync(
        AccountKey account, QueryClock clock, List<(string Text, Expression Expression)> batch)
    {
        IReadOnlyList<JsonElement[]> rows;
        try
        {
            rows = await RunAsync(account, clock, [.. batch.Select(one => one.Expression)]);
        }
        catch (ProblemException problem) when (problem.Errors!.All(found => found.Code == "query-too-large"))
        {
            return; // together they reach too much for one query, once in some hundred batches
        }
        catch (PostgresException exception) when (batch.Count > 1)
        {
            foreach (var one in batch) await AgreeAsync(account, clock, [one]);
            wrong.Add("in a batch: " + exception.Message);
            return;
        }
        catch (PostgresException exception)
        {
            wrong.Add($"{batch[0].Text}: {exception.MessageText}");
            return;
        }
        var moment = clock.MomentFor("maker");
        Assert.Equal(orders.Count, rows.Count);
        foreach (var (index, (text, expression)) in batch.Index())
        {
            var run = expression.ToDelegate();
            foreach (var (order, row) in orders.Zip(rows))
            {
                var expected = Shown(run(order, moment));
                var actual = Shown(row[index]);
                if (expected == actual) continue;
                wrong.Add($"{text}\n of {order}: delegate {expected}, SQL {actual}");
                break;
            }
        }
        await FilterAsync(account, clock, batch);
    }

    /// <summary>Conditions find the records for which they hold.</summary>
    private async Task FilterAsync(
        AccountKey account, QueryClock clock, List<(string Text, Expression Expression)> batch)
    {
        var moment = clock.MomentFor("maker");
        foreach (var (text, expression) in batch.Where(one => one.Expression.Kind == ValueKind.Boolean).Take(3))
        {
            var holds = expression.ToCondition();
            var expected = orders.Where(order => holds(order, moment)).Select(order => order.Id.Value).ToList();
            var rows = await RunAsync(account, clock, [], expression);
            if (!expected.SequenceEqual(rows.Select(row => row[0].GetInt64()))) wrong.Add($"WHERE {text}");
        }
    }

    private async Task<IReadOnlyList<JsonElement[]>> RunAsync(
        AccountKey account, QueryClock clock, IReadOnlyList<Expression> shown, Expression? where = null)
    {
        var schema = TradeSchema.Schema;
        var planning = new QueryPlanning(schema, new Dictionary<string, JsonElement>(), clock)
        {
            Moment = clock.MomentFor("maker"),
        };
        var scope = new QueryScope(planning, schema.Find("Order")!);
        var binder = new ExpressionBinder(planning, scope);
        List<OutputNode> output = [.. shown.Select((one, i) => new OutputLeaf("v" + i, binder.Value(one, scope.Root)))];
        if (shown.Count == 0) output.Add(new OutputLeaf("id", QueryScope.System(scope.Root, "id")));
        var plan = new SelectPlan(scope.Root, scope.Joins, null, where is null ? null
            : binder.Condition(where, scope.Root),
            false, [], null, [new OrderKey(QueryScope.System(scope.Root, "id"), false, true)], null, output);
        planning.Findings.ThrowIfAny();
        var statement = QuerySql.Build(plan, account, null, 1000);
        await using var connection = OrgBatch.Enter(world.Database.Queries, account, default, write: false);
        connection.Add(statement.Text, [.. statement.Parameters.Select(value =>
            OrgBatch.Parameter(value.Value, value.Type))]);
        await using var reader = await connection.ReadAsync(CancellationToken.None);
        var rows = new List<JsonElement[]>();
        while (await reader.ReadAsync())
            rows.Add([.. statement.Columns.Select(column => Read(reader, column))]);
        return rows;
    }

    private static JsonElement Read(NpgsqlDataReader reader, QueryColumn column)
    {
        if (column is ConstantColumn) return JsonSerializer.SerializeToElement("Order");
        var leaf = (LeafColumn)column;
        if (reader.IsDBNull(leaf.Ordinal)) return default;
        if (leaf.Field is { } field) // stands in the whole body
        {
            var place = ObjectLayout.Of(TradeSchema.Schema.Find("Order")!).Fields[field].Field.Place;
            var body = JsonDocument.Parse(reader.GetFieldValue<byte[]>(leaf.Ordinal)).RootElement;
            return body.TryGetProperty(place.BodyKey, out var value) ? value : default;
        }
        return leaf.Form switch
        {
            ColumnForm.PlainId or ColumnForm.PlainNumber =>
                JsonSerializer.SerializeToElement(reader.GetInt64(leaf.Ordinal)),
            ColumnForm.PlainText => JsonSerializer.SerializeToElement(reader.GetString(leaf.Ordinal)),
            ColumnForm.PlainTime => JsonSerializer.SerializeToElement(
                (reader.GetDateTime(leaf.Ordinal) - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond),
            _ => JsonDocument.Parse(reader.GetFieldValue<byte[]>(leaf.Ordinal)).RootElement,
        };
    }

    private static string Shown(JsonElement value) =>
        value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null ? "NULL"
        : value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    private static string Shown(object? value) => value switch
    {
        null => "NULL",
        bool flag => flag ? "true" : "false",
        DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DateTime time => ((time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond)
            .ToString(CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private async Task<SampleRecord> AddAsync(
        AccountKey account, string type, params (string Name, object? Value)[] values)
    {
        var id = await world.AddAsync(account, type, [.. values.Select(value => (value.Name,
            value.Value is SampleRecord record ? record.Id : value.Value))]);
        return new SampleRecord(TradeSchema.Schema.Find(type)!, id, values);
    }

    private async Task FillAsync(AccountKey account)
    {
        Task<SampleRecord> Add(string type, params (string Name, object? Value)[] values) =>
            AddAsync(account, type, values);
        T? Some<T>(IReadOnlyList<T> values) where T : class => random.Next(3) == 0 ? null
            : values[random.Next(values.Count)];
        object? Json(string? raw) => raw is null ? null : JsonDocument.Parse(raw).RootElement;
        var texts = ExpressionGenerator.Texts.Select(text =>
            text.Replace("''", "'", StringComparison.Ordinal)).ToArray();
        object? Number(string? most = null) => Json(Some(most is null ? NumbersOfFields : ["1", "0", "-3", "12"]));
        var regions = new List<SampleRecord>();
        for (var i = 0; i < 3; i++) regions.Add(await Add("Region", ("name", Some(texts))));
        var customers = new List<SampleRecord>();
        for (var i = 0; i < 12; i++)
            customers.Add(await Add("Customer", ("code", Some(texts)), ("name", Some(texts)), ("country", Some(texts)),
                ("city", Some(texts)), ("creditLimit", Number()), ("score", Number()), ("region", Some(regions)),
                ("parent", customers.Count == 0 ? null : Some(customers)), ("active", Json(Some(["true", "false"]))),
                ("since", Some(["2024-02-29", "1999-12-31", "2026-11-20"])),
                ("tags", Json(Some(["[]", "[\"a\"]", "[\"b\",\"c\"]"]))), ("about", Some(texts)),
                ("extra", Json(Some(["{}", "[1]"])))));
        for (var i = 0; i < Records; i++)
        {
            var order = await Add("Order", ("number", Some(texts)), ("customer", Some(customers)), ("total", Number()),
                ("freight", Number()), ("orderedAt", Some(["2026-11-20T00:00:00Z", "2026-11-19T16:00:00Z"])),
                ("shippedAt", Some(["2026-01-01T00:00:00.000001Z", "1999-12-31T23:59:59.999999Z"])),
                ("due", Some(["2024-02-29", "2026-11-20", "0001-01-02", "9999-12-31"])), ("status", Some(texts)),
                ("order", Some(texts)));
            orders.Add(order);
            for (var line = random.Next(4); line > 0; line--)
                order.Lines.Add(await Add("Line", ("order", order), ("product", Some(texts)),
                    ("quantity", Number("whole")),
                    ("unitPrice", Number()), ("discount", Number())));
        }
        await world.DeleteAsync(account, customers[^1].Id);
        customers[^1].IsDeleted = true;
    }

    private static readonly string[] NumbersOfFields = ["0", "1", "-1", "2.50", "2.5", "100.01", "12345678901234",
        "0.1", "-0.0001", "0.0000"];
}
