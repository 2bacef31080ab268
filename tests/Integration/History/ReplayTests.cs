using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Npgsql;
using Xingchen.Model;
using Xingchen.Records;
using Xingchen.Records.Execute;
using Xingchen.Records.Schemas;
using Xingchen.Tests.Integration.Changes;
using Xingchen.Tests.Integration.Records;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.History;

/// <summary>The log alone gives every record back, and what was seen at a moment is what <c>asOf</c> gives for it; also
/// when old entries have been folded.</summary>
public sealed class ReplayTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private const int Rounds = 5;

    private static readonly string[] Queries =
    [
        "SELECT id, name, code, version, modifiedAt, modifiedBy, boss.name, boss.version FROM shop__Customer"
            + " ORDER BY id",
        "SELECT id, number, status, customer.name, (SELECT product, price, sku FROM lines ORDER BY id) FROM shop__Order"
            + " ORDER BY id",
        "SELECT id, text, exact, any, tags, day, yes FROM shop__Thing ORDER BY exact DESC, id",
        "SELECT text, COUNT(), SUM(exact) FROM shop__Thing WHERE exact != NULL GROUP BY text ORDER BY text",
        "SELECT id FROM shop__Customer WHERE id IN (SELECT customer FROM shop__Order) ORDER BY id",
    ];

    /// <param name="seed">A day's number: another workload every day, the same for whoever runs it again.</param>
    public static TheoryData<int> Seeds =>
        new(1, DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).DayNumber);

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task The_log_gives_back_every_record_and_every_moment(int seed)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var caller = await cell.NewAccountAsync();
        var workload = new Workload(caller, seed);
        var moments = new List<Moment>();
        for (var round = 0; round < Rounds; round++)
        {
            await workload.RunAsync(round, writers: 4, writes: 12);
            moments.Add(await RememberAsync(caller, workload.Made));
        }
        var live = await ReplayedAsync(caller);
        Assert.True(live > 5, "The workload left hardly anything.");
        var whole = 0;
        foreach (var moment in moments)
            if (await CompareAsync(caller, moment)) whole++;
        Assert.True(whole >= Rounds - 1, "Purges hid the queries of most moments.");

        // Three days later, as far as retention is concerned, and then some: up to the third moment all is folded.
        var first = (await caller.ReadAsync(1)).Changes[0];
        await FoldAsync(caller, moments[2].At);
        Assert.Equal(live, await ReplayedAsync(caller));
        foreach (var moment in moments.Skip(2)) await CompareAsync(caller, moment);
        (await caller.GetAsync($"/v1/query?asOf={moments[0].At}&q=" + Uri.EscapeDataString(Queries[0])))
            .Expect(HttpStatusCode.Gone, "history-gone");
        (await caller.GetAsync($"/v1/records/{workload.Made[0]}?asOf={moments[0].At}"))
            .Expect(HttpStatusCode.Gone, "history-gone");
        await FeedTellsOfAllAsync(caller, first, live);
        await FoldAsync(caller, moments[2].At); // again is no change
        Assert.Equal(live, await ReplayedAsync(caller));
    }

    /// <summary>A reader that was away while the log was folded is still told of every record that there is.</summary>
    private async Task FeedTellsOfAllAsync(RecordsCaller caller, SeenChange first, int live)
    {
        foreach (var after in new[] { null, first.Cursor })
        {
            var told = new Dictionary<string, string>();
            if (after is not null) told[first.Record] = first.Kind;
            foreach (var change in (await caller.ReadAsync(live - 1, after)).Changes) told[change.Record] = change.Kind;
            var there = await cell.AskAsync<long>(
                "select id from records.records where org_id = $1 and deleted_at is null", caller.Org);
            Assert.All(there, id => Assert.NotEqual("deleted", told[new RecordId(id).ToString()]));
            var binned = await cell.AskAsync<long>(
                "select id from records.records where org_id = $1 and deleted_at is not null", caller.Org);
            Assert.All(binned, id => Assert.Equal("deleted", told[new RecordId(id).ToString()]));
        }
    }

    private async Task FoldAsync(RecordsCaller caller, string until)
    {
        var account = new AccountKey(new OrgId(caller.Org), new AccountId(caller.Account));
        await using var database = CellDatabase.Open(cell.Serving, new CellOptions());
        var clock = new Later(At(until).AddDays(3));
        var options = Options.Create(new RetentionOptions { HistoryDays = 3, RecycleBinDays = null, BatchRecords = 7 });
        var schemas = new SchemaCache(database, Options.Create(new CellOptions()));
        await cell.ExecuteAsync("update records.retention set done_at = null where org_id = $1", caller.Org);
        while (await new RecordRetention(database, options, clock).RunAsync(account, schemas, default)) { }
        Assert.Empty(await cell.AskAsync<long>("""
            select record_id from records.changes where org_id = $1 and at <= $2 group by record_id having count(*) > 1
            """, caller.Org, At(until).UtcDateTime));
    }

    private static DateTimeOffset At(string text) =>
        DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<Moment> RememberAsync(RecordsCaller caller, IReadOnlyList<string> made)
    {
        var answers = new Dictionary<string, (HttpStatusCode Status, string? Body)>();
        foreach (var path in Queries.Select(query => "/v1/query?q=" + Uri.EscapeDataString(query))
            .Concat(made.Select(id => $"/v1/records/{id}?")))
        {
            var reply = await caller.GetAsync(path);
            answers[path] = (reply.Status, reply.Status == HttpStatusCode.OK ? reply.Body : null);
        }
        return new Moment(await HistoryTests.MarkAsync(), answers);
    }

    /// <remarks>What was purged since is gone from every moment; a query that showed it then does not now.</remarks>
    /// <returns>Whether nothing was, so that the queries were compared too.</returns>
    private async Task<bool> CompareAsync(RecordsCaller caller, Moment moment)
    {
        var there = (await cell.AskAsync<long>("select id from records.records where org_id = $1", caller.Org))
            .Select(id => new RecordId(id).ToString()).ToHashSet();
        var purged = moment.Answers.Any(answer => answer.Key.StartsWith("/v1/records/", StringComparison.Ordinal)
            && answer.Value.Body is not null && !there.Contains(answer.Key[12..^1]));
        foreach (var (path, (status, body)) in moment.Answers)
        {
            var reply = await caller.GetAsync($"{path}&asOf={moment.At}");
            var isQuery = path.StartsWith("/v1/query", StringComparison.Ordinal);
            if (!isQuery && !there.Contains(path[12..^1])) reply.Expect(HttpStatusCode.NotFound, "not-found");
            else if (!isQuery || !purged) Assert.Equal((status, body),
                (reply.Status, reply.Status == HttpStatusCode.OK ? reply.Body : null));
        }
        return !purged;
    }

    /// <summary>Rebuilds every record of the account from its entries and compares; gives how many there are.</summary>
    private async Task<int> ReplayedAsync(RecordsCaller caller)
    {
        await using var source = NpgsqlDataSource.Create(cell.Owner);
        var replayed = await ReplayAsync(source, caller.Org);
        await using var command = source.CreateCommand("""
            select id, jsonb_build_array(version, created_at, created_by, modified_at, modified_by, deleted_at)::text,
                body::text
            from records.records where org_id = $1 order by id
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = caller.Org });
        await using var reader = await command.ExecuteReaderAsync();
        var rows = 0;
        for (; await reader.ReadAsync(); rows++)
        {
            Assert.True(replayed.Remove(reader.GetInt64(0), out var record), "A record that the log does not know.");
            Assert.Equal(reader.GetString(1), await AsTextAsync(source, $"jsonb_build_array({record!.Version}::bigint, "
                + "$1::timestamptz, $2::text, $3::timestamptz, $4::text, $5::timestamptz)",
                record.CreatedAt, record.CreatedBy, record.ModifiedAt, record.ModifiedBy,
                record.IsDeleted ? record.ModifiedAt : null));
            Assert.Equal(reader.GetString(2), await AsTextAsync(source, "$1::jsonb", record.Body));
        }
        Assert.Empty(replayed); // nothing that the log has is missing
        return rows;
    }

    private static async Task<Dictionary<long, Replayed>> ReplayAsync(NpgsqlDataSource source, long org)
    {
        await using var command = source.CreateCommand("""
            select record_id, version, kind, at, actor, before::text, after::text, created_at, created_by
            from records.changes where org_id = $1 order by record_id, version
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = org });
        await using var reader = await command.ExecuteReaderAsync();
        var records = new Dictionary<long, Replayed>();
        while (await reader.ReadAsync())
        {
            var (id, kind) = (reader.GetInt64(0), reader.GetString(2));
            var isBaseline = !await reader.IsDBNullAsync(7);
            if (kind == "purged")
            {
                records.Remove(id);
                continue;
            }
            if (!records.TryGetValue(id, out var record))
                records[id] = record = new Replayed
                {
                    CreatedAt = reader.GetDateTime(isBaseline ? 7 : 3),
                    CreatedBy = reader.GetString(isBaseline ? 8 : 4),
                };
            Assert.True(reader.GetInt64(1) == record.Version + 1 || (isBaseline && record.Version == 0));
            record.Version = reader.GetInt64(1);
            (record.ModifiedAt, record.ModifiedBy) = (reader.GetDateTime(3), reader.GetString(4));
            record.IsDeleted = kind == "deleted";
            record.Apply(await reader.IsDBNullAsync(6) ? isBaseline ? reader.GetString(5) : null : reader.GetString(6));
        }
        return records;
    }

    private static async Task<string> AsTextAsync(NpgsqlDataSource source, string expression, params object?[] values)
    {
        await using var command = source.CreateCommand($"select ({expression})::text");
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        return (string)(await command.ExecuteScalarAsync())!;
    }

    private sealed record Moment(string At, Dictionary<string, (HttpStatusCode Status, string? Body)> Answers);

    /// <summary>A record in the making.</summary>
    private sealed class Replayed
    {
        private readonly Dictionary<string, string> values = [];

        public long Version { get; set; }
        public required DateTime CreatedAt { get; init; }
        public required string CreatedBy { get; init; }
        public DateTime ModifiedAt { get; set; }
        public string ModifiedBy { get; set; } = "";
        public bool IsDeleted { get; set; }

        public string Body => "{"
            + string.Join(',', values.Select(value => JsonSerializer.Serialize(value.Key) + ":" + value.Value)) + "}";

        /// <summary>Sets what an entry sets; null takes a value away.</summary>
        public void Apply(string? after)
        {
            if (after is null) return;
            using var document = JsonDocument.Parse(after);
            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (member.Value.ValueKind == JsonValueKind.Null) values.Remove(member.Name);
                else values[member.Name] = member.Value.GetRawText();
            }
        }
    }

    /// <summary>The clock of a later day.</summary>
    private sealed class Later(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
