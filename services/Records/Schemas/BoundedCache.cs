using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Xingchen.Records.Schemas;

/// <summary>Keeps between half of its capacity and all of it: what was used lately stays. Thread-safe.</summary>
/// <remarks>Two generations: a full young one becomes the old one, and the old one is forgotten but for what was asked
/// for since.</remarks>
internal sealed class BoundedCache<TKey, TValue>(int capacity)
    where TKey : notnull
    where TValue : class
{
    private readonly int half = Math.Max(1, capacity / 2);
    private volatile ConcurrentDictionary<TKey, TValue> young = new();
    private volatile ConcurrentDictionary<TKey, TValue> old = new();

    public bool TryGet(TKey key, [NotNullWhen(true)] out TValue? value)
    {
        if (young.TryGetValue(key, out value)) return true;
        if (!old.TryGetValue(key, out value)) return false;
        Set(key, value);
        return true;
    }

    public void Set(TKey key, TValue value)
    {
        var generation = young;
        generation[key] = value;
        if (generation.Count <= half) return;
        old = generation;
        young = new ConcurrentDictionary<TKey, TValue>();
    }
}
