using Xingchen.Contracts;

namespace Xingchen.Gateway.Forwarding;

/// <summary>How much of a body a route takes.</summary>
public enum BodyLimit
{
    Json,
    Package,
    Unlimited,
}

/// <summary>Where a request goes.</summary>
/// <param name="Open">Asks for no token.</param>
/// <param name="AppId">The app for this caller, or null where it names a group that there is not.</param>
/// <param name="Limit">Of its body.</param>
/// <param name="Counts">Whether its answers tell how the account fares: served by the account's metadata, and
/// soon.</param>
public sealed record Route(bool Open, Func<OrgContext, IReadOnlyDictionary<string, string>, string?> AppId,
    BodyLimit Limit = BodyLimit.Json, bool Counts = false);

/// <summary>The routes of the API and who serves them. What is not here is not reachable, above all
/// <c>/internal</c>.</summary>
public static class Routes
{
    private static readonly Route Tokens = new(Open: true, (_, _) => AppIds.Organization);
    private static readonly Route Directory = new(Open: false, (_, _) => AppIds.Organization);
    private static readonly Route Delivery = new(Open: false, (_, _) => AppIds.Delivery);
    private static readonly Route Upload = Delivery with { Limit = BodyLimit.Package };
    private static readonly Route Metadata =
        new(Open: false, (caller, _) => AppIds.Metadata(caller.Idc), Counts: true);

    private static readonly Route Records =
        new(Open: false, (caller, _) => AppIds.Records(caller.Group), Counts: true);

    private static readonly Route Stream = Records with { Counts = false };
    private static readonly Route Import = Stream with { Limit = BodyLimit.Unlimited };
    private static readonly Route Functions =
        new(Open: false, (caller, _) => AppIds.Extensions(caller.Group), Counts: true);

    /// <summary>Finds a route by the decoded segments of a path.</summary>
    public static Route? Find(string method, IReadOnlyList<string> path) => path switch
    {
        ["oauth", _] => Tokens,
        ["v1", "orgs" or "users", ..] or ["v1", "idcs"] or ["v1", "groups"] or ["v1", "topology"] => Directory,
        ["v1", "groups", var group, "release"] => Release(group),
        ["v1", "packages"] when method == "POST" => Upload,
        ["v1", "packages" or "keys" or "log" or "installations" or "rollouts" or "deployments"
            or "deployment-packages" or "environments", ..] => Delivery,
        ["v1", "objects"] or ["v1", "objects", _] => Metadata,
        ["v1", "metadata" or "pages", ..] or ["v1", "openapi.json"] => Metadata,
        ["v1", "imports"] when method == "POST" => Import,
        ["v1", "objects", _, "indexes"] => Records,
        ["v1", "objects", _, "records", ..] or ["v1", "records", ..] or ["v1", "query" or "batch"] => Records,
        ["v1", "imports" or "exports", ..] or ["v1", "changes"] => Stream,
        ["v1", "functions", _, ..] => Functions,
        _ => null,
    };

    private static Route Release(string group) =>
        new(Open: false, (_, groups) => groups.TryGetValue(group, out var idc) ? AppIds.Metadata(idc) : null);
}
