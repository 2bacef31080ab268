using Xingchen.Sidecar.Cel;

namespace Xingchen.Sidecar.PubSub;

/// <summary>What an app subscribes to, and where its events go.</summary>
/// <param name="Pubsub">The component.</param>
/// <param name="Topic">The topic.</param>
/// <param name="Rules">In order; the first that matches has it.</param>
/// <param name="Metadata">Of the subscription; <see cref="RawPayload"/> is the one that is honoured.</param>
/// <param name="DeadLetterTopic">Where events go that cannot be delivered; null for nowhere.</param>
/// <param name="Source">Who says so, for messages.</param>
/// <param name="IsDeclared">From a file rather than from the app.</param>
internal sealed record Subscription(
    string Pubsub, string Topic, IReadOnlyList<Rule> Rules, IReadOnlyDictionary<string, string> Metadata,
    string? DeadLetterTopic, string Source, bool IsDeclared)
{
    public const string RawPayload = "rawPayload";

    /// <summary>Whether messages are no CloudEvents and are wrapped for the app.</summary>
    public bool IsRaw => IsSet(Metadata, RawPayload);

    public static bool IsSet(IReadOnlyDictionary<string, string> metadata, string name) =>
        metadata.FirstOrDefault(pair => pair.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value is { } value
        && (value == "1" || value.Equals("true", StringComparison.OrdinalIgnoreCase));
}

/// <summary>One route.</summary>
/// <param name="Match">Which events; null for all.</param>
/// <param name="Path">A path of the app, with or without a leading slash.</param>
internal sealed record Rule(CelExpression? Match, string Path);
