using Npgsql;
using Xingchen.Records.Removals;
using Xingchen.Storage;

namespace Xingchen.Records.Sql;

/// <summary>The statements that export and delete what a package has left behind.</summary>
internal static class PackageSql
{
    /// <summary>Rows that one statement sweeps away.</summary>
    private const int MostSwept = 2_000;

    /// <summary>The next records of a part's object, live or in the recycle bin, in the order of their ids; of each
    /// whether it is deleted, and whether the package has something of it.</summary>
    /// <param name="withLog">Whether what the log alone has counts too.</param>
    /// <remarks>All records are walked, so that the statement ends soon however few the package has something
    /// of.</remarks>
    public static void AddReadPart(
        this OrgBatch batch, AccountKey account, PackagePart part, long after, int most, bool withLog)
    {
        var (first, last) = RecordId.Range(part.Item.Prefix);
        var inLog = !withLog ? "" : """
             or exists (select from records.changes c
                where c.org_id = $1 and c.account_id = $2 and c.org_id = r.org_id and c.record_id = r.id
                    and (c.before ?| $7::text[] or c.after ?| $7::text[]))
            """;
        batch.Add($"""
            select {RecordSql.ColumnsOf("r")}, r.deleted_at is not null,
                {(part.IsWhole ? "true" : $"r.body ?| $7::text[]{inLog}")}
            from records.records r
            where r.org_id = $1 and r.account_id = $2 and r.kp = $3 and r.id > $4 and r.id <= $5
            order by r.id limit $6
            """,
        [
            .. Key(account), OrgBatch.Parameter(part.Item.Prefix.Value),
            OrgBatch.Parameter(Math.Max(after, first - 1)), OrgBatch.Parameter(last), OrgBatch.Parameter((long)most),
            .. part.IsWhole ? Array.Empty<NpgsqlParameter>() : [Texts(part.BodyKeys)],
        ]);
    }

    /// <summary>Takes the values of fields out of records, and out of what the log has of them.</summary>
    /// <remarks>A live record gets a version and an entry of the log, which says who and when and nothing else, so that
    /// no writer who has read it before puts a value back. One in the recycle bin gets none: by its last entry it is
    /// known that it is there.</remarks>
    public static void AddClear(this OrgBatch batch, WriteMark mark, PackagePart part, long[] ids)
    {
        var slots = string.Concat(part.Fields.Where(field => field.Place.Slot is not null)
            .Select(field => $", {field.Place.Slot} = null"));
        // Whoever folds the log holds its records by key: he must not put back what he has read before.
        batch.Add("""
            select r.id from records.records r
            where r.org_id = $1 and r.account_id = $2 and r.id = any ($3) order by r.id for update
            """, [.. Key(mark.Account), Ids(ids)]);
        batch.Add("""
            update records.changes set before = before - $4::text[], after = after - $4::text[]
            where org_id = $1 and account_id = $2 and record_id = any ($3)
                and (before ?| $4::text[] or after ?| $4::text[])
            """, [.. Key(mark.Account), Ids(ids), Texts(part.BodyKeys)]);
        batch.Add($$"""
            with written as (
                update records.records
                set body = body - $7::text[]{{slots}},
                    version = version + (deleted_at is null)::int,
                    modified_at = case when deleted_at is null then $3 else modified_at end,
                    modified_by = case when deleted_at is null then $4 else modified_by end
                where org_id = $1 and account_id = $2 and id = any ($6)
                returning org_id, id, version, kp, deleted_at)
            insert into records.changes
                (org_id, account_id, record_id, version, kp, at, kind, actor, trace, before, after)
            select w.org_id, $2, w.id, w.version, w.kp, $3, 'updated', $4, $5, '{}', '{}'
            from written w where w.deleted_at is null
            returning org_id
            """,
        [
            .. Key(mark.Account), OrgBatch.Parameter(new DateTimeOffset(mark.At)), OrgBatch.Parameter(mark.Actor),
            OrgBatch.Parameter(mark.Trace), Ids(ids), Texts(part.BodyKeys),
        ]).Announce(mark.Account);
    }

    /// <summary>Frees some of the unique values of a part, deletes some of its grams, and of a whole object its
    /// counters: one row of the org and how many rows went.</summary>
    public static void AddSweep(this OrgBatch batch, AccountKey account, PackagePart part)
    {
        var ofKeys = part.IsWhole ? "" : "and field_key = any ($4)";
        batch.Add($"""
            with uniques as (
                delete from records.unique_values v using (
                    select field_key, value from records.unique_values
                    where org_id = $1 and account_id = $2 and kp = $3 {ofKeys} limit {MostSwept}) u
                where v.org_id = $1 and v.account_id = $2 and v.kp = $3 and v.field_key = u.field_key
                    and v.value = u.value
                returning 1),
            grams as (
                delete from records.search_grams g using (
                    select field_key, gram, record_id from records.search_grams
                    where org_id = $1 and account_id = $2 and kp = $3 {ofKeys} limit {MostSwept}) u
                where g.org_id = $1 and g.account_id = $2 and g.kp = $3 and g.field_key = u.field_key
                    and g.gram = u.gram and g.record_id = u.record_id
                returning 1),
            counters as (
                delete from records.counters
                where org_id = $1 and account_id = $2 and kp = $3 {ofKeys}
                returning 1)
            select $1::bigint, (select count(*) from uniques) + (select count(*) from grams)
                + (select count(*) from counters)
            """,
        [
            .. Key(account), OrgBatch.Parameter(part.Item.Prefix.Value),
            .. part.IsWhole ? Array.Empty<NpgsqlParameter>() : [Texts(part.IndexKeys)],
        ]);
    }

    private static NpgsqlParameter[] Key(AccountKey account) =>
        [OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value)];

    private static NpgsqlParameter Ids(long[] ids) => new NpgsqlParameter<long[]> { TypedValue = ids };

    private static NpgsqlParameter Texts(string[] texts) => new NpgsqlParameter<string[]> { TypedValue = texts };
}
