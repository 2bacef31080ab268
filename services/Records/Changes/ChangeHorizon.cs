using Microsoft.Extensions.Options;
using Npgsql;
using Xingchen.Records.Sql;
using Xingchen.Storage;

namespace Xingchen.Records.Changes;

/// <summary>The position up to which the log is settled: no transaction can put a change at or below it any
/// more.</summary>
/// <remarks>
/// <para>A transaction has its id before it draws a position. So of a position <c>p</c> that was the last one drawn,
/// and a transaction id <c>x</c> taken after that was read: whoever draws at or below <c>p</c> has an id below
/// <c>x</c>. Once the oldest transaction in flight (<c>xmin</c>, which never goes back) has reached <c>x</c>, all of
/// them have ended, and what is to be seen at or below <c>p</c> is seen.</para>
/// <para>The pairs that still wait are kept here; every look at the database may settle some. An instance that knows
/// none yet makes its own with its first look. Nothing is shared between instances and nothing survives a restart, for
/// nothing needs to. Thread-safe.</para>
/// </remarks>
internal sealed class ChangeHorizon(CellDatabase database, IOptions<ChangeOptions> options, TimeProvider time)
{
    private const int MostMarks = 256;

    private readonly Lock guard = new();
    private readonly Queue<Mark> marks = new();
    private readonly SemaphoreSlim looking = new(1);
    private long settled;
    private long lookedAt = long.MinValue;

    /// <summary>The settled position; first waits a little for what was in flight when it was asked.</summary>
    /// <remarks>A caller whose write was answered sees it, unless some transaction that began before stays open longer
    /// than <see cref="ChangeOptions.SettleMilliseconds"/>: then later, but in its place.</remarks>
    public async Task<long> SettleAsync(CancellationToken ct)
    {
        var wanted = await LookAsync(ct);
        var until = time.GetTimestamp() + Ticks(options.Value.SettleMilliseconds);
        for (var pause = 1; Settled < wanted && time.GetTimestamp() < until; pause = Math.Min(pause * 2, 20))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(pause), time, ct);
            await LookAsync(ct);
        }
        return Settled;
    }

    /// <summary>The settled position as it was at most one poll ago: however many ask, one looks.</summary>
    public async Task<long> RecentAsync(CancellationToken ct)
    {
        if (IsRecent) return Settled;
        await looking.WaitAsync(ct);
        try
        {
            if (!IsRecent) await LookAsync(ct);
            return Settled;
        }
        finally
        {
            looking.Release();
        }
    }

    private long Settled => Interlocked.Read(ref settled);

    private bool IsRecent =>
        Interlocked.Read(ref lookedAt) is var at && at != long.MinValue
        && time.GetTimestamp() - at < Ticks(options.Value.PollMilliseconds);

    /// <summary>Looks once; gives the last position that was drawn by now.</summary>
    /// <remarks>Takes a transaction id only where positions were drawn since the last one.</remarks>
    public async Task<long> LookAsync(CancellationToken ct)
    {
        await using var connection = await database.Records.OpenConnectionAsync(ct);
        long last;
        await using (var position = new NpgsqlCommand(ChangeSql.LastPosition, connection))
            last = (long)(await position.ExecuteScalarAsync(ct))!;
        if (last > Settled)
        {
            await using var snapshot = new NpgsqlCommand(ChangeSql.Snapshot, connection);
            snapshot.Parameters.Add(OrgBatch.Parameter(IsNew(last)));
            await using var reader = await snapshot.ExecuteReaderAsync(ct);
            await reader.ReadAsync(ct);
            Settle(await reader.IsDBNullAsync(1, ct) ? null : new Mark(last, reader.GetInt64(1)),
                xmin: reader.GetInt64(0));
        }
        Interlocked.Exchange(ref lookedAt, time.GetTimestamp());
        return last;
    }

    /// <summary>Whether a position needs a mark: none that waits covers it, and there is room.</summary>
    private bool IsNew(long position)
    {
        lock (guard) return marks.Count < MostMarks && !marks.Any(mark => mark.Position >= position);
    }

    private void Settle(Mark? made, long xmin)
    {
        lock (guard)
        {
            if (made is { } mark) marks.Enqueue(mark);
            for (var i = marks.Count; i > 0; i--)
            {
                var waiting = marks.Dequeue();
                if (waiting.Transaction <= xmin) settled = Math.Max(settled, waiting.Position);
                else marks.Enqueue(waiting);
            }
        }
    }

    private long Ticks(int milliseconds) => time.TimestampFrequency / 1000 * milliseconds;

    /// <param name="Position">The last that was drawn.</param>
    /// <param name="Transaction">An id taken after that was read.</param>
    private readonly record struct Mark(long Position, long Transaction);
}
