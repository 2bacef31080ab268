using System.Text.Json;
using System.Text.Json.Serialization;
using Dapr;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

public static class DaprEndpointRouteBuilderExtensions
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Answers the sidecar's <c>GET /dapr/subscribe</c> with the endpoints that have a
    /// <see cref="TopicAttribute"/>.</summary>
    public static IEndpointConventionBuilder MapSubscribeHandler(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return endpoints.MapGet("dapr/subscribe", context => context.Response.WriteAsJsonAsync(
            Subscriptions(context.RequestServices.GetRequiredService<EndpointDataSource>()), Json,
                context.RequestAborted));
    }

    private static IEnumerable<Subscription> Subscriptions(EndpointDataSource source) =>
        from endpoint in source.Endpoints.OfType<RouteEndpoint>()
        from topic in endpoint.Metadata.GetOrderedMetadata<ITopicMetadata>()
        where endpoint.RoutePattern.Parameters.Count == 0 // the sidecar has no values to put into a route
        group (Topic: topic, Path: Path(endpoint.RoutePattern)) by (topic.PubsubName, topic.Name) into routes
        orderby routes.Key.PubsubName, routes.Key.Name
        select Subscribe(routes.Key.PubsubName, routes.Key.Name, [.. routes.OrderBy(route => route.Topic.Priority)]);

    private static Subscription Subscribe(string pubsub, string topic, (ITopicMetadata Topic, string Path)[] routes)
    {
        var rules = routes.Where(route => !string.IsNullOrEmpty(route.Topic.Match))
            .Select(route => new Rule(route.Topic.Match!, route.Path)).ToArray();
        var fallback = routes.Where(route => string.IsNullOrEmpty(route.Topic.Match)).Select(route =>
            route.Path).FirstOrDefault();
        var attributes = routes.Select(route => route.Topic).OfType<TopicAttribute>().ToArray();
        return new Subscription(
            pubsub, topic,
            rules.Length == 0 ? fallback : null,
            rules.Length == 0 ? null : new Routes(rules, fallback),
            attributes.Any(attribute => attribute.EnableRawPayload == true)
                ? new Dictionary<string, string> { ["rawPayload"] = "true" } : null,
            attributes.Select(attribute => attribute.DeadLetterTopic).FirstOrDefault(name => name is not null));
    }

    private static string Path(RoutePattern pattern) => string.Join(
        '/', pattern.PathSegments.Select(segment => string.Concat(
            segment.Parts.Cast<RoutePatternLiteralPart>().Select(part => part.Content))));

    private sealed record Subscription(
        string PubsubName, string Topic, string? Route, Routes? Routes, Dictionary<string, string>? Metadata,
        string? DeadLetterTopic);

    private sealed record Routes(Rule[] Rules, string? Default);

    private sealed record Rule(string Match, string Path);
}
