using System.Text;
using System.Text.Json.Nodes;
using Xingchen.Contracts;
using Xingchen.Metadata.Stacks;
using Xingchen.Schema;

namespace Xingchen.Metadata.Publication;

/// <summary>A change of an account's own layer.</summary>
/// <param name="Kind">The kind of what is changed.</param>
/// <param name="Name">Its name, or that of the object whose field is changed.</param>
/// <param name="Field">The field; null where the whole definition is meant.</param>
/// <param name="Body">What to put; null to take away.</param>
/// <param name="Precondition">Of <c>If-Match</c> and <c>If-None-Match</c>.</param>
/// <param name="DryRun">Says what would be and changes nothing.</param>
internal sealed record PrivateChange(
    TargetKind Kind, string Name, string? Field, JsonObject? Body, Precondition Precondition, bool DryRun);

/// <summary>What a change came to.</summary>
/// <param name="Created">Whether no layer had the thing before.</param>
/// <param name="After">What is in force now; for a dry run, what would be.</param>
/// <param name="Warnings">What was asked for and did not come to be, though the change is in force.</param>
internal sealed record PrivateOutcome(bool Created, bool Changed, Snapshot After, IReadOnlyList<Finding> Warnings);

/// <summary>Puts changes of accounts' own layers in force.</summary>
internal sealed class PrivatePublication(StackStore store, SnapshotSource snapshots, StackHints hints)
{
    /// <summary>
    /// One transaction: 1. lock the account and read what is in force; 2. check the precondition; 3. edit the layer's
    /// document; 4. parse and resolve it, and stop with all findings; 5. write the layer by its address and the stack's
    /// next version. Once it is committed, the next request of the account anywhere is compiled against it.
    /// </summary>
    /// <exception cref="ProblemException"><c>not-found</c>, <c>version-mismatch</c>, <c>definition-invalid</c>,
    /// <c>definition-locked</c>.</exception>
    public async Task<PrivateOutcome> ApplyAsync(AccountKey key, PrivateChange change, CancellationToken ct)
    {
        await using var transaction = await store.BeginAsync(key, ct);
        var stack = await store.LockAsync(transaction, key, ct);
        var before = await snapshots.OfAsync(transaction, key, stack, ct);
        change.Precondition.Check(before.Resolution, change);
        var created = Definitions.Find(before.Resolution, change) is null;
        var edit = Edit(before, change);
        var (layer, after) = Draft(before, edit);
        if (layer.Digest == before.Private.Digest) return new PrivateOutcome(false, false, before, []);
        var warnings = IndexWarnings.NewIn(before.Schema, after.Schema);
        if (change.DryRun) return new PrivateOutcome(created, true, after, warnings);

        await store.AddPrivateLayerAsync(transaction, key, layer.Digest, Text(layer.Content), ct);
        var written = await store.WriteAsync(transaction, key, stack with
        {
            PrivateLayer = layer.Digest,
            Places = ReferenceEquals(after.AccountPlaces, before.AccountPlaces) ? stack.Places
                : Text(after.AccountPlaces.ToJson()),
        }, ct);
        await transaction.CommitAsync(ct);
        after = snapshots.Keep(written.Address(), after.At(written.Address()));
        hints.Send(new StackChanged(key.Org.Value, key.Account.Value, written.Version));
        return new PrivateOutcome(created, true, after, warnings);
    }

    private static PrivateEdit Edit(Snapshot before, PrivateChange change)
    {
        var item = before.Resolution.Find(change.Kind.Name, change.Name);
        var target = new Target(change.Kind, change.Name, item is not null && item.Layer != "account");
        var document = before.Private.Content;
        if (change.Field is null)
        {
            if (change.Body is { } body)
            {
                Named(body, target.IsBelow ? "overlays" : "name", change.Name);
                return PrivateLayer.Put(document, target, body);
            }
            return PrivateLayer.Remove(document, target) ?? throw Absent(item?.Layer, change.Name);
        }
        if (item is null) throw new ProblemException(Problems.NotFound, "There is no such object.");
        if (change.Body is { } field)
        {
            Named(field, "name", change.Field);
            return PrivateLayer.PutField(document, target, change.Field, field);
        }
        return PrivateLayer.RemoveField(document, target, change.Field)
            ?? throw Absent(item.Item("fields", change.Field)?.Layer, change.Field);
    }

    private static (Layer Layer, Snapshot After) Draft(Snapshot before, PrivateEdit edit)
    {
        var layer = Layer.Parse(LayerKind.Account, "private", null, "0", edit.Document, out var wrong);
        StackFindings.Stop(wrong, edit.Pointer);
        var below = before.Layers.Where(l => l.Kind != LayerKind.Account);
        var after = Snapshot.Draft([.. below, layer], before.StandardPlaces, before.AccountPlaces);
        StackFindings.Stop(
            [.. StackFindings.NewIn(before, after), .. LiveFields.Check(before.Schema, after.Schema)],
            edit.Pointer);
        return (layer, after);
    }

    /// <summary>A body may repeat its name, and then it must be that of the path.</summary>
    private static void Named(JsonObject body, string key, string name)
    {
        if (body[key] is not { } given
            || (given is JsonValue value && value.TryGetValue<string>(out var text) && text == name)) return;
        throw new ProblemException(Problems.DefinitionInvalid, "Nothing was changed. Mend what errors lists.",
            [new Finding("name-mismatch", $"The path says \"{name}\"; say the same in \"{key}\", or leave it out.",
                "/" + key)]);
    }

    private static ProblemException Absent(string? layer, string name) => layer is null or "account"
        ? new ProblemException(Problems.NotFound, "There is no such private definition.")
        : new ProblemException(Problems.DefinitionLocked,
            $"\"{name}\" belongs to the layer {layer} and the account overlays nothing of it; it can be hidden, "
            + "not deleted.");

    private static string Text(ReadOnlyMemory<byte> json) => Encoding.UTF8.GetString(json.Span);
}
