using System.ComponentModel.DataAnnotations;

namespace Xingchen.Records.Changes;

/// <summary>Bounds of the change feed: section <c>Changes</c>.</summary>
public sealed class ChangeOptions
{
    public const string Section = "Changes";

    /// <summary>Followers (SSE) that one instance serves at a time; those beyond it get <c>unavailable</c>.</summary>
    [Range(1, 100_000)]
    public int Followers { get; init; } = 500;

    /// <summary>Followers of one account on one instance; those beyond it get <c>rate-limited</c>.</summary>
    [Range(1, 10_000)]
    public int FollowersPerAccount { get; init; } = 20;

    /// <summary>Milliseconds between two looks at the log while somebody follows.</summary>
    [Range(10, 10_000)]
    public int PollMilliseconds { get; init; } = 200;

    /// <summary>Seconds without a change after which a follower is sent a comment, so that nothing between takes the
    /// connection for dead.</summary>
    [Range(1, 60)]
    public int HeartbeatSeconds { get; init; } = 10;

    /// <summary>Seconds after which a stream ends and the client comes again with its last event's id: who is no longer
    /// let in is found out then.</summary>
    [Range(1, 3_600)]
    public int FollowSeconds { get; init; } = 120;

    /// <summary>Milliseconds that a request waits for transactions that were in flight when it came.</summary>
    [Range(0, 10_000)]
    public int SettleMilliseconds { get; init; } = 250;
}
