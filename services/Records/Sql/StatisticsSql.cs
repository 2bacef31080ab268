namespace Xingchen.Records.Sql;

/// <summary>The statements that gather and keep statistics of an account's records.</summary>
internal static class StatisticsSql
{
    public static readonly IReadOnlyList<string> Slots =
    [
        "t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8", "n1", "n2", "n3", "n4", "n5", "n6", "d1", "d2", "d3", "d4",
        "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8",
    ];

    /// <summary>True where an account's log has grown so much since its records were last counted that an object may
    /// have become large, or another size: by a tenth of its records, at least 1,000 and at most 20,000 entries. $1
    /// org, $2 account.</summary>
    /// <remarks>Reads no more than that of an index, and of an idle account nothing.</remarks>
    public const string Due = """
        coalesce((
            select l.looked_at < now() - interval '1 minute' and (
                select count(*) from (
                    select from records.changes c
                    where c.org_id = $1 and c.account_id = $2 and c.seq > l.position limit l.enough) entries) = l.enough
            from (select position, looked_at, least(greatest(records / 10, 1000), 20000) as enough
                from records.statistics_looks where org_id = $1 and account_id = $2) l),
            (select count(*) from (
                select from records.changes c where c.org_id = $1 and c.account_id = $2 limit 1000) entries) = 1000)
        """;

    /// <summary>How far the account's log is. $1 org, $2 account.</summary>
    public const string Position =
        "select coalesce(max(seq), 0) from records.changes where org_id = $1 and account_id = $2";

    /// <summary>Live records by object, and how many there were when its statistics were gathered; also of objects that
    /// have none any more. $1 org, $2 account.</summary>
    public const string Count = """
        select coalesce(r.kp, s.kp), coalesce(r.live, 0), s.records from (
            select kp, count(*) as live from records.records
            where org_id = $1 and account_id = $2 and deleted_at is null group by kp) r
        full join (select kp, records from records.statistics where org_id = $1 and account_id = $2) s on s.kp = r.kp
        """;

    public const string SaveLook = """
        insert into records.statistics_looks (org_id, account_id, position, records) values ($1, $2, $3, $4)
        on conflict (org_id, account_id) do update
        set position = excluded.position, records = excluded.records, looked_at = now()
        """;

    public const string Forget =
        "delete from records.statistics where org_id = $1 and account_id = $2 and kp = $3";

    /// <summary>The slots of about $6 of 1,048,576 records of an object. $3 key prefix, $4 and $5 its first and last
    /// id.</summary>
    /// <remarks>By a hash of the id: ids that several objects draw in turn make a pattern.</remarks>
    public static readonly string Sample = $"""
        select org_id, {string.Join(", ", Slots)} from records.records
        where org_id = $1 and account_id = $2 and kp = $3 and id between $4 and $5 and deleted_at is null
            and (hashint8(id) & 1048575) < $6
        """;

    public const string Save = """
        insert into records.statistics (org_id, account_id, kp, collected_at, records, slots)
        values ($1, $2, $3, now(), $4, $5)
        on conflict (org_id, account_id, kp) do update
        set collected_at = excluded.collected_at, records = excluded.records, slots = excluded.slots
        """;

    /// <summary>What is known of an account, with its age in seconds.</summary>
    public const string Load = """
        select org_id, kp, records, slots::text, extract(epoch from now() - collected_at)::float8
        from records.statistics where org_id = $1 and account_id = $2
        """;
}
