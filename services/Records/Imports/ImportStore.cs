using System.Text.Json;
using Dapper;
using Npgsql;
using Xingchen.Storage;

namespace Xingchen.Records.Imports;

/// <summary>The rows of imports: jobs, spooled chunks, failures, and the tickets that workers take.</summary>
/// <remarks>All but the tickets stand behind row-level security: everything here happens as the org of the
/// job.</remarks>
internal sealed class ImportStore(CellDatabase database, TimeProvider time)
{
    /// <summary>Failures of a job that are kept with their lines; what is beyond is only counted.</summary>
    public const int MostFailures = 200_000;

    /// <summary>Seconds that a ticket is held without a sign of life.</summary>
    public const int LeaseSeconds = 10;

    /// <summary>What a job ends with whose receiver was there no more.</summary>
    private const string Cut =
        "The upload ended before the whole file was here. Nothing of it was written: send it again.";

    private const string Columns = """
        id, object, mode, by_field as "by", columns::text as columns, grants::text as grants, status, actor, trace,
        zone, language,
        read, written, failed, bytes, detail,
        created_at as "createdAt", finished_at as "finishedAt"
        """;

    public Task<OrgTransaction> BeginAsync(AccountKey account, CancellationToken ct) =>
        OrgTransaction.BeginAsync(database.Records, account.Org, ct);

