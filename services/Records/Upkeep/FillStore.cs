using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using Xingchen.Storage;

namespace Xingchen.Records.Upkeep;

/// <summary>The tables <c>records.fills</c> and <c>records.settled</c>.</summary>
internal sealed class FillStore(CellDatabase database)
{
    private const int MostSwept = 2_000;

    private const string Columns =
        "org_id, kind, round, state, through, done, total, failures, examples::text, changed_at, kp, field_key";

    /// <summary>True where something is to be filled in for what the account has in force, or to be tried again: $1
    /// org, $2 account.</summary>
    /// <param name="retrySeconds">How long ago a pass must have failed.</param>
    public static string Unsettled(int retrySeconds) => string.Create(CultureInfo.InvariantCulture, $"""
        (select not coalesce(u.standard = m.version and u.stack = coalesce(s.version, 0), false)
            or exists (select from records.fills f where f.org_id = $1 and f.account_id = $2
                and f.state = 'failed' and f.changed_at < now() - interval '{retrySeconds} seconds')
        from metadata.standard m
        left join metadata.stacks s on s.org_id = $1 and s.account_id = $2
        left join records.settled u on u.org_id = $1 and u.account_id = $2
        where m.id = 1)
        """);

    /// <summary>True where a round that is ready has earlier ones to sweep away: $1 org, $2 account.</summary>
    public const string Unswept = """
        exists (select from records.fills f
            where f.org_id = $1 and f.account_id = $2 and f.state = 'ready' and not f.swept)
        """;

    /// <summary>A round that is ready and has earlier ones to sweep away: its object, its field, its kind and its
    /// number; null where there is none.</summary>
    public async Task<(int Prefix, string Key, string Kind, int Round)?> FindUnsweptAsync(
        AccountKey account, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(database.Records, account.Org, ct);
        var found = await transaction.QueryAsync<(int, string, string, int)>("""
            select kp, field_key, kind, round from records.fills
            where org_id = @org and account_id = @account and state = 'ready' and not swept limit 1
            """, new { org = account.Org.Value, account = account.Account.Value }, ct);
        return found.Count == 0 ? null : found[0];
    }

