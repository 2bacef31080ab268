using Npgsql;
using Xingchen.Storage;

namespace Xingchen.Records.Sql;

/// <summary>The statements that delete, restore and purge.</summary>
internal static class RemovalSql
{
    private const string Columns =
        "r.org_id, r.id, r.version, r.created_at, r.created_by, r.modified_at, r.modified_by, r.body, r.deleted_at";

    /// <summary>One record, live or in the recycle bin, held against others until the transaction ends.</summary>
    public static void AddHold(this OrgBatch batch, AccountKey account, long id) => batch.Add($"""
        select {Columns} from records.records r where r.org_id = $1 and r.account_id = $2 and r.id = $3 for update
        """, OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value), OrgBatch.Parameter(id));

    /// <summary>Live records by id, held against writers and whoever wants to refer to them, in the columns of
    /// <c>RecordReader</c>.</summary>
    public static void AddHoldLive(this OrgBatch batch, AccountKey account, long[] ids) => batch.Add($"""
        select {RecordSql.ColumnsOf("r")} from records.records r
        where r.org_id = $1 and r.account_id = $2 and r.id = any ($3) and r.deleted_at is null
        order by r.id for update
        """, OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
        new NpgsqlParameter<long[]> { TypedValue = ids });

    /// <summary>The records of an object that refer to some records and went to the recycle bin at one
    /// moment.</summary>
    public static void AddReadDeleted(
        this OrgBatch batch, AccountKey account, int prefix, string reference, long[] parents, DateTime deletedAt,
            int limit) =>
        batch.Add($"""
            select {Columns} from records.records r
            where r.org_id = $1 and r.account_id = $2 and r.kp = $3 and {reference} = any ($4) and r.deleted_at = $5
            order by r.id limit $6 for update
            """,
            OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
                OrgBatch.Parameter(prefix),
            new NpgsqlParameter<long[]> { TypedValue = parents }, OrgBatch.Parameter(new DateTimeOffset(deletedAt)),
            OrgBatch.Parameter((long)limit));

    /// <summary>Moves live records to the recycle bin. Gives back the org of every row.</summary>
    public static void AddDelete(this OrgBatch batch, WriteMark mark, long[] ids) => batch.Add("""
        with written as (
            update records.records set version = version + 1, modified_at = $3, modified_by = $4, deleted_at = $3
            where org_id = $1 and account_id = $2 and id = any ($6) and deleted_at is null
            returning org_id, id, version, kp, body)
        insert into records.changes (org_id, account_id, record_id, version, kp, at, kind, actor, trace, before)
        select w.org_id, $2, w.id, w.version, w.kp, $3, 'deleted', $4, $5, w.body from written w
        returning org_id
        """, Parameters(mark, ids)).Announce(mark.Account);

    /// <summary>Takes records out of the recycle bin.</summary>
    public static void AddRestore(this OrgBatch batch, WriteMark mark, long[] ids) => batch.Add("""
        with written as (
            update records.records set version = version + 1, modified_at = $3, modified_by = $4, deleted_at = null
            where org_id = $1 and account_id = $2 and id = any ($6) and deleted_at is not null
            returning org_id, id, version, kp, body)
        insert into records.changes (org_id, account_id, record_id, version, kp, at, kind, actor, trace, after)
        select w.org_id, $2, w.id, w.version, w.kp, $3, 'restored', $4, $5, w.body from written w
        returning org_id
        """, Parameters(mark, ids)).Announce(mark.Account);

    /// <summary>Removes held records for good, with every value that the log has of them.</summary>
    /// <remarks>The log keeps who did what when, so that no reader loses his place. Of a live record it says first that
    /// it was deleted.</remarks>
    public static void AddPurge(this OrgBatch batch, WriteMark mark, long[] ids)
    {
        batch.Add("""
            update records.changes set before = null, after = null
            where org_id = $1 and account_id = $2 and record_id = any ($3)
            """,
            OrgBatch.Parameter(mark.Account.Org.Value), OrgBatch.Parameter(mark.Account.Account.Value),
            new NpgsqlParameter<long[]> { TypedValue = ids });
        batch.Add("""
            with gone as (
                delete from records.records
                where org_id = $1 and account_id = $2 and id = any ($6)
                returning org_id, id, version, kp, deleted_at),
            told as (
                select g.org_id, g.id, g.kp, g.version + 1 as version, 'deleted' as kind from gone g
                where g.deleted_at is null
                union all
                select g.org_id, g.id, g.kp, g.version + case when g.deleted_at is null then 2 else 1 end, 'purged'
                from gone g)
            insert into records.changes (org_id, account_id, record_id, version, kp, at, kind, actor, trace)
            select t.org_id, $2, t.id, t.version, t.kp, $3, t.kind, $4, $5 from told t order by t.id, t.version
            returning org_id
            """, Parameters(mark, ids)).Announce(mark.Account);
    }

    private static NpgsqlParameter[] Parameters(WriteMark mark, long[] ids) =>
    [
        OrgBatch.Parameter(mark.Account.Org.Value), OrgBatch.Parameter(mark.Account.Account.Value),
        OrgBatch.Parameter(new DateTimeOffset(mark.At)), OrgBatch.Parameter(mark.Actor), OrgBatch.Parameter(mark.Trace),
        new NpgsqlParameter<long[]> { TypedValue = ids },
    ];
}
