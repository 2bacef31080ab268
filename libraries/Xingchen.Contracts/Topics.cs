namespace Xingchen.Contracts;

/// <summary>The pub/sub component and the topics on it.</summary>
/// <remarks>Messages are hints that warm or evict; nothing is correct only because one arrived.</remarks>
public static class Topics
{
    public const string PubSub = "pubsub";

    /// <summary>An account's stack or the standard release of a cell has changed.</summary>
    public const string StackChanged = "stack-changed";

    /// <summary>Carries <see cref="Contracts.DirectoryChanged"/>.</summary>
    public const string DirectoryChanged = "directory-changed";
}

/// <summary>The directory has a new version: see <see cref="Revocations"/>.</summary>
public sealed record DirectoryChanged(long Version);
