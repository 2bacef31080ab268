using System.Text;
using Microsoft.Extensions.Options;
using Xingchen.Contracts;
using Xingchen.Hosting;
using Xingchen.Metadata.Stacks;
using Xingchen.Schema;

namespace Xingchen.Metadata.Publication;

/// <summary>Puts releases of the standard product in force in the cell by moving one row, however many orgs it
/// has.</summary>
internal sealed class StandardPublication(
    StackStore store, SnapshotSource snapshots, DeliveryClient delivery, StackHints hints,
        IOptions<ServiceOptions> service)
{
    private static readonly string[] Order = ["global", "idc", "group"];

    /// <summary>
    /// 1. Pull the released package's layer. 2. In one transaction: lock the standard release, put the layer in the
    /// place of the one of its kind, resolve and stop with all findings, allot places, move the row.
    /// </summary>
    /// <exception cref="ProblemException"><c>not-found</c>, <c>package-not-released</c>, <c>definition-invalid</c>;
    /// <c>content-invalid</c> where the package is none of the standard product.</exception>
    public async Task<ReleaseState> ReleaseAsync(string package, string version, CancellationToken ct)
    {
        var pulled = await delivery.ReleasedAsync(package, version, ct);
        var (document, kind) = (pulled.Document, pulled.Document.Kind);
        if (!Order.Contains(kind))
            throw new ProblemException(
                Problems.ContentInvalid, "This is a package of a publisher; orgs install it themselves.",
                [new Finding(
                    "layer-not-standard", "Name a package whose package.json has \"layer\" global, idc or group.",
                        "/package")]);
        Layer.Parse(Enum.Parse<LayerKind>(kind, ignoreCase: true), document.Name, null, document.Version,
            pulled.Content, out var wrong);
        StackFindings.Stop(wrong);

        await using var transaction = await store.BeginStandardAsync(ct);
        var standard = await store.LockStandardAsync(transaction, ct);
        var released = new ReleasedPackage(kind, document.Name, document.Version, document.Digest);
        if (standard.Packages.Contains(released)) return State(standard);
        await store.AddLayerAsync(
            transaction, document with { Namespace = null }, Encoding.UTF8.GetString(pulled.Content), ct);
        var next = standard with
        {
            Packages = [.. standard.Packages.Where(p => p.Layer != kind).Append(released)
                .OrderBy(p => Array.IndexOf(Order, p.Layer))],
        };
        var (before, after) = (
            await SnapshotAsync(transaction, standard, ct), await SnapshotAsync(transaction, next, ct));
        StackFindings.Stop([
            .. StackFindings.NewIn(before, after), .. LiveFields.Check(before.Schema, after.Schema)]);
        next = next with
        {
            Version = standard.Version + 1,
            Places = Encoding.UTF8.GetString(after.StandardPlaces.ToJson()),
        };
        await store.WriteStandardAsync(transaction, next, ct);
        await transaction.CommitAsync(ct);
        hints.Send(new StackChanged(null, null, next.Version));
        return State(next);
    }

    public async Task<ReleaseState> ReadAsync(CancellationToken ct)
    {
        await using var transaction = await store.BeginStandardAsync(ct);
        return State(await store.ReadStandardAsync(transaction, ct));
    }

    private async Task<Snapshot> SnapshotAsync(
        Storage.OrgTransaction transaction, Standard standard, CancellationToken ct) =>
        Snapshot.Draft(
            await snapshots.LayersAsync(transaction, SnapshotSource.Wanted(standard), ct),
            Places.Parse(standard.Places), Places.None, forStandard: true);

    private ReleaseState State(Standard standard) => new(service.Value.Group, standard.Version, standard.Packages);
}
