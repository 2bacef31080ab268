using Microsoft.Extensions.Options;
using Xingchen.Contracts;
using Xingchen.Schema;
using Xingchen.Storage;

namespace Xingchen.Metadata.Stacks;

/// <summary>Gives the snapshot of a stack: from memory where an equal stack was seen, else resolved.</summary>
/// <remarks>Kept by content address, so nothing is ever stale: what a request needs is told by the stack that it read
/// in its own transaction. Thread-safe.</remarks>
internal sealed class SnapshotSource(StackStore store, IOptions<MetadataOptions> options)
{
    private readonly BoundedCache<Snapshot> snapshots = new(options.Value.CachedSchemas);
    private readonly BoundedCache<Layer> layers = new(options.Value.CachedLayers);

    /// <summary>How many snapshots are kept.</summary>
    public int Count => snapshots.Count;

    /// <summary>The snapshot of what is in force for an account now.</summary>
    public async Task<Snapshot> CurrentAsync(AccountKey key, CancellationToken ct)
    {
        await using var transaction = await store.BeginAsync(key, ct);
        return await OfAsync(transaction, key, await store.ReadAsync(transaction, key, ct), ct);
    }

    /// <summary>The snapshot of a stack that <paramref name="transaction"/> read.</summary>
    public async Task<Snapshot> OfAsync(OrgTransaction transaction, AccountKey key, Stack stack, CancellationToken ct)
    {
        var address = stack.Address();
        if (snapshots.Find(address) is { } known) return known;
        var all = (await LayersAsync(transaction, Wanted(stack), ct)).ToList();
        if (stack.PrivateLayer is { } digest)
        {
            var content = await store.ReadPrivateLayerAsync(transaction, key, digest, ct)
                ?? throw new InvalidOperationException($"The private layer {digest} of {key} is not there.");
            all.Add(Layer.Parse(LayerKind.Account, "private", null, "0", content, out _));
        }
        var (standard, account) = (Places.Parse(stack.Standard.Places), Places.Parse(stack.Places));
        return Keep(address, Snapshot.Of(all, Resolver.Resolve(all), standard, account, address));
    }

    /// <summary>Keeps a snapshot for the stack that was written from it.</summary>
    public Snapshot Keep(string address, Snapshot snapshot) => snapshots.Add(address, snapshot);

    /// <summary>Published layers, in the order asked for.</summary>
    public async Task<IReadOnlyList<Layer>> LayersAsync(
        OrgTransaction transaction, IReadOnlyList<WantedLayer> wanted, CancellationToken ct)
    {
        var missing = wanted.Where(want => layers.Find(want.Address) is null).Select(want => want.Digest).ToHashSet();
        var contents = missing.Count == 0
            ? new Dictionary<string, byte[]>() : await store.ReadLayersAsync(transaction, missing, ct);
        return [.. wanted.Select(want => layers.Find(want.Address) ?? layers.Add(want.Address, Parse(want, contents)))];
    }

    public static IReadOnlyList<WantedLayer> Wanted(Standard standard) => [.. standard.Packages.Select(package =>
        new WantedLayer(Enum.Parse<LayerKind>(package.Layer, ignoreCase: true), package.Name, null, package.Version,
            package.Digest))];

    public static IReadOnlyList<WantedLayer> Wanted(IReadOnlyList<StackPackage> packages) =>
        [.. packages.Select(package =>
        new WantedLayer(LayerKind.Isv, package.Name, package.Namespace, package.Version, package.Layer))];

    private static IReadOnlyList<WantedLayer> Wanted(Stack stack) =>
        [.. Wanted(stack.Standard), .. Wanted(stack.Packages)];

    private static Layer Parse(WantedLayer want, IReadOnlyDictionary<string, byte[]> contents) =>
        contents.TryGetValue(want.Digest, out var content)
            ? Layer.Parse(want.Kind, want.Name, want.Namespace, want.Version, content, out _)
            : throw new InvalidOperationException($"The layer {want.Digest} of {want.Name} is not there.");
}

/// <summary>A published layer as a stack names it.</summary>
internal sealed record WantedLayer(LayerKind Kind, string Name, string? Namespace, string Version, string Digest)
{
    /// <summary>What the same content is under this name: findings and blame carry names.</summary>
    public string Address => $"{Kind} {Name} {Namespace} {Version} {Digest}";
}
