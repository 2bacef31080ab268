using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Xingchen.Records.Request;

namespace Xingchen.Records.Exports;

/// <summary>What is asked of <c>/v1/exports</c>; syntax only.</summary>
/// <param name="Text">The query.</param>
/// <param name="Parameters">Values of <c>:name</c>.</param>
internal sealed record ExportRequest(
    string Text, IReadOnlyDictionary<string, JsonElement> Parameters, ExportFormat Format)
{
    /// <summary>The time to answer for; null for now.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>Reads the address of a GET: <c>q</c>, <c>asOf</c>.</summary>
    /// <exception cref="ProblemException"><c>request-invalid</c>, <c>not-acceptable</c></exception>
    public static ExportRequest FromAddress(HttpRequest http)
    {
        var arguments = new QueryArguments(http.Query);
        var (text, asOf) = (arguments.Text("q"), AsOfTime.Take(arguments));
        if (string.IsNullOrEmpty(text)) arguments.Refuse("query-missing", null, "Give a query as q.");
        arguments.Done();
        return new ExportRequest(text!, new Dictionary<string, JsonElement>(), ExportFormat.Of(http)) { AsOf = asOf };
    }

    /// <summary>Reads a POST: <c>{"q", "params", "asOf"}</c>.</summary>
    /// <inheritdoc cref="FromAddress"/>
    public static async Task<ExportRequest> FromBodyAsync(HttpRequest http, CancellationToken ct)
    {
        var format = ExportFormat.Of(http);
        var query = await QueryRequest.FromBodyAsync(http.Body, http.Query, ct);
        if (query.Cursor is not null || query.Explain || query.Text is null)
            throw new ProblemException(Problems.RequestInvalid,
                "An export is a query with its params, whole: without cursor and explain.");
        return new ExportRequest(query.Text, query.Parameters, format) { AsOf = query.AsOf };
    }
}
