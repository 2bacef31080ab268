using Npgsql;
using Xingchen.Records.Plan;
using Xingchen.Storage;

namespace Xingchen.Records.Sql;

/// <summary>The statements on unique values and on counters.</summary>
internal static class UniqueSql
{
    /// <summary>Takes values; 23505 where one is taken. In key order, so that two requests cannot wait for each
    /// other.</summary>
    public static void AddTake(
        this OrgBatch batch, AccountKey account, StackVersions versions, IReadOnlyList<UniqueValue> values) =>
        batch.Add($"""
        insert into {versions.Table("records.unique_values")} (org_id, account_id, kp, field_key, value, record_id)
        select $1, $2, u.kp, u.field_key, u.value, u.record_id
        from unnest($3::int[], $4::text[], $5::text[], $6::bigint[]) as u(kp, field_key, value, record_id)
        """, Parameters(account, values));

    /// <summary>Takes what is free and gives back which values it took, as indexes from 0 into the list.</summary>
    public static void AddTakeFree(
        this OrgBatch batch, AccountKey account, StackVersions versions, IReadOnlyList<UniqueValue> values) =>
        batch.Add($"""
        insert into {versions.Table("records.unique_values")} (org_id, account_id, kp, field_key, value, record_id)
        select $1, $2, u.kp, u.field_key, u.value, u.record_id
        from unnest($3::int[], $4::text[], $5::text[], $6::bigint[]) as u(kp, field_key, value, record_id)
        on conflict do nothing
        returning org_id, kp, field_key, value, record_id
        """, Parameters(account, values));

    /// <summary>Frees values, each of its own record only.</summary>
    public static void AddFree(
        this OrgBatch batch, AccountKey account, StackVersions versions, IEnumerable<UniqueValue> values)
    {
        foreach (var value in values)
            batch.Add($"""
                delete from {versions.Table("records.unique_values")}
                where org_id = $1 and account_id = $2 and kp = $3 and field_key = $4 and value = $5 and record_id = $6
                """,
                OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
                OrgBatch.Parameter(value.Prefix), OrgBatch.Parameter(value.FieldKey), OrgBatch.Parameter(value.Value),
                OrgBatch.Parameter(value.Record));
    }

    /// <summary>Who has values: rows of org, key prefix, field key, value and record.</summary>
    public static void AddFindTaken(
        this OrgBatch batch, AccountKey account, StackVersions versions, IReadOnlyList<UniqueValue> values) =>
        batch.Add($"""
        select v.org_id, v.kp, v.field_key, v.value, v.record_id
        from unnest($3::int[], $4::text[], $5::text[], $6::bigint[]) as u(kp, field_key, value, record_id)
        cross join lateral (
            select * from {versions.Table("records.unique_values")} v
            where v.org_id = $1 and v.account_id = $2 and v.kp = u.kp and v.field_key = u.field_key
                and v.value = u.value offset 0) v
        """, Parameters(account, values));

    /// <summary>The records of an object that have some values of one unique field: rows of org, value and
    /// record.</summary>
    public static void AddFindByUnique(
        this OrgBatch batch, AccountKey account, StackVersions versions, int prefix, string fieldKey,
        string[] values) =>
        batch.Add($"""
            select v.org_id, v.value, v.record_id from (select distinct unnest($5::text[]) as value) u
            cross join lateral (
                select * from {versions.Table("records.unique_values")} v
                where v.org_id = $1 and v.account_id = $2 and v.kp = $3 and v.field_key = $4 and v.value = u.value
                offset 0) v
            """,
            OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
                OrgBatch.Parameter(prefix),
            OrgBatch.Parameter(fieldKey), new NpgsqlParameter<string[]> { TypedValue = values });

    /// <summary>Live records by id, and those that have some unique values, held against other writers, in the columns
    /// of <c>RecordReader</c>.</summary>
    /// <remarks>One statement, in the order of ids: two that want the same records cannot wait for each other. Where
    /// another writer was waited for, a record may not have its value any more: look.</remarks>
    public static void AddHold(
        this OrgBatch batch, AccountKey account, StackVersions versions, long[] ids,
        IReadOnlyList<(int Prefix, string Key, string Value)> by) =>
        batch.Add($"""
            select {RecordSql.ColumnsOf("r")} from (
                select unnest($3::bigint[]) as id
                union
                select v.record_id from unnest($4::int[], $5::text[], $6::text[]) as u(kp, field_key, value)
                cross join lateral (
                    select v.record_id from {versions.Table("records.unique_values")} v
                    where v.org_id = $1 and v.account_id = $2 and v.kp = u.kp and v.field_key = u.field_key
                        and v.value = u.value offset 0) v
                order by 1) wanted
            cross join lateral (
                select {RecordSql.ColumnsOf("r")} from {versions.Table(RecordSql.Table)} r
                where r.org_id = $1 and r.account_id = $2 and r.id = wanted.id and r.deleted_at is null
                for no key update) r
            """,
            OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
            new NpgsqlParameter<long[]> { TypedValue = ids },
            new NpgsqlParameter<int[]> { TypedValue = [.. by.Select(value => value.Prefix)] },
            new NpgsqlParameter<string[]> { TypedValue = [.. by.Select(value => value.Key)] },
            new NpgsqlParameter<string[]> { TypedValue = [.. by.Select(value => value.Value)] });

    /// <summary>Takes <paramref name="count"/> numbers of an auto-number field and gives back the first.</summary>
    public static void AddNumber(this OrgBatch batch, AccountKey account, int prefix, string fieldKey, int count) =>
        batch.Add("""
        insert into records.counters as c (org_id, account_id, kp, field_key, next) values ($1, $2, $3, $4, 1 + $5)
        on conflict (org_id, account_id, kp, field_key) do update set next = c.next + $5
        returning org_id, next - $5
        """,
        OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value), OrgBatch.Parameter(prefix),
        OrgBatch.Parameter(fieldKey), OrgBatch.Parameter((long)count));

    private static NpgsqlParameter[] Parameters(AccountKey account, IReadOnlyList<UniqueValue> values)
    {
        var sorted = values.OrderBy(value => value.Prefix).ThenBy(value => value.FieldKey, StringComparer.Ordinal)
            .ThenBy(value => value.Value, StringComparer.Ordinal).ToList();
        return
        [
            OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
            new NpgsqlParameter<int[]> { TypedValue = [.. sorted.Select(value => value.Prefix)] },
            new NpgsqlParameter<string[]> { TypedValue = [.. sorted.Select(value => value.FieldKey)] },
            new NpgsqlParameter<string[]> { TypedValue = [.. sorted.Select(value => value.Value)] },
            new NpgsqlParameter<long[]> { TypedValue = [.. sorted.Select(value => value.Record)] },
        ];
    }
}
