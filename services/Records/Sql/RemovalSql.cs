using Npgsql;
using Xingchen.Storage;

namespace Xingchen.Records.Sql;

/// <summary>The statements that delete, restore and purge.</summary>
internal static class RemovalSql
{
    private const string Columns =
        "r.org_id, r.id, r.version, r.created_at, r.created_by, r.modified_at, r.modified_by, r.body, r.deleted_at";

    /// <summary>One record, live or in the recycle bin, held against others until the transaction ends.</summary>
    public static void AddHold(this OrgBatch batch, AccountKey account, StackVersions versions, long id) =>
        batch.Add($"""
        select {Columns} from {versions.Table(RecordSql.Table)} r
        where r.org_id = $1 and r.account_id = $2 and r.id = $3 for update
        """, OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value), OrgBatch.Parameter(id));

    /// <summary>Live records by id, held against writers and whoever wants to refer to them, in the columns of
    /// <c>RecordReader</c>.</summary>
    /// <param name="ids">Ascending, so that two deletions cannot wait for each other.</param>
    public static void AddHoldLive(this OrgBatch batch, AccountKey account, StackVersions versions, long[] ids) =>
        batch.Add($"""
        select {RecordSql.ColumnsOf("r")} from unnest($3::bigint[]) as u(id) cross join lateral (
            select {RecordSql.ColumnsOf("r")} from {versions.Table(RecordSql.Table)} r
            where r.org_id = $1 and r.account_id = $2 and r.id = u.id and r.deleted_at is null
            for update) r
        """, OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
        new NpgsqlParameter<long[]> { TypedValue = ids });

    /// <summary>The records of an object that refer to some records and went to the recycle bin at one
    /// moment.</summary>
    public static void AddReadDeleted(
        this OrgBatch batch, AccountKey account, StackVersions versions, int prefix, string reference, long[] parents,
        DateTime deletedAt, int limit) =>
        batch.Add($"""
            select {Columns} from unnest($4::bigint[]) as u(parent) cross join lateral (
                select {Columns} from {versions.Table(RecordSql.Table)} r
                where r.org_id = $1 and r.account_id = $2 and r.kp = $3 and {reference} = u.parent
                    and r.deleted_at = $5
                limit $6 for update) r
            order by r.id limit $6
            """,
            OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
                OrgBatch.Parameter(prefix),
            new NpgsqlParameter<long[]> { TypedValue = parents }, OrgBatch.Parameter(new DateTimeOffset(deletedAt)),
            OrgBatch.Parameter((long)limit));

    /// <summary>Moves a live record to the recycle bin. Gives back the org of its row.</summary>
    public static void AddDelete(this OrgBatch batch, WriteMark mark, StackVersions versions, long id) =>
        batch.Add($"""
        with written as (
            update {versions.Table(RecordSql.Table)}
            set version = version + 1, modified_at = $3, modified_by = $4, deleted_at = $3
            where org_id = $1 and account_id = $2 and id = $6 and deleted_at is null
            returning org_id, id, version, kp, body)
        insert into {versions.Table("records.changes")}
            (org_id, account_id, record_id, version, kp, at, kind, actor, trace, before)
        select w.org_id, $2, w.id, w.version, w.kp, $3, 'deleted', $4, $5, w.body from written w
        returning org_id
        """, [.. Parameters(mark), OrgBatch.Parameter(id)]).Announce(mark.Account);

    /// <summary>Takes a record out of the recycle bin.</summary>
    public static void AddRestore(this OrgBatch batch, WriteMark mark, StackVersions versions, long id) =>
        batch.Add($"""
        with written as (
            update {versions.Table(RecordSql.Table)}
            set version = version + 1, modified_at = $3, modified_by = $4, deleted_at = null
            where org_id = $1 and account_id = $2 and id = $6 and deleted_at is not null
            returning org_id, id, version, kp, body)
        insert into {versions.Table("records.changes")}
            (org_id, account_id, record_id, version, kp, at, kind, actor, trace, after)
        select w.org_id, $2, w.id, w.version, w.kp, $3, 'restored', $4, $5, w.body from written w
        returning org_id
        """, [.. Parameters(mark), OrgBatch.Parameter(id)]).Announce(mark.Account);

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
            """, [.. Parameters(mark), new NpgsqlParameter<long[]> { TypedValue = ids }]).Announce(mark.Account);
    }

    private static NpgsqlParameter[] Parameters(WriteMark mark) =>
    [
        OrgBatch.Parameter(mark.Account.Org.Value), OrgBatch.Parameter(mark.Account.Account.Value),
        OrgBatch.Parameter(new DateTimeOffset(mark.At)), OrgBatch.Parameter(mark.Actor), OrgBatch.Parameter(mark.Trace),
    ];
}
