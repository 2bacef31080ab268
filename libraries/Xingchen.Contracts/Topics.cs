using System.Text.Json;

namespace Xingchen.Contracts;

/// <summary>The pub/sub components and the topics on them.</summary>
/// <remarks>Messages of <see cref="PubSub"/> are hints that warm or evict; nothing is correct only because one arrived.
/// What is published to <see cref="Changes"/> arrives at least once.</remarks>
public static class Topics
{
    public const string PubSub = "pubsub";

    /// <summary>An account's stack or the standard release of a cell has changed.</summary>
    public const string StackChanged = "stack-changed";

    /// <summary>Carries <see cref="Contracts.DirectoryChanged"/>.</summary>
    public const string DirectoryChanged = "directory-changed";

    /// <summary>The component that carries the changes of records of every org: only the platform's own services may
    /// use it.</summary>
    public const string Changes = "changes";

    /// <summary>Carries <see cref="RecordChange"/>, of <see cref="Changes"/>.</summary>
    public const string RecordChanges = "record-changes";
}

/// <summary>The directory has a new version: see <see cref="Revocations"/>.</summary>
public sealed record DirectoryChanged(long Version);

/// <summary>A change of a record, published on <see cref="Topics.RecordChanges"/>: at least once, in the order of the
/// account's log.</summary>
/// <param name="Change">As <c>GET /v1/changes</c> gives it. <c>fields</c> is missing where it is too large for a
/// message: read it from there.</param>
/// <remarks>The event's <c>id</c> is the change's, its <c>source</c> <c>/orgs/{org}/accounts/{account}</c>: consumers
/// remember both, for a change may come twice. Between an event and its repetition later ones may have come.</remarks>
public sealed record RecordChange(long Org, int Account, JsonElement Change)
{
    /// <summary>The attribute <c>type</c> of the event.</summary>
    public const string EventType = "xingchen.record-change";
}
