using System.Globalization;
using Npgsql;
using Xingchen.Storage;

namespace Xingchen.Records.Sql;

/// <summary>The statements that forget: old entries of the log, old records of the recycle bin.</summary>
internal static class RetentionSql
{
    /// <summary>True where an account's round is not done, or was done long ago: $1 org, $2 account.</summary>
    public static string Due(int hours) => string.Create(CultureInfo.InvariantCulture, $"""
        not exists (select from records.retention r where r.org_id = $1 and r.account_id = $2 and r.after_id = 0
            and r.done_at > now() - interval '{hours} hours')
        """);

    /// <summary>How far the present round of an account is, and when the last one ended.</summary>
    public static void AddReadRound(this NpgsqlBatch batch, AccountKey account)
    {
        batch.BatchCommands.Add(new NpgsqlBatchCommand("select set_config('xingchen.org_id', $1, true)")
        {
            Parameters = { OrgBatch.Parameter(account.Org.ToString()) },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            select r.org_id, r.done_at, r.after_id from records.retention r where r.org_id = $1 and r.account_id = $2
            """)
        {
            Parameters = { OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value) },
        });
    }

    /// <summary>Notes how far the round is.</summary>
    /// <param name="doneAt">When it ended; null where it has not.</param>
    public static void AddRound(this OrgBatch batch, AccountKey account, long after, DateTimeOffset? doneAt) =>
        batch.Add("""
            insert into records.retention as r (org_id, account_id, after_id, done_at) values ($1, $2, $3, $4)
            on conflict (org_id, account_id) do update
            set after_id = excluded.after_id, done_at = coalesce(excluded.done_at, r.done_at)
            """,
            OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
            OrgBatch.Parameter(after),
            OrgBatch.Parameter(doneAt?.UtcDateTime, NpgsqlTypes.NpgsqlDbType.TimestampTz));

    /// <summary>Records of a range with more than one entry up to a time, in the order of their ids.</summary>
    public static void AddFindFoldable(
        this OrgBatch batch, AccountKey account, long after, long last, DateTimeOffset until, int limit) =>
        batch.Add("""
        select c.record_id from records.changes c
        where c.org_id = $1 and c.account_id = $2 and c.record_id > $3 and c.record_id <= $4 and c.at <= $5
        group by c.record_id having count(*) > 1 order by c.record_id limit $6
        """,
        OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value), OrgBatch.Parameter(after),
        OrgBatch.Parameter(last), OrgBatch.Parameter(until), OrgBatch.Parameter((long)limit));

    /// <summary>Says from when on the history of an object is kept: before anything of it is folded.</summary>
    public static void AddKeptFrom(this OrgBatch batch, AccountKey account, int prefix, DateTimeOffset from) =>
        batch.Add("""
            insert into records.history_kept as h (org_id, account_id, kp, kept_from) values ($1, $2, $3, $4)
            on conflict (org_id, account_id, kp) do update
            set kept_from = greatest(h.kept_from, excluded.kept_from)
            """,
            OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
            OrgBatch.Parameter(prefix), OrgBatch.Parameter(from));

    /// <summary>Holds records against being purged, and nothing else, until the transaction ends.</summary>
    public static void AddHoldAgainstPurge(this OrgBatch batch, AccountKey account, long[] ids) => batch.Add("""
        select r.id from records.records r
        where r.org_id = $1 and r.account_id = $2 and r.id = any ($3) order by r.id for key share
        """, Parameters(account, ids));

    /// <summary>Folds every entry up to a time into the last of them, record by record.</summary>
    /// <remarks>That one becomes a baseline: it keeps its place, version, time and actor, and holds the whole body; of
    /// a purged record nothing but that it was.</remarks>
    public static void AddFold(this OrgBatch batch, AccountKey account, long[] ids, DateTimeOffset until) =>
        batch.Add($"""
        with kept as (
            select distinct on (c.record_id) c.org_id, c.record_id, c.version, c.kind from records.changes c
            where c.org_id = $1 and c.account_id = $2 and c.record_id = any ($3) and c.at <= $4
            order by c.record_id, c.version desc),
        state as (
            select k.record_id, k.version, k.kind, f.at, f.actor, b.body
            from kept k
            cross join lateral (
                select coalesce(c.created_at, c.at) as at, coalesce(c.created_by, c.actor) as actor
                from records.changes c
                where c.org_id = $1 and c.account_id = $2 and c.org_id = k.org_id and c.record_id = k.record_id
                order by c.version limit 1) f
            cross join lateral ({HistorySql.Body("k.org_id", "k.record_id", "k.version")}) b),
        folded as (
            delete from records.changes c using state s
            where c.org_id = $1 and c.account_id = $2 and c.record_id = s.record_id and c.version < s.version)
        update records.changes c
        set created_at = s.at, created_by = s.actor,
            before = case when s.kind = 'deleted' then s.body end,
            after = case when s.kind in ('created', 'updated', 'restored') then s.body end
        from state s
        where c.org_id = $1 and c.account_id = $2 and c.record_id = s.record_id and c.version = s.version
        returning c.org_id
        """, [.. Parameters(account, ids), OrgBatch.Parameter(until)]);

    /// <summary>Records of an object that went to the recycle bin before a time, held; those that others hold are left
    /// for later.</summary>
    public static void AddFindOldInBin(
        this OrgBatch batch, AccountKey account, int prefix, DateTimeOffset before, int limit) => batch.Add("""
        select r.id from records.records r
        where r.org_id = $1 and r.account_id = $2 and r.kp = $3 and r.deleted_at < $4
        order by r.deleted_at, r.id limit $5 for update skip locked
        """,
        OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value), OrgBatch.Parameter(prefix),
        OrgBatch.Parameter(before), OrgBatch.Parameter((long)limit));

    private static NpgsqlParameter[] Parameters(AccountKey account, long[] ids) =>
    [
        OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
        new NpgsqlParameter<long[]> { TypedValue = ids },
    ];
}
