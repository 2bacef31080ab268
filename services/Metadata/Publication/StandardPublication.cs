using System.Text;
using Xingchen.Contracts;
using Xingchen.Metadata.Stacks;
using Xingchen.Schema;

namespace Xingchen.Metadata.Publication;

/// <summary>Puts releases of the standard product in force in the cell by moving one row, however many orgs it
/// has.</summary>
internal sealed class StandardPublication(
    StackStore store, SnapshotSource snapshots, DeliveryClient delivery, StackHints hints, string group)
{
    /// <summary>
    /// 1. Pull the released package's layer. 2. In one transaction: lock the standard release, put the layer in the
    /// place of the one of its kind, resolve and stop with all findings, allot places, move the row.
    /// </summary>
    /// <exception cref="ProblemException"><c>not-found</c>, <c>package-not-released</c>, <c>definition-invalid</c>;
    /// <c>content-invalid</c> where the package is none of the standard product.</exception>
    public async Task<ReleaseState> ReleaseAsync(string package, string version, CancellationToken ct)
    {
        var (released, pulled) = await PullAsync(package, version, ct);
        await using var transaction = await store.BeginStandardAsync(ct);
        var standard = await store.LockStandardAsync(transaction, ct);
        if (standard.Packages.Contains(released)) return State(standard);
        await AddLayerAsync(transaction, pulled, ct);
        var next = standard.With(released);
        next = next with
        {
            Version = standard.Version + 1, Places = await PlacesAsync(transaction, standard, next, ct),
        };
        await store.WriteStandardAsync(transaction, next, ct);
        await transaction.CommitAsync(ct);
        hints.Send(new StackChanged(null, null, next.Version));
        return State(next);
    }

    /// <summary>
    /// Gives one org another release of the cell's group layer, or the cell's again: checked as a release is, in one
    /// transaction under its lock. The places of what is new are allotted for all, where the release finds them later,
    /// and the one row moves, so that whoever was compiled for the version before asks again.
    /// </summary>
    /// <inheritdoc cref="ReleaseAsync"/>
    public async Task<PinState> PinAsync(OrgId org, string? version, CancellationToken ct)
    {
        var inForce = (await ReadAsync(ct)).Packages.FirstOrDefault(package => package.Layer == "group")
            ?? throw new ProblemException(Problems.NotFound, "There is no standard product in force here.");
        var (wanted, pulled) = version is null ? (null, null) : await PullAsync(inForce.Name, version, ct);
        if (wanted is { Layer: not "group" })
            throw new ProblemException(Problems.ContentInvalid, "That version is not of the group's layer.");

        await using var transaction = await store.BeginAsync(org, ct);
        var standard = await store.LockStandardAsync(transaction, ct);
        var pinned = await store.ReadPinAsync(transaction, org, ct);
        if (pinned == wanted) return new PinState(wanted);
        if (pulled is not null) await AddLayerAsync(transaction, pulled, ct);
        var next = standard with
        {
            Version = standard.Version + 1,
            Places = await PlacesAsync(transaction, standard.With(pinned), standard.With(wanted), ct),
        };
        await store.WriteStandardAsync(transaction, next, ct);
        await store.WritePinAsync(transaction, org, next.Version, wanted, ct);
        await transaction.CommitAsync(ct);
        hints.Send(new StackChanged(null, null, next.Version));
        return new PinState(wanted);
    }

    public async Task<ReleaseState> ReadAsync(CancellationToken ct)
    {
        await using var transaction = await store.BeginStandardAsync(ct);
        return State(await store.ReadStandardAsync(transaction, ct));
    }

    /// <summary>A released version of a standard package, well-formed.</summary>
    private async Task<(ReleasedPackage Released, PulledLayer Layer)> PullAsync(
        string package, string version, CancellationToken ct)
    {
        var pulled = await delivery.ReleasedAsync(package, version, ct);
        var document = pulled.Document;
        if (!Standard.Has(document.Kind))
            throw new ProblemException(
                Problems.ContentInvalid, "This is a package of a publisher; orgs install it themselves.",
                [new Finding(
                    "layer-not-standard", "Name a package whose package.json has \"layer\" global, idc or group.",
                        "/package")]);
        Layer.Parse(Enum.Parse<LayerKind>(document.Kind, ignoreCase: true), document.Name, null, document.Version,
            pulled.Content, out var wrong);
        StackFindings.Stop(wrong);
        return (new ReleasedPackage(document.Kind, document.Name, document.Version, document.Digest), pulled);
    }

    private Task AddLayerAsync(Storage.OrgTransaction transaction, PulledLayer layer, CancellationToken ct) =>
        store.AddLayerAsync(transaction, layer.Document with { Namespace = null },
            Encoding.UTF8.GetString(layer.Content), ct);

    /// <summary>The places of what comes after, which are those of what was before and more; stops with all that is
    /// wrong with the step.</summary>
    private async Task<string> PlacesAsync(
        Storage.OrgTransaction transaction, Standard from, Standard to, CancellationToken ct)
    {
        var (before, after) = (await SnapshotAsync(transaction, from, ct), await SnapshotAsync(transaction, to, ct));
        StackFindings.Stop([
            .. StackFindings.NewIn(before, after), .. LiveFields.Check(before.Schema, after.Schema, isBack: true)]);
        return Encoding.UTF8.GetString(after.StandardPlaces.ToJson());
    }

    private async Task<Snapshot> SnapshotAsync(
        Storage.OrgTransaction transaction, Standard standard, CancellationToken ct) =>
        Snapshot.Draft(
            await snapshots.LayersAsync(transaction, SnapshotSource.Wanted(standard), ct),
            Places.Parse(standard.Places), Places.None, forStandard: true);

    private ReleaseState State(Standard standard) => new(group, standard.Version, standard.Packages);
}
