using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Xingchen.Sidecar.Cel;
using Xingchen.Sidecar.Http;

namespace Xingchen.Sidecar.PubSub;

/// <summary>What an app answers to <c>GET /dapr/subscribe</c>.</summary>
internal static class ToldSubscriptions
{
    private static readonly JsonSerializerOptions AnyCase = new() { PropertyNameCaseInsensitive = true };

    /// <summary>The app's subscriptions; none where it knows no such path. What cannot be used is logged and left
    /// out.</summary>
    /// <exception cref="HttpRequestException">The app does not answer, or with an error of its own.</exception>
    public static async Task<List<Subscription>> ReadAsync(AppSidecar app, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, app.AppAddress + "/dapr/subscribe");
        if (!string.IsNullOrEmpty(app.Options.AppToken))
            request.Headers.TryAddWithoutValidation(SidecarApi.TokenHeader, app.Options.AppToken);
        using var answer = await app.Host.Transport.SendAsync(request, ct);
        if ((int)answer.StatusCode >= 500)
            throw new HttpRequestException("the app answered " + (int)answer.StatusCode);
        if (answer.StatusCode != HttpStatusCode.OK) return [];
        var body = await answer.Content.ReadAsByteArrayAsync(ct);
        try
        {
            var told = body.Length == 0 ? [] : JsonSerializer.Deserialize<List<Told>>(body, AnyCase) ?? [];
            return [.. told.Select(one => Usable(app, one)).OfType<Subscription>()];
        }
        catch (JsonException exception)
        {
            app.Host.Log.LogError("{App} answers /dapr/subscribe with no usable JSON: {Reason}", app.AppId,
                exception.Message);
            return [];
        }
    }

    private static Subscription? Usable(AppSidecar app, Told told)
    {
        try
        {
            if (string.IsNullOrEmpty(told.PubsubName) || string.IsNullOrEmpty(told.Topic))
                throw new FormatException("pubsubname and topic are needed");
            if (told.BulkSubscribe?.Enabled == true)
                throw new FormatException("bulkSubscribe is not honoured by this sidecar: it delivers one by one");
            var rules = Rules(told);
            if (rules.Count == 0) throw new FormatException("it has no route");
            return new Subscription(
                told.PubsubName, told.Topic, rules, told.Metadata ?? [],
                string.IsNullOrEmpty(told.DeadLetterTopic) ? null : told.DeadLetterTopic, app.AppId, IsDeclared: false);
        }
        catch (FormatException exception)
        {
            app.Host.Log.LogError(
                "{App}: the subscription to {Topic} is left out: {Reason}", app.AppId, told.Topic, exception.Message);
            return null;
        }
    }

    private static List<Rule> Rules(Told told)
    {
        var rules = new List<Rule>();
        foreach (var rule in told.Routes?.Rules ?? [])
            if (!string.IsNullOrEmpty(rule.Path))
                rules.Add(new Rule(string.IsNullOrEmpty(rule.Match)
                    ? null : CelExpression.Parse(rule.Match), rule.Path));
        var fallback = told.Routes?.Default is { Length: > 0 } given ? given : told.Route;
        if (!string.IsNullOrEmpty(fallback)) rules.Add(new Rule(null, fallback));
        return rules;
    }

    private sealed record Told(
        string? PubsubName, string? Topic, string? Route, ToldRoutes? Routes, Dictionary<string, string>? Metadata,
        string? DeadLetterTopic, ToldBulk? BulkSubscribe);

    private sealed record ToldRoutes(List<ToldRule>? Rules, string? Default);

    private sealed record ToldRule(string? Match, string? Path);

    private sealed record ToldBulk(bool Enabled);
}
