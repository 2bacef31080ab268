using System.Text;
using Xingchen.Contracts;
using Xingchen.Metadata.Stacks;
using Xingchen.Schema;

namespace Xingchen.Metadata.Publication;

/// <summary>Puts the set of packages of an account in force.</summary>
internal sealed class PackagePublication(
    StackStore store, SnapshotSource snapshots, DeliveryClient delivery, StackHints hints)
{
    /// <summary>
    /// 1. Pull the layers that the cell lacks, before anything is locked. 2. In one transaction: lock the account, read
    /// what is in force, resolve with the account's own layer and stop with all findings, allot places, write the
    /// stack's next version.
    /// </summary>
    /// <exception cref="ProblemException"><c>definition-invalid</c>, <c>not-found</c> (a layer that Delivery has
    /// not).</exception>
    public async Task<StackState> ApplyAsync(SetPackages wanted, CancellationToken ct)
    {
        var key = new AccountKey(new OrgId(wanted.Org), new AccountId(wanted.Account));
        CheckShape(wanted.Packages);
        await PullAsync(wanted.Packages, ct);

        await using var transaction = await store.BeginAsync(key, ct);
        var stack = await store.LockAsync(transaction, key, ct);
        var before = await snapshots.OfAsync(transaction, key, stack, ct);
        if (stack.Packages.SequenceEqual(wanted.Packages))
            return new StackState(
                stack.Version, false, stack.Packages, stack.PrivateLayer, new StackDifference([], [], [], []));
        var packages = await snapshots.LayersAsync(transaction, SnapshotSource.Wanted(wanted.Packages), ct);
        var after = Draft(before, packages);
        var difference = StackComparison.Of(before.Resolution, after.Resolution);
        if (wanted.DryRun)
            return new StackState(stack.Version, true, wanted.Packages, stack.PrivateLayer, difference with
            {
                Used = before.Layers.FirstOrDefault(layer => layer.Kind == LayerKind.Account) is { } own
                    ? StackUses.Of(own, difference.Changed, difference.Removed) : [],
            });

        var written = await store.WriteAsync(transaction, key, stack with
        {
            Packages = wanted.Packages,
            Places = ReferenceEquals(after.AccountPlaces, before.AccountPlaces)
                ? stack.Places : Encoding.UTF8.GetString(after.AccountPlaces.ToJson()),
        }, ct);
        await transaction.CommitAsync(ct);
        snapshots.Keep(written.Address(), after.At(written.Address()));
        hints.Send(new StackChanged(wanted.Org, wanted.Account, written.Version));
        return new StackState(written.Version, true, written.Packages, written.PrivateLayer, difference);
    }

    /// <summary>What is in force for an account.</summary>
    public async Task<StackState> ReadAsync(AccountKey key, CancellationToken ct)
    {
        await using var transaction = await store.BeginAsync(key, ct);
        var stack = await store.ReadAsync(transaction, key, ct);
        return new StackState(stack.Version, false, stack.Packages, stack.PrivateLayer);
    }

    private static Snapshot Draft(Snapshot before, IReadOnlyList<Layer> packages)
    {
        Layer[] layers =
        [
            .. before.Layers.Where(layer => layer.Kind < LayerKind.Isv), .. packages,
            .. before.Layers.Where(layer => layer.Kind == LayerKind.Account),
        ];
        var after = Snapshot.Draft(layers, before.StandardPlaces, before.AccountPlaces);
        StackFindings.Stop([
            .. StackFindings.NewIn(before, after), .. LiveFields.Check(before.Schema, after.Schema, isBack: true)]);
        return after;
    }

    /// <summary>Layers are content under an address: what the cell has already is what would be pulled.</summary>
    private async Task PullAsync(IReadOnlyList<StackPackage> packages, CancellationToken ct)
    {
        await using var transaction = await store.BeginStandardAsync(ct);
        var digests = packages.Select(package => package.Layer).ToHashSet();
        var known = await store.ReadLayersAsync(transaction, digests, ct);
        foreach (var package in packages.DistinctBy(package => package.Layer).Where(p => !known.ContainsKey(p.Layer)))
        {
            var pulled = await delivery.LayerAsync(package.Layer, ct);
            if (pulled.Document.Digest != package.Layer)
                throw new InvalidOperationException($"Delivery sent {pulled.Document.Digest} for {package.Layer}.");
            Layer.Parse(LayerKind.Isv, package.Name, package.Namespace, package.Version, pulled.Content, out var wrong);
            StackFindings.Stop(wrong);
            var document = pulled.Document with
            {
                Kind = "isv", Name = package.Name, Namespace = package.Namespace, Version = package.Version,
            };
            await store.AddLayerAsync(transaction, document, Encoding.UTF8.GetString(pulled.Content), ct);
        }
        await transaction.CommitAsync(ct);
    }

    private static void CheckShape(IReadOnlyList<StackPackage> packages)
    {
        if (packages.DistinctBy(package => package.Name).Count() != packages.Count)
            throw new ProblemException(Problems.ContentInvalid, "A package stands twice in the set.");
    }
}
