using Npgsql;
using Xingchen.Records.Plan;
using Xingchen.Storage;

namespace Xingchen.Records.Sql;

/// <summary>The statements that only imports need.</summary>
internal static class ImportSql
{
    /// <summary>A chunk of a job's rows, held by this transaction; no row where another holds it or it is
    /// done.</summary>
    public static void AddTakeChunk(this OrgBatch batch, AccountKey account, long job, int pass, int seq) =>
        batch.Add("""
        select c.org_id, c.rows, i.written from records.import_chunks c
        join records.imports i on i.org_id = c.org_id and i.account_id = c.account_id and i.id = c.import_id
        where c.org_id = $1 and c.account_id = $2 and c.import_id = $3 and c.pass = $4 and c.seq = $5
            and i.status in ('queued', 'running')
        for update of c skip locked
        """,
        OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value), OrgBatch.Parameter(job),
        OrgBatch.Parameter(pass), OrgBatch.Parameter(seq));

    /// <summary>The rows of a chunk, whoever holds it.</summary>
    public static void AddReadChunk(this OrgBatch batch, AccountKey account, long job, int pass, int seq) =>
        batch.Add("""
        select c.org_id, c.rows from records.import_chunks c
        where c.org_id = $1 and c.account_id = $2 and c.import_id = $3 and c.pass = $4 and c.seq = $5
        """,
        OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value), OrgBatch.Parameter(job),
        OrgBatch.Parameter(pass), OrgBatch.Parameter(seq));

    /// <summary>Ends a chunk in the transaction that wrote its records: the rows put off wait in the next
    /// pass.</summary>
    public static void AddEndChunk(
        this OrgBatch batch, AccountKey account, long job, int pass, int seq, byte[]? putOff, long read, long written,
            long failed)
    {
        NpgsqlParameter[] Key() =>
        [
            OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value), OrgBatch.Parameter(job),
            OrgBatch.Parameter(pass), OrgBatch.Parameter(seq),
        ];
        batch.Add("""
            delete from records.import_chunks
            where org_id = $1 and account_id = $2 and import_id = $3 and pass = $4 and seq = $5
            """, Key());
        if (putOff is not null)
            batch.Add("""
                insert into records.import_chunks (org_id, account_id, import_id, pass, seq, rows)
                values ($1, $2, $3, $4 + 1, $5, $6)
                """, [.. Key(), new NpgsqlParameter<byte[]> { TypedValue = putOff }]);
        batch.Add("""
            update records.imports
            set status = 'running', read = read + $4, written = written + $5, failed = failed + $6
            where org_id = $1 and account_id = $2 and id = $3
            """,
            OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value), OrgBatch.Parameter(job),
            OrgBatch.Parameter(read), OrgBatch.Parameter(written), OrgBatch.Parameter(failed));
    }

    /// <summary>The rows that failed, each with its first finding's code and everything wrong with it.</summary>
    /// <param name="most">Rows of the job that may have failed before these; else these are not kept.</param>
    public static void AddFailures(
        this OrgBatch batch, AccountKey account, long job, long most,
        IReadOnlyList<(long Line, string Code, string Detail)> failures) =>
        batch.Add("""
        insert into records.import_failures (org_id, account_id, import_id, line, ordinal, code, detail)
        select $1, $2, $3, u.line, 0, u.code, u.detail
        from unnest($4::bigint[], $5::text[], $6::text[]) as u(line, code, detail)
        where (select i.failed from records.imports i
            where i.org_id = $1 and i.account_id = $2 and i.id = $3) <= $7
        on conflict do nothing
        """,
        OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value), OrgBatch.Parameter(job),
        new NpgsqlParameter<long[]> { TypedValue = [.. failures.Select(failure => failure.Line)] },
        new NpgsqlParameter<string[]> { TypedValue = [.. failures.Select(failure => failure.Code)] },
        new NpgsqlParameter<string[]> { TypedValue = [.. failures.Select(failure => failure.Detail)] },
        OrgBatch.Parameter(most));
}
