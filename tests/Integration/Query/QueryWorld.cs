using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using Xingchen.Hosting;
using Xingchen.Model;
using Xingchen.Records;
using Xingchen.Records.Execute;
using Xingchen.Records.Plan;
using Xingchen.Records.Request;
using Xingchen.Records.Schemas;
using Xingchen.Records.Sql;
using Xingchen.Records.Upkeep;
using Xingchen.Records.Values;
using Xingchen.Schema;
using Xingchen.Storage;
using Xingchen.Testing;
using Xingchen.Tests.Query;

namespace Xingchen.Tests.Integration.Query;

/// <summary>A cell's database with a query engine over it, and a quick way to put records there.</summary>
public sealed class QueryWorld : IAsyncLifetime
{
    private static readonly IOptions<ServiceOptions> Key =
        Options.Create(new ServiceOptions { ContextKey = Convert.ToBase64String(new byte[32]) });

    private CellDatabase database = null!;
    private NpgsqlDataSource owner = null!;
    private long number;

    /// <summary>The next org that nobody has used.</summary>
    public static OrgId NextOrg() => new(Interlocked.Increment(ref lastOrg));

    private static long lastOrg = 100;

    public CellDatabase Database => database;

    /// <summary>The connection string of the serving role.</summary>
    public string Serving { get; private set; } = "";

    /// <summary>Of the accounts that ask.</summary>
    public string TimeZone { get; set; } = "UTC";

