using Xingchen.Sidecar.Cel;
using Xingchen.Sidecar.PubSub;

namespace Xingchen.Sidecar.Resources;

/// <summary>A <c>Subscription</c> document: v1alpha1 with one route, v2alpha1 with rules.</summary>
internal static class SubscriptionReader
{
    public static DeclaredSubscription? Read(YamlSection root, string version, SidecarHostOptions options)
    {
        var name = MetadataReader.Name(root, options);
        var spec = root.Section("spec");
        if (!spec.Exists) root.Report("spec", "is missing");
        var pubsub = spec.Required("pubsubname");
        var topic = spec.Required("topic");
        var rules = version switch
        {
            "dapr.io/v1alpha1" => [new Rule(null, spec.Required("route"))],
            "dapr.io/v2alpha1" => Rules(spec),
            _ => Unknown(root),
        };
        var subscription = new Subscription(
            pubsub, topic, rules, spec.Map("metadata"), spec.Text("deadLetterTopic"), Source: name, IsDeclared: true);
        foreach (var key in subscription.Metadata.Keys.Where(key => key != Subscription.RawPayload))
            spec.Report("metadata", $"'{key}' is not honoured by this sidecar");
        var bulk = spec.Section("bulkSubscribe");
        if (bulk.Flag("enabled")) bulk.Report("enabled", "is not honoured by this sidecar: it delivers one by one");
        else
        {
            bulk.Text("maxMessagesCount");
            bulk.Text("maxAwaitDurationMs");
            bulk.Close();
        }
        spec.Close();
        var scopes = root.Texts("scopes");
        root.Close();
        return rules.Count == 0 ? null : new DeclaredSubscription(subscription, scopes);
    }

    private static List<Rule> Rules(YamlSection spec)
    {
        var routes = spec.Section("routes");
        var rules = new List<Rule>();
        foreach (var rule in routes.Sections("rules"))
        {
            var path = rule.Required("path");
            if (Match(rule, out var match)) rules.Add(new Rule(match, path));
            rule.Close();
        }
        if (routes.Text("default") is { Length: > 0 } fallback) rules.Add(new Rule(null, fallback));
        routes.Close();
        if (rules.Count == 0) spec.Report("routes", "has neither a rule nor a default");
        return rules;
    }

    private static bool Match(YamlSection rule, out CelExpression? match)
    {
        match = null;
        if (rule.Text("match") is not { Length: > 0 } text) return true;
        try
        {
            match = CelExpression.Parse(text);
            return true;
        }
        catch (FormatException exception)
        {
            rule.Report("match", $"cannot be used: {exception.Message}");
            return false;
        }
    }

    private static List<Rule> Unknown(YamlSection root)
    {
        root.Report("apiVersion", "must be dapr.io/v1alpha1 or dapr.io/v2alpha1");
        return [];
    }
}
