using System.IO.Compression;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Xingchen.Hosting;
using Xingchen.Metadata.Stacks;

namespace Xingchen.Metadata.OpenApi;

/// <summary><c>GET /v1/openapi.json</c>: OpenAPI 3.1 of exactly what the account has and the caller sees.</summary>
internal static class OpenApiRoutes
{
    public static void MapOpenApi(this IEndpointRouteBuilder app) =>
        app.MapGet("/v1/openapi.json", GetAsync).RequireScope(Scopes.Data, Scopes.Admin);

    private static async Task GetAsync(
        HttpContext http, Caller caller, Cell cell, OpenApiCache documents, CancellationToken ct)
    {
        OpenApiDocument document;
        string language;
        using (http.Timing("schema"))
        {
            var schema = (await cell.Snapshots.CurrentAsync(caller.Key, ct)).Schema;
            language = http.Language(schema.Languages);
            document = documents.Of(schema, caller.Context.Grants?.Sets, language);
        }
        var headers = http.Response.Headers;
        headers.ETag = document.Tag;
        headers.ContentLanguage = language;
        headers.Vary = "Accept-Language, Accept-Encoding, Authorization";
        headers.CacheControl = "private, no-cache";
        if (http.Request.GetTypedHeaders().IfNoneMatch.Any(match => match.Tag == "*"
            || "W/" + match.Tag == document.Tag))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        http.Response.ContentType = "application/json; charset=utf-8";
        using var gzip = new MemoryStream(document.Gzip, writable: false);
        if (TakesGzip(http.Request))
        {
            headers.ContentEncoding = "gzip";
            http.Response.ContentLength = document.Gzip.Length;
            await gzip.CopyToAsync(http.Response.Body, ct);
            return;
        }
        await using var text = new GZipStream(gzip, CompressionMode.Decompress);
        await text.CopyToAsync(http.Response.Body, ct);
    }

    private static bool TakesGzip(HttpRequest request) => request.GetTypedHeaders().AcceptEncoding
        .Any(coding => coding.Quality is not 0 && coding.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase));
}

/// <summary>Keeps the documents that were asked for last, by what they depend on.</summary>
/// <remarks>By content address, so none is ever stale. Thread-safe.</remarks>
internal sealed class OpenApiCache(IOptions<MetadataOptions> options)
{
    private readonly BoundedCache<OpenApiDocument> documents = new(options.Value.CachedDocuments);

    /// <param name="schema">What is in force for the account.</param>
    /// <param name="sets">What the caller is granted; null for one who is not restricted.</param>
    /// <param name="language">Of labels.</param>
    public OpenApiDocument Of(Schema.Schema schema, IReadOnlyList<string>? sets, string language)
    {
        var address = $"{schema.Address} {language} {CallerShape.Key(schema, sets)}";
        return documents.Find(address)
            ?? documents.Add(address, OpenApiDocument.Of(new CallerShape(schema, sets), language));
    }
}
