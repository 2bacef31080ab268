using System.Globalization;

namespace Xingchen.Records.Upkeep;

/// <summary>Takes away what the earlier rounds of an index left under their keys, once the present one is ready: nobody
/// writes it any more, and nobody finds anything by it.</summary>
internal sealed class SweepTask(FillStore store, TimeProvider time) : IUpkeepTask
{
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(1);

    public string Due => FillStore.Unswept;

    public async Task<bool> RunAsync(UpkeepVisit visit, CancellationToken ct)
    {
        var began = time.GetTimestamp();
        while (await store.FindUnsweptAsync(visit.Account, ct) is { } fill)
        {
            if (time.GetElapsedTime(began) > Slice) return true;
            await store.SweepAsync(visit.Account, fill, KeysBefore(fill.Key, fill.Round), ct);
        }
        return false;
    }

    /// <summary>The keys of the rounds before one. Those of an account on a standard field come after none of the
    /// field's own.</summary>
    internal static string[] KeysBefore(string bodyKey, int round)
    {
        string Key(int number) => string.Create(CultureInfo.InvariantCulture, $"{bodyKey}#{number}");
        return round < 0
            ? [.. Enumerable.Range(1, -round - 1).Select(number => Key(-number))]
            : [bodyKey, .. Enumerable.Range(1, Math.Max(0, round - 1)).Select(Key)];
    }
}
