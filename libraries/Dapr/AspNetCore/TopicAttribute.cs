namespace Dapr;

/// <summary>What an endpoint says of the topic it handles.</summary>
public interface ITopicMetadata
{
    /// <summary>The topic.</summary>
    string Name { get; }

    /// <summary>The pub/sub component.</summary>
    string PubsubName { get; }

    /// <summary>A CEL expression over <c>event</c>; null takes every event that no rule takes.</summary>
    string? Match { get; }

    /// <summary>The order of rules with a <see cref="Match"/>: lower first.</summary>
    int Priority { get; }
}

/// <summary>Makes an endpoint a subscriber: events of the topic are POSTed to it.</summary>
[AttributeUsage(AttributeTargets.All, AllowMultiple = true)]
public class TopicAttribute : Attribute, ITopicMetadata
{
    public TopicAttribute(
        string pubsubName, string name, string[]? ownedMetadatas = null, string? metadataSeparator = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(pubsubName);
        ArgumentException.ThrowIfNullOrEmpty(name);
        (PubsubName, Name, OwnedMetadatas, MetadataSeparator) = (pubsubName, name, ownedMetadatas, metadataSeparator);
    }

    public TopicAttribute(
        string pubsubName, string name, string match, int priority,
        string[]? ownedMetadatas = null, string? metadataSeparator = null)
        : this(pubsubName, name, ownedMetadatas, metadataSeparator) =>
        (Match, Priority) = (match, priority);

    public TopicAttribute(
        string pubsubName, string name, string? deadLetterTopic, bool enableRawPayload,
        string[]? ownedMetadatas = null, string? metadataSeparator = null)
        : this(pubsubName, name, ownedMetadatas, metadataSeparator) =>
        (DeadLetterTopic, EnableRawPayload) = (deadLetterTopic, enableRawPayload);

    /// <inheritdoc/>
    public string Name { get; set; }

    /// <inheritdoc/>
    public string PubsubName { get; set; }

    /// <summary>Whether messages of the topic are no CloudEvents.</summary>
    public bool? EnableRawPayload { get; set; }

    /// <inheritdoc/>
    public new string? Match { get; set; }

    /// <inheritdoc/>
    public int Priority { get; set; }

    /// <summary>Not used: the services give a subscription no metadata of its own.</summary>
    public string[]? OwnedMetadatas { get; set; }

    /// <inheritdoc cref="OwnedMetadatas"/>
    public string? MetadataSeparator { get; set; }

    /// <summary>Where events go that cannot be delivered.</summary>
    public string? DeadLetterTopic { get; set; }
}

/// <summary>A subscription, all in one.</summary>
public class TopicOptions
{
    /// <inheritdoc cref="ITopicMetadata.Name"/>
    public string? Name { get; set; }

    /// <inheritdoc cref="ITopicMetadata.PubsubName"/>
    public string? PubsubName { get; set; }

    /// <inheritdoc cref="TopicAttribute.EnableRawPayload"/>
    public bool EnableRawPayload { get; set; }

    /// <inheritdoc cref="ITopicMetadata.Match"/>
    public string? Match { get; set; }

    /// <inheritdoc cref="ITopicMetadata.Priority"/>
    public int Priority { get; set; }

    /// <inheritdoc cref="TopicAttribute.DeadLetterTopic"/>
    public string? DeadLetterTopic { get; set; }
}