    /// <summary>Deletes some of what stands under the keys of earlier rounds; remembers it where nothing is
    /// left.</summary>
    public async Task SweepAsync(
        AccountKey account, (int Prefix, string Key, string Kind, int Round) fill, string[] keys, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(database.Records, account.Org, ct);
        var parameters = new
        {
            org = account.Org.Value, account = account.Account.Value, fill.Prefix, fill.Key, fill.Kind, fill.Round,
            keys, most = MostSwept,
        };
        var swept = fill.Kind switch
        {
            "unique" => await transaction.ExecuteAsync("""
                delete from records.unique_values v using (
                    select field_key, value from records.unique_values
                    where org_id = @org and account_id = @account and kp = @Prefix and field_key = any (@keys)
                    limit @most) u
                where v.org_id = @org and v.account_id = @account and v.kp = @Prefix and v.field_key = u.field_key
                    and v.value = u.value
                """, parameters, ct),
            "search" => await transaction.ExecuteAsync("""
                delete from records.search_grams g using (
                    select field_key, gram, record_id from records.search_grams
                    where org_id = @org and account_id = @account and kp = @Prefix and field_key = any (@keys)
                    limit @most) u
                where g.org_id = @org and g.account_id = @account and g.kp = @Prefix and g.field_key = u.field_key
                    and g.gram = u.gram and g.record_id = u.record_id
                """, parameters, ct),
            _ => 0, // a slot is filled over
        };
        if (swept < MostSwept)
            await transaction.ExecuteAsync("""
                update records.fills set swept = true where org_id = @org and account_id = @account
                    and kp = @Prefix and field_key = @Key and kind = @Kind and round = @Round
                """, parameters, ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>Remembers that nothing is left to do for these versions.</summary>
    public async Task SettleAsync(AccountKey account, StackVersions versions, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(database.Records, account.Org, ct);
        await transaction.ExecuteAsync("""
            insert into records.settled (org_id, account_id, stack, standard)
            values (@org, @account, @stack, @standard)
            on conflict (org_id, account_id) do update set stack = excluded.stack, standard = excluded.standard
            """, new
        {
            org = account.Org.Value, account = account.Account.Value, stack = versions.Stack,
            standard = versions.Standard,
        }, ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>How far the fills of an account are, by key prefix, body key and kind.</summary>
    public async Task<Dictionary<(int Prefix, string Key, string Kind), FillState>> ReadAsync(
        AccountKey account, StackVersions versions, CancellationToken ct)
    {
        await using var batch = OrgBatch.Enter(database.Records, account, versions, write: false);
        batch.Add($"select {Columns} from records.fills where org_id = $1 and account_id = $2",
            OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value));
        await using var reader = await batch.ReadAsync(ct);
        var fills = new Dictionary<(int, string, string), FillState>();
        while (await reader.ReadAsync(ct))
        {
            var state = Row(reader, account);
            fills[(reader.GetInt32(10), reader.GetString(11), state.Kind)] = state;
        }
        return fills;
    }

    /// <summary>The state of a fill, held until the transaction ends: one instance fills it at a time.</summary>
    public static void AddHold(OrgBatch batch, AccountKey account, Fill fill) => batch.Add($"""
        select {Columns} from records.fills
        where org_id = $1 and account_id = $2 and kp = $3 and field_key = $4 and kind = $5 for update
        """, Key(account, fill));

    /// <summary>Begins a pass: the first, that of another round, or one more after one that failed.</summary>
    public static void AddBegin(OrgBatch batch, AccountKey account, Fill fill, long through, long total) =>
        batch.Add("""
        insert into records.fills
            (org_id, account_id, kp, field_key, kind, round, state, through, total)
        values ($1, $2, $3, $4, $5, $6, 'building', $7, $8)
        on conflict (org_id, account_id, kp, field_key, kind) do update
        set round = excluded.round, state = 'building', through = excluded.through, total = excluded.total,
            done = 0, failures = 0, examples = '[]', swept = false, changed_at = now()
        """, [.. Key(account, fill), OrgBatch.Parameter(fill.Round), OrgBatch.Parameter(through),
            OrgBatch.Parameter(total)]);

    public static void AddProgress(OrgBatch batch, AccountKey account, Fill fill, FillState state) => batch.Add("""
        update records.fills set state = $6, through = $7, done = $8, failures = $9, examples = $10, changed_at = now()
        where org_id = $1 and account_id = $2 and kp = $3 and field_key = $4 and kind = $5
        """, [.. Key(account, fill), OrgBatch.Parameter(state.State), OrgBatch.Parameter(state.Through),
            OrgBatch.Parameter(state.Done), OrgBatch.Parameter(state.Failures),
            OrgBatch.Parameter(state.Examples, NpgsqlDbType.Jsonb)]);

    /// <summary>Reads what <see cref="AddHold"/> found; null where nothing was begun.</summary>
    public static async Task<FillState?> ReadHeldAsync(
        NpgsqlDataReader reader, AccountKey account, CancellationToken ct) =>
        await reader.ReadAsync(ct) ? Row(reader, account) : null;

    private static FillState Row(NpgsqlDataReader reader, AccountKey account)
    {
        OrgBatch.AssertOrg(reader.GetInt64(0), account.Org);
        return new FillState(
            reader.GetString(1), reader.GetInt32(2), reader.GetString(3), reader.GetInt64(4), reader.GetInt64(5),
            reader.GetInt64(6), reader.GetInt64(7), reader.GetString(8), reader.GetDateTime(9));
    }

    private static NpgsqlParameter[] Key(AccountKey account, Fill fill) =>
    [
        OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
        OrgBatch.Parameter(fill.Layout.Prefix), OrgBatch.Parameter(fill.Field.Place.BodyKey),
        OrgBatch.Parameter(fill.Kind),
    ];
}
