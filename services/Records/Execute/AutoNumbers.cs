using System.Diagnostics;
using Xingchen.Records.Schemas;
using Xingchen.Records.Sql;
using Xingchen.Storage;

namespace Xingchen.Records.Execute;

/// <summary>Numbers of auto-number fields: taken from <c>records.counters</c> in blocks that grow with
/// demand.</summary>
/// <remarks>
/// <para>Never given twice, also by several instances and after a crash, for a block is this instance's once its
/// transaction is over. An object that gets a record now and then takes one number at a time, so that its numbers
/// follow each other; in a burst the counter is one commit in <see cref="MostBlock"/> records, not a row that all of
/// them wait for. What an instance has left when it ends is a gap.</para>
/// <para>In a transaction of its own, on a connection that no record waits with: whoever asks may hold a transaction
/// already. Thread-safe; bounded: what is forgotten is a gap.</para>
/// </remarks>
internal sealed class AutoNumbers(CellDatabase database, TimeProvider time)
{
    /// <summary>Numbers that are taken ahead of demand at most.</summary>
    public const int MostBlock = 100;

    /// <summary>Counters remembered; about 300 bytes each.</summary>
    private const int MostCounters = 10_000;

    /// <summary>How much larger a block is than the one before it that was used up at once.</summary>
    private const int Growth = 4;

    /// <summary>Blocks that end within this time grow; one that lasts ten times as long is followed by a single
    /// number.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    private readonly BoundedCache<Key, Counter> counters = new(MostCounters);

    /// <summary>The next numbers of a field, ascending.</summary>
    /// <param name="caller">Of the verified identity: what row-level security is shown.</param>
    /// <param name="planned">Of the compiled plan: what the statement names.</param>
    /// <param name="current">The versions that the database must confirm.</param>
    /// <param name="prefix">The object's key prefix.</param>
    /// <param name="fieldKey">The field's key in the body.</param>
    /// <param name="count">How many, 1 or more: all that are not there yet are taken in one step.</param>
    public async Task<long[]> TakeAsync(
        AccountKey caller, AccountKey planned, InForce current, int prefix, string fieldKey, int count,
        CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        var counter = Find(new Key(caller, planned, prefix, fieldKey));
        Interlocked.Add(ref counter.Wanted, count);
        try
        {
            await counter.Gate.WaitAsync(ct);
            try
            {
                var missing = count - (int)Math.Min(count, counter.End - counter.Next);
                if (missing == 0) return counter.Take(count, 0, 0);
                var block = counter.Block(missing, time.GetTimestamp(), time);
                return counter.Take(count, await ReadAsync(caller, planned, current, prefix, fieldKey, block, ct),
                    block);
            }
            finally
            {
                counter.Gate.Release();
            }
        }
        finally
        {
            Interlocked.Add(ref counter.Wanted, -count);
        }
    }

    private Counter Find(Key key)
    {
        if (counters.TryGet(key, out var known)) return known;
        // Two that come here at once have a block each: numbers stay different.
        var counter = new Counter();
        counters.Set(key, counter);
        return counter;
    }

    /// <remarks>Not as a write: an import asks from within a transaction that holds off publications. A publication
    /// that waits for that one would let no second one in, and all three would wait.</remarks>
    private async Task<long> ReadAsync(
        AccountKey caller, AccountKey planned, InForce current, int prefix, string fieldKey, int block,
        CancellationToken ct)
    {
        await using var batch = OrgBatch.Enter(database.Numbers, caller, current.Versions, write: false);
        batch.AddNumber(planned, prefix, fieldKey, block);
        await using var reader = await batch.ReadAsync(ct);
        if (!await reader.ReadAsync(ct)) throw new UnreachableException("A counter gave no number.");
        OrgBatch.AssertOrg(reader.GetInt64(0), caller.Org);
        return reader.GetInt64(1);
    }

    private sealed record Key(AccountKey Caller, AccountKey Planned, int Prefix, string FieldKey);

    /// <summary>What is left of a field's block. Used by whoever is in the gate.</summary>
    private sealed class Counter
    {
        /// <summary>Numbers that are being asked for, also by those who wait.</summary>
        public int Wanted;

        private int size;
        private long filledAt;

        public SemaphoreSlim Gate { get; } = new(1, 1);

        public long Next { get; private set; }

        public long End { get; private set; }

        /// <summary>How many to take: what is missing, what others wait for, and more if the last block did not
        /// last.</summary>
        public int Block(int missing, long now, TimeProvider time)
        {
            var lasted = size == 0 ? TimeSpan.MaxValue : time.GetElapsedTime(filledAt, now);
            size = lasted > 10 * Soon ? 1 : lasted < Soon ? Math.Min(MostBlock, size * Growth) : size;
            filledAt = now;
            var ahead = Math.Min(MostBlock, Math.Max(size, Volatile.Read(ref Wanted)));
            return Math.Max(missing, ahead);
        }

        /// <summary>Takes what is left, then from a new block.</summary>
        public long[] Take(int count, long first, int block)
        {
            var numbers = new long[count];
            for (var i = 0; i < count; i++)
            {
                if (Next == End) (Next, End) = (first, first + block);
                numbers[i] = Next++;
            }
            return numbers;
        }
    }
}
