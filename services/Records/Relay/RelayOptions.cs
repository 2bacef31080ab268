using System.ComponentModel.DataAnnotations;

namespace Xingchen.Records.Relay;

/// <summary>Bounds of the relay of changes to pub/sub: section <c>Relay</c>.</summary>
public sealed class RelayOptions
{
    public const string Section = "Relay";

    /// <summary>Accounts whose changes one instance publishes at a time; 0 leaves them to other instances.</summary>
    [Range(0, 64)]
    public int Workers { get; init; } = 4;

    /// <summary>Milliseconds between two looks for accounts with news while there are none.</summary>
    [Range(10, 10_000)]
    public int PollMilliseconds { get; init; } = 100;

    /// <summary>Changes that are read at a time.</summary>
    [Range(1, 2_000)]
    public int PageChanges { get; init; } = 200;

    /// <summary>Changes of one account after which others have their turn.</summary>
    [Range(1, 100_000)]
    public int TurnChanges { get; init; } = 1_000;

    /// <summary>Seconds after which another instance goes on where one died. One publication may last a third of
    /// it.</summary>
    [Range(1, 300)]
    public int LeaseSeconds { get; init; } = 15;

    /// <summary>Seconds that an account waits at most after its publications failed, one after another.</summary>
    [Range(1, 3_600)]
    public int MostPauseSeconds { get; init; } = 30;

    /// <summary>Bytes of a change beyond which its fields are left out of the event; brokers bound their
    /// messages.</summary>
    [Range(1_024, 3_000_000)]
    public int MostEventBytes { get; init; } = 200_000;
}
