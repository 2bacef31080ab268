using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xingchen.Hosting;
using Xingchen.Records.Relay;
using Xingchen.Records.Response;
using Xingchen.Records.Schemas;

namespace Xingchen.Records.Changes;

/// <summary><c>/v1/changes</c>: an account's log in the order of commit, by pages or as it grows.</summary>
public static class ChangeRoutes
{
    public static IServiceCollection AddChanges(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ChangeOptions>()
            .Bind(configuration.GetSection(ChangeOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<ChangeHorizon>().AddSingleton<ChangeFeed>().AddSingleton<ChangeFollowers>()
            .AddRelay(configuration);
    }

    public static void MapChanges(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/changes", Get).RequireScope(Scopes.Data);

    private static Task Get(
        HttpContext http, Caller caller, SchemaCache schemas, ChangeHorizon horizon, ChangeFeed feed,
        ChangeFollowers followers, CursorSigner signer, CancellationToken ct)
    {
        var request = ChangeRequest.FromAddress(http.Request.Query);
        return WantsEvents(http.Request)
            ? followers.FollowAsync(http, caller, request, ct)
            : PageAsync(http, caller, request, schemas, horizon, feed, signer, ct);
    }

    private static async Task PageAsync(
        HttpContext http, Caller who, ChangeRequest request, SchemaCache schemas, ChangeHorizon horizon,
        ChangeFeed feed, CursorSigner signer, CancellationToken ct)
    {
        var caller = who.Key;
        var after = ChangeCursor.Open(signer, caller, request.After);
        var page = await schemas.RunAsync(who, async current =>
        {
            var prefixes = request.Prefixes(current.Schema);
            long settled;
            using (http.Timing("settle")) settled = await horizon.SettleAsync(ct);
            using (http.Timing("execute"))
                return await feed.ReadAsync(caller, caller, current, after, settled, prefixes, request.Limit, ct);
        }, ct);
        http.Response.ContentType = "application/json; charset=utf-8";
        http.Response.Headers.CacheControl = "no-store";
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter, RecordWriter.Json);
        json.WriteStartObject();
        json.WriteStartArray("changes");
        foreach (var change in page.Changes) json.WriteRawValue(change.Json.Span, skipInputValidation: true);
        json.WriteEndArray();
        json.WriteString("next", ChangeCursor.Sign(signer, caller, page.Next));
        json.WriteEndObject();
        await json.FlushAsync(ct);
    }

    /// <summary>Whether the request prefers events over JSON (RFC 9110, 12.5.1): an explicit mention does.</summary>
    private static bool WantsEvents(HttpRequest request) =>
        request.GetTypedHeaders().Accept.Any(type =>
            type.MediaType.Equals(ChangeFollowers.MediaType, StringComparison.OrdinalIgnoreCase) && type.Quality != 0);
}
