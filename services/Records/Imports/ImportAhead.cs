using Npgsql;
using Xingchen.Records.Execute;
using Xingchen.Records.Schemas;

namespace Xingchen.Records.Imports;

/// <summary>Reads the next chunk of a job while PostgreSQL writes the one before it.</summary>
internal sealed class ImportAhead(RecordEngine engine, SchemaCache schemas, AccountKey account, ImportJob job)
{
    private (int Pass, int Seq)? chunk;
    private Task<Rows?> reading = Task.FromResult<Rows?>(null);

    /// <summary>Begins to read a chunk, if there is one.</summary>
    /// <param name="ct">Of the job: it is awaited before another begins.</param>
    public void Begin(int pass, int seq, CancellationToken ct)
    {
        chunk = (pass, seq);
        reading = Task.Run(() => ReadAsync(pass, seq, ct), CancellationToken.None);
    }

    /// <summary>The rows of a chunk; null where another was read, or none.</summary>
    public async Task<Rows?> TakeAsync(int pass, int seq)
    {
        var rows = await reading;
        return chunk == (pass, seq) ? rows : null;
    }

    private async Task<Rows?> ReadAsync(int pass, int seq, CancellationToken ct)
    {
        try
        {
            var current = await schemas.GetAsync(account, ct);
            var rows = await new ImportChunk(engine, current, account, job.Account, job, pass, seq).ReadAheadAsync(ct);
            return rows is null ? null : new Rows(current.Schema, rows);
        }
        catch (Exception exception) when (exception is OperationCanceledException or NpgsqlException
            or TimeoutException or ProblemException or ObjectDisposedException)
        {
            return null; // whoever takes the chunk will say what is wrong, if it still is
        }
    }

    /// <summary>Rows as the schema reads and plans them.</summary>
    public sealed record Rows(Schema.Schema Schema, List<ImportRow> List);
}
