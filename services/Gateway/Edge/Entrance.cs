using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Xingchen.Gateway.Forwarding;
using Xingchen.Gateway.Identity;
using Xingchen.Hosting;

namespace Xingchen.Gateway.Edge;

/// <summary>The straight line of a request through the gateway.</summary>
/// <remarks>1. path; 2. route; 3. body limit; 4. caller; 5. rate; 6. forward, and count how it ended. What fails stops
/// there, with nothing sent on.</remarks>
public sealed class Entrance(Authenticator authenticator, RateLimits rates, Forwarder forwarder, AccountCounts counts,
    TimeProvider time, IOptions<GatewayOptions> options)
{
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

    public async Task HandleAsync(HttpContext http)
    {
        var raw = PathSegments.RawPath(http);
        var path = PathSegments.Split(raw);
        Refuse(path);
        var route = Routes.Find(http.Request.Method, path) ?? throw Nothing();
        if (!Methods.Contains(http.Request.Method)) throw new ProblemException(Problems.MethodNotAllowed,
            "Use another method.");
        Limit(http, route.Limit);
        if (route.Open)
        {
            await forwarder.ForwardAsync(http, route.AppId(Nobody, NoGroups)!, null);
            return;
        }
        OrgContext context;
        Snapshot directory;
        using (http.Timing("auth"))
            (context, directory) = await authenticator.AuthenticateAsync(http, http.RequestAborted);
        rates.Take(http, context.Org, directory);
        var appId = route.AppId(context, directory.Groups) ?? throw Nothing();
        var began = time.GetTimestamp();
        if (route.Counts)
            http.Response.OnCompleted(() =>
            {
                // Whoever leaves before the answer has met nothing that could be judged.
                if (!http.RequestAborted.IsCancellationRequested)
                    counts.Add(context.Key, http.Response.StatusCode, time.GetElapsedTime(began));
                return Task.CompletedTask;
            });
        await forwarder.ForwardAsync(http, appId, context);
    }

    /// <summary>What every caller can read of its limits: <c>GET /v1/limits</c>. A <c>maximum</c> of null is
    /// none.</summary>
    public async Task<IDictionary<string, LimitView>> LimitsAsync(HttpContext http)
    {
        var (context, directory) = await authenticator.AuthenticateAsync(http, http.RequestAborted);
        var rate = rates.MaximumOf(context.Org, directory);
        return new Dictionary<string, LimitView>
        {
            ["requestsPerSecond"] = new(rate is { } most ? rates.UsedOf(context.Org, most) : 0, rate),
            ["requestBodyBytes"] = new(0, options.Value.JsonBodyBytes),
            ["packageBytes"] = new(0, options.Value.PackageBytes),
            ["importBytes"] = new(0, null),
            ["pageRecords"] = new(0, 2000),
            ["batchOperations"] = new(0, 500),
        };
    }

    private static readonly OrgContext Nobody = new(default, "", default, "", "", [], "", "");
    private static readonly Dictionary<string, string> NoGroups = [];

    /// <summary>Servers on the way would take a dot segment for a step and a NUL for an end: nobody sends these in good
    /// faith.</summary>
    private static void Refuse(string[] path)
    {
        if (Array.Exists(path, segment => segment is "." or ".." || segment.Any(char.IsControl)))
            throw new ProblemException(Problems.RequestInvalid,
                "A path has no dot segments and no control characters.");
    }

    private void Limit(HttpContext http, BodyLimit limit)
    {
        long? most = limit switch
        {
            BodyLimit.Json => options.Value.JsonBodyBytes,
            BodyLimit.Package => options.Value.PackageBytes,
            _ => null,
        };
        if (http.Request.ContentLength > most)
            throw new ProblemException(Problems.BodyTooLarge, $"At most {most} bytes are taken here.");
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
            feature.MaxRequestBodySize = most;
    }

    private static ProblemException Nothing() => new(Problems.NotFound, "There is nothing here.");
}

/// <summary>A limit. <c>used</c> is 0 for limits of a single request.</summary>
public sealed record LimitView(
    long Used,
    [property: System.Text.Json.Serialization.JsonIgnore(Condition =
        System.Text.Json.Serialization.JsonIgnoreCondition.Never)] long? Maximum);
