using Npgsql;
using NpgsqlTypes;
using Xingchen.Records.Plan;
using Xingchen.Storage;

namespace Xingchen.Records.Sql;

/// <summary>The statements that fill an index in: for records that were there before it.</summary>
internal static class FillSql
{
    /// <summary>The next live records of an object, in the order of their ids; nobody waits for it.</summary>
    public static void AddReadLive(this OrgBatch batch, AccountKey account, int prefix, long after, long last, int most)
        => batch.Add($"""
            select {RecordSql.ColumnsOf("r")} from records.records r
            where r.org_id = $1 and r.account_id = $2 and r.kp = $3 and r.id > $4 and r.id <= $5
                and r.deleted_at is null
            order by r.id limit $6
            """,
            OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
            OrgBatch.Parameter(prefix), OrgBatch.Parameter(after), OrgBatch.Parameter(last),
            OrgBatch.Parameter((long)most));

    /// <summary>The next records of an object, live or deleted, in the order of their ids, held against other
    /// writers.</summary>
    public static void AddReadNext(this OrgBatch batch, AccountKey account, int prefix, long after, long last, int most)
        => batch.Add($"""
            select {RecordSql.ColumnsOf("r")}, r.deleted_at is not null from records.records r
            where r.org_id = $1 and r.account_id = $2 and r.kp = $3 and r.id > $4 and r.id <= $5
            order by r.id limit $6 for no key update
            """,
            OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
            OrgBatch.Parameter(prefix), OrgBatch.Parameter(after), OrgBatch.Parameter(last),
            OrgBatch.Parameter((long)most));

    /// <summary>How many records an object has, live and deleted.</summary>
    public static void AddCount(this OrgBatch batch, AccountKey account, int prefix, long first, long last) =>
        batch.Add("""
            select count(*) from records.records r
            where r.org_id = $1 and r.account_id = $2 and r.kp = $3 and r.id between $4 and $5
            """,
            OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
            OrgBatch.Parameter(prefix), OrgBatch.Parameter(first), OrgBatch.Parameter(last));

    /// <summary>Fills the slot of records that are held. No new version: nothing of the record changes.</summary>
    public static void AddFillSlot(
        this OrgBatch batch, AccountKey account, ObjectLayout layout, int ordinal, IReadOnlyList<RecordDraft> drafts)
    {
        var slot = layout.Fields[ordinal].Field.Place.Slot!;
        batch.Add($"""
            update records.records r set {slot} = u.value
            from unnest($3::bigint[], $4::{RecordSql.TypeOf(slot)}[]) as u(id, value)
            where r.org_id = $1 and r.account_id = $2 and r.id = u.id and r.{slot} is distinct from u.value
            """,
            OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
            new NpgsqlParameter<long[]> { TypedValue = [.. drafts.Select(draft => draft.Id)] },
            RecordSql.SlotArray(layout.Fields[ordinal], ordinal, drafts));
    }
}