    public async ValueTask InitializeAsync()
    {
        var connection = await TestPostgres.CreateDatabaseAsync();
        await TestPostgres.MigrateAsync(connection, System.Reflection.Assembly.Load("Xingchen.Metadata"),
            "xingchen_metadata");
        Serving = await TestPostgres.MigrateAsync(connection, typeof(CellDatabase).Assembly, "xingchen_records");
        owner = NpgsqlDataSource.Create(connection);
        database = CellDatabase.Open(Serving, new CellOptions());
        Statistics = new StatisticsCache(
            new StatisticsCollector(database, TimeProvider.System), TimeProvider.System,
            NullLogger<StatisticsCache>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        Statistics.Dispose();
        await database.DisposeAsync();
        await owner.DisposeAsync();
    }

    public QueryEngine Engine(int pageRecords = 2_000, CellDatabase? by = null) => new(
        by ?? database, new SchemaCache(database, Options.Create(new CellOptions())), new CursorSigner(Key),
        Options.Create(new QueryOptions { PageRecords = pageRecords, MostReads = MostReads }), Statistics,
        TimeProvider.System);

    /// <summary>Records that a query may read.</summary>
    public long MostReads { get; set; } = 5_000_000;

    public StatisticsCache Statistics { get; private set; } = null!;

    /// <summary>Runs a statement as the owner.</summary>
    public async Task<T?> AskAsync<T>(string sql)
    {
        await using var command = owner.CreateCommand(sql);
        return (T?)await command.ExecuteScalarAsync();
    }

    /// <summary>Puts a record there as a write of the service would leave it.</summary>
    /// <param name="values">By field, as JSON of the API; ids as <see cref="RecordId"/>.</param>
    public async Task<RecordId> AddAsync(AccountKey account, string type, params (string Field, object? Value)[] values)
    {
        var schema = TradeSchema.Schema;
        var target = schema.Find(type)!;
        var id = RecordId.Create(target.Prefix, Interlocked.Increment(ref number));
        var body = new StringBuilder("{");
        var slots = new List<(string Slot, object Value)>();
        foreach (var (name, value) in values)
        {
            if (value is null) continue;
            var field = target.Find(name)!;
            var json = value is RecordId reference ? $"\"{reference}\"" : value is JsonElement raw ? raw.GetRawText()
                : JsonSerializer.Serialize(value);
            var stored = Store(schema, field, json);
            body.Append(body.Length > 1 ? "," : "").Append($"\"{field.Place.BodyKey}\":{stored.Json}");
            if (field.Place.Slot is { } slot) slots.Add((slot, stored.Sort!));
        }
        await InsertAsync(account, id, body.Append('}').ToString(), slots);
        return id;
    }

    public async Task DeleteAsync(AccountKey account, RecordId id)
    {
        await using var command = owner.CreateCommand(
            "update records.records set deleted_at = now() where org_id = $1 and account_id = $2 and id = $3");
        command.Parameters.Add(OrgBatch.Parameter(account.Org.Value));
        command.Parameters.Add(OrgBatch.Parameter(account.Account.Value));
        command.Parameters.Add(OrgBatch.Parameter(id.Value));
        await command.ExecuteNonQueryAsync();
    }

    public async Task AnalyzeAsync()
    {
        await using var command = owner.CreateCommand("analyze records.records");
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>One page, as the caller gets it.</summary>
    public async Task<JsonElement> PageAsync(
        AccountKey caller, QueryRequest request, int pageRecords = 2_000, CellDatabase? by = null) =>
        JsonDocument.Parse(await TextAsync(caller, request, pageRecords, by)).RootElement;

    public async Task<string> TextAsync(
        AccountKey caller, QueryRequest request, int pageRecords = 2_000, CellDatabase? by = null)
    {
        var http = new DefaultHttpContext();
        using var body = new MemoryStream();
        http.Response.Body = body;
        await Engine(pageRecords, by).AnswerAsync(http, caller, TimeZone, TradeSchema.Schema, default, request,
            CancellationToken.None);
        await http.Response.BodyWriter.CompleteAsync();
        return Encoding.UTF8.GetString(body.ToArray());
    }

    /// <summary>All records of a query, page by page, each as JSON text.</summary>
    public async Task<List<string>> AllAsync(AccountKey caller, string text, string? parameters = null,
        int pageRecords = 2_000)
    {
        var records = new List<string>();
        var request = Request(text, parameters);
        while (true)
        {
            var page = await PageAsync(caller, request, pageRecords);
            records.AddRange(page.GetProperty("records").EnumerateArray().Select(record => record.GetRawText()));
            if (page.GetProperty("next").GetString() is not { } next) return records;
            request = new QueryRequest(null, new Dictionary<string, JsonElement>(), next, false);
        }
    }

    /// <summary>One page of a list.</summary>
    public async Task<JsonElement> ListAsync(AccountKey caller, QueryListRequest request)
    {
        var http = new DefaultHttpContext();
        using var body = new MemoryStream();
        http.Response.Body = body;
        await Engine().ListAsync(http, caller, TimeZone, TradeSchema.Schema, default, request, CancellationToken.None);
        await http.Response.BodyWriter.CompleteAsync();
        return JsonDocument.Parse(body.ToArray()).RootElement;
    }

    /// <summary>Rows that a statement made for one account gives a caller of another.</summary>
    public async Task<int> RowsAsync(AccountKey caller, AccountKey planned, string text)
    {
        var plan = QueryPlanner.Plan(
            QueryParser.ParseQuery(text), TradeSchema.Schema, new Dictionary<string, JsonElement>(),
                QueryClock.Utc(DateTimeOffset.UnixEpoch));
        var statement = QuerySql.Build(plan, planned, null, 100);
        await using var batch = OrgBatch.Enter(database.Queries, caller, default, write: false);
        batch.Add(statement.Text, [.. statement.Parameters.Select(value =>
            OrgBatch.Parameter(value.Value, value.Type))]);
        await using var reader = await batch.ReadAsync(CancellationToken.None);
        var rows = 0;
        while (await reader.ReadAsync()) rows++;
        return rows;
    }

    public static QueryRequest Request(string text, string? parameters = null, bool explain = false) => new(text,
        parameters is null ? new Dictionary<string, JsonElement>()
            : JsonDocument.Parse(parameters).RootElement.EnumerateObject()
                .ToDictionary(member => member.Name, member => member.Value),
        null, explain);

    private static StoredValue Store(Schema.Schema schema, SchemaField field, string json)
    {
        if (field.Type == FieldType.Picklist) field = field with { Type = FieldType.Text };
        using var value = JsonDocument.Parse(json);
        Assert.True(ValueCodec.For(field.Type).TryRead(schema, field, value.RootElement, out var stored,
            out var fault), fault.Detail);
        return stored;
    }

    private async Task InsertAsync(AccountKey account, RecordId id, string body,
        List<(string Slot, object Value)> slots)
    {
        var names = string.Concat(slots.Select(slot => ", " + slot.Slot));
        var places = string.Concat(slots.Select((_, i) => $", ${i + 6}"));
        await using var connection = await owner.OpenConnectionAsync();
        await using var command = new NpgsqlCommand($"""
            insert into records.records
                (org_id, account_id, kp, id, version, created_at, modified_at, created_by, modified_by, body{names})
            values ($1, $2, $3, $4, 1, '2026-01-02T03:04:05.5Z', '2026-01-02T03:04:05Z', 'maker', 'maker', $5{places})
            """, connection);
        command.Parameters.Add(OrgBatch.Parameter(account.Org.Value));
        command.Parameters.Add(OrgBatch.Parameter(account.Account.Value));
        command.Parameters.Add(OrgBatch.Parameter(id.Prefix.Value));
        command.Parameters.Add(OrgBatch.Parameter(id.Value));
        command.Parameters.Add(OrgBatch.Parameter(body, NpgsqlDbType.Jsonb));
        foreach (var (_, value) in slots) command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync();
    }
}