    /// <summary>The job and its ticket, held by the receiver until it has the whole body.</summary>
    public async Task CreateAsync(AccountKey account, ImportJob job, CancellationToken ct)
    {
        await using var transaction = await BeginAsync(account, ct);
        await transaction.ExecuteAsync("""
            insert into records.imports
                (org_id, account_id, id, object, mode, by_field, columns, grants, status, actor, trace, zone,
                language, created_at)
            values (@org, @account, @Id, @Object, @Mode, @By, @columns::jsonb, @grants::jsonb, 'receiving', @Actor,
                @Trace, @Zone, @Language, @CreatedAt)
            """, new
        {
            org = account.Org.Value, account = account.Account.Value, job.Id, job.Object, job.Mode, job.By,
            columns = job.Columns is null ? null : JsonSerializer.Serialize(job.Columns),
            grants = job.Grants is null ? null : JsonSerializer.Serialize(job.Grants), job.Actor, job.Trace,
            job.Zone, job.Language, job.CreatedAt,
        }, ct);
        await transaction.ExecuteAsync(
            "insert into records.tickets (id, context, lease_until) values (@Id, @context, now() + @lease)",
            new { job.Id, context = $"{account.Org}/{account.Account}", lease = Lease }, ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>Rows as they come in, with those among them that are no rows.</summary>
    /// <exception cref="ProblemException"><c>timeout</c>: the job was given up, for nobody held its ticket.</exception>
    public async Task SpoolAsync(
        AccountKey account, long job, int seq, byte[] rows, long bytes, IReadOnlyList<ImportFailure> failures,
            CancellationToken ct)
    {
        await using var transaction = await BeginAsync(account, ct);
        // The log is written in order: when QueueAsync has waited for the disk, all of this is there as well.
        await transaction.ExecuteAsync("set local synchronous_commit = off", null, ct);
        var received = await transaction.ExecuteAsync("""
            update records.imports set bytes = @bytes, read = read + @failed, failed = failed + @failed
            where org_id = @org and account_id = @account and id = @job and status = 'receiving'
            """,
            new { org = account.Org.Value, account = account.Account.Value, job, bytes, failed = failures.Count }, ct);
        if (received == 0) throw new ProblemException(Problems.Timeout, Cut);
        if (rows.Length > 0)
            await transaction.ExecuteAsync("""
                insert into records.import_chunks (org_id, account_id, import_id, pass, seq, rows)
                values (@org, @account, @job, 0, @seq, @rows)
                """, new { org = account.Org.Value, account = account.Account.Value, job, seq, rows }, ct);
        await AddFailuresAsync(transaction, account, job, failures, ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>Everything is here: any worker may begin.</summary>
    /// <exception cref="ProblemException"><c>timeout</c>: the job was given up, for nobody held its ticket.</exception>
    public async Task QueueAsync(AccountKey account, long job, CancellationToken ct)
    {
        await using var transaction = await BeginAsync(account, ct);
        var queued = await transaction.ExecuteAsync(
            """
            update records.imports set status = 'queued'
            where org_id = @org and account_id = @account and id = @job and status = 'receiving'
            """,
            new { org = account.Org.Value, account = account.Account.Value, job }, ct);
        if (queued == 0) throw new ProblemException(Problems.Timeout, Cut);
        await transaction.ExecuteAsync("update records.tickets set lease_until = now() where id = @job",
            new { job }, ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>Ends a job whose receiver died. Where the receiver was only slow and has queued the job by now, a
    /// worker will take it.</summary>
    public Task CutAsync(AccountKey account, long job, CancellationToken ct) =>
        EndAsync(account, job, "receiving", Cut, ct);

    /// <summary>Ends a job: what waited is gone, what was written stays.</summary>
    /// <param name="account">Its own.</param>
    /// <param name="job">Its id.</param>
    /// <param name="failure">Why it failed; null where it is completed.</param>
    /// <param name="ct">Cancels before anything is done.</param>
    public Task EndAsync(AccountKey account, long job, string? failure, CancellationToken ct) =>
        EndAsync(account, job, null, failure, ct);

    private async Task EndAsync(AccountKey account, long job, string? only, string? failure, CancellationToken ct)
    {
        await using var transaction = await BeginAsync(account, ct);
        var parameters = new
        {
            org = account.Org.Value, account = account.Account.Value, job, failure, only,
            status = failure is null ? "completed" : "failed", now = time.GetUtcNow().UtcDateTime,
        };
        var ended = await transaction.ExecuteAsync("""
            update records.imports set status = @status, detail = @failure, finished_at = @now
            where org_id = @org and account_id = @account and id = @job and status not in ('completed', 'failed')
                and (@only::text is null or status = @only)
            """, parameters, ct);
        if (ended == 0 && only is not null) return;
        await transaction.ExecuteAsync(
            "delete from records.import_chunks where org_id = @org and account_id = @account and import_id = @job",
                parameters, ct);
        await transaction.ExecuteAsync("delete from records.tickets where id = @job", parameters, ct);
        await transaction.CommitAsync(ct);
    }

    public async Task<ImportJob?> FindAsync(AccountKey account, long job, CancellationToken ct)
    {
        await using var transaction = await BeginAsync(account, ct);
        var row = await transaction.QuerySingleOrDefaultAsync<JobRow>(
            $"""
            select org_id as "org", account_id as "account", {Columns} from records.imports
            where org_id = @org and account_id = @account and id = @job
            """,
            new { org = account.Org.Value, account = account.Account.Value, job }, ct);
        if (row is null) return null;
        OrgBatch.AssertOrg(row.Org, account.Org);
        return row.ToJob();
    }

    /// <summary>Failures in the order of the file, from after a place in it.</summary>
    public async Task<IReadOnlyList<ImportFailure>> FailuresAsync(
        AccountKey account, long job, long afterLine, int limit, CancellationToken ct)
    {
        await using var transaction = await BeginAsync(account, ct);
        return await transaction.QueryAsync<ImportFailure>("""
            select line, code, detail from records.import_failures
            where org_id = @org and account_id = @account and import_id = @job and line > @afterLine
            order by line limit @limit
            """, new { org = account.Org.Value, account = account.Account.Value, job, afterLine, limit }, ct);
    }

    /// <summary>Where a worker goes on: the first chunk that is left.</summary>
    public async Task<(int Pass, int Seq)?> NextChunkAsync(AccountKey account, long job, CancellationToken ct)
    {
        await using var transaction = await BeginAsync(account, ct);
        var rows = await transaction.QueryAsync<(int, int)>("""
            select pass, seq from records.import_chunks
            where org_id = @org and account_id = @account and import_id = @job order by pass, seq limit 1
            """, new { org = account.Org.Value, account = account.Account.Value, job }, ct);
        return rows.Count == 0 ? null : rows[0];
    }

    /// <summary>Takes a ticket that nobody holds.</summary>
    public async Task<(AccountKey Account, long Job)?> ClaimAsync(CancellationToken ct)
    {
        await using var connection = await database.Records.OpenConnectionAsync(ct);
        var row = await connection.QuerySingleOrDefaultAsync<TicketRow>(new CommandDefinition("""
            update records.tickets set lease_until = now() + @lease
            where id = (
                select id from records.tickets where lease_until <= now() order by id limit 1 for update skip locked)
            returning id, context
            """, new { lease = Lease }, cancellationToken: ct));
        if (row is null) return null;
        var parts = row.Context.Split('/');
        return (new AccountKey(new OrgId(long.Parse(parts[0])), new AccountId(int.Parse(parts[1]))), row.Id);
    }

    /// <summary>Holds a ticket on, or gives it back with <paramref name="seconds"/> 0.</summary>
    public async Task HoldAsync(long job, int seconds, CancellationToken ct)
    {
        await using var connection = await database.Records.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(
            new CommandDefinition("update records.tickets set lease_until = now() + @lease where id = @job",
            new { job, lease = TimeSpan.FromSeconds(seconds) }, cancellationToken: ct));
    }

    /// <summary>Holds a ticket for as long as it lives; disposed, the ticket runs out.</summary>
    public ImportLease Lend(long job) => new(this, job, time);

    private static Task AddFailuresAsync(
        OrgTransaction transaction, AccountKey account, long job, IReadOnlyList<ImportFailure> failures,
            CancellationToken ct) =>
        failures.Count == 0 ? Task.CompletedTask : transaction.ExecuteAsync("""
            insert into records.import_failures (org_id, account_id, import_id, line, ordinal, code, detail)
            select @org, @account, @job, u.line, 0, u.code, u.detail
            from unnest(@lines, @codes, @details) as u(line, code, detail)
            where (select i.failed from records.imports i
                where i.org_id = @org and i.account_id = @account and i.id = @job) <= @most
            on conflict do nothing
            """, new
        {
            org = account.Org.Value, account = account.Account.Value, job,
            lines = failures.Select(failure => failure.Line).ToArray(),
            codes = failures.Select(failure => failure.Code).ToArray(),
            details = failures.Select(failure => failure.Detail).ToArray(), most = MostFailures,
        }, ct);

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(LeaseSeconds);

    private sealed record TicketRow(long Id, string Context);

    private sealed record JobRow(
        long Org, int Account, long Id, string Object, string Mode, string? By, string? Columns, string? Grants,
        string Status, string Actor, string Trace, string Zone, string Language,
        long Read, long Written, long Failed, long Bytes, string? Detail, DateTime CreatedAt, DateTime? FinishedAt)
    {
        public ImportJob ToJob() =>
            new(new AccountKey(new OrgId(Org), new AccountId(Account)), Id, Object, Mode, By, Columns is null
                ? null : JsonSerializer.Deserialize<string[]>(Columns),
            Status, Actor, Trace, Read, Written, Failed, Bytes, Detail, CreatedAt, FinishedAt,
            Grants is null ? null : JsonSerializer.Deserialize<Grants>(Grants))
            {
                Zone = Zone, Language = Language,
            };
    }
}
