using Npgsql;

namespace Xingchen.Records.Values;

/// <summary>Numbers of new records: taken from the database in blocks, given out without a round trip.</summary>
/// <remarks>Unique in the cell and never reused; what an instance has left when it stops is lost.
/// Thread-safe.</remarks>
public sealed class RecordNumbers(CellDatabase database) : IDisposable
{
    /// <summary>Numbers per block: the increment of <c>records.numbers</c>.</summary>
    public const int BlockSize = 1000;

    private readonly SemaphoreSlim gate = new(1, 1);
    private long next;
    private long end;

    /// <summary>The next number.</summary>
    public async ValueTask<long> NextAsync(CancellationToken ct)
    {
        await gate.WaitAsync(ct);
        try
        {
            if (next == end)
            {
                next = await TakeBlockAsync(ct);
                end = next + BlockSize;
            }
            return next++;
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task<long> TakeBlockAsync(CancellationToken ct)
    {
        await using var command = database.Numbers.CreateCommand("select nextval('records.numbers')");
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    public void Dispose() => gate.Dispose();
}
