using System.Text.Json;
using Microsoft.Extensions.Primitives;
using Xingchen.Hosting;

namespace Xingchen.Records.Request;

/// <summary>What is asked of <c>/v1/query</c>: a text with its parameters, or the next page of one.</summary>
/// <param name="Text">The query; null where the cursor carries it.</param>
/// <param name="Parameters">Values of <c>:name</c>.</param>
/// <param name="Explain">Whether to tell the plan instead of running it.</param>
public sealed record QueryRequest(
    string? Text, IReadOnlyDictionary<string, JsonElement> Parameters, string? Cursor, bool Explain)
{
    /// <summary>The time to answer for; null for now, or for what the cursor says.</summary>
    public DateTimeOffset? AsOf { get; init; }

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };
    private static readonly IReadOnlyDictionary<string, JsonElement> None = new Dictionary<string, JsonElement>();

    /// <summary>Reads the address of a GET: <c>q</c>, <c>cursor</c>, <c>asOf</c>, <c>explain</c>.</summary>
    /// <exception cref="ProblemException"><c>request-invalid</c>, with everything that is wrong.</exception>
    public static QueryRequest FromAddress(IEnumerable<KeyValuePair<string, StringValues>> address)
    {
        var arguments = new QueryArguments(address);
        var request = new QueryRequest(arguments.Text("q"), None, arguments.Text("cursor"), arguments.Flag("explain"))
        {
            AsOf = AsOfTime.Take(arguments),
        };
        return Complete(request, arguments);
    }

    /// <summary>Reads a POST: <c>{"q", "params", "cursor", "asOf"}</c>, and <c>explain</c> from the address.</summary>
    /// <inheritdoc cref="FromAddress"/>
    public static async Task<QueryRequest> FromBodyAsync(
        Stream body, IEnumerable<KeyValuePair<string, StringValues>> address, CancellationToken ct)
    {
        var arguments = new QueryArguments(address);
        var explain = arguments.Flag("explain");
        using var document = await JsonBody.ParseAsync(body, Strict, ct);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
            throw new ProblemException(Problems.RequestInvalid,
                "Send a JSON object with q and, where it has any, params.");
        string? text = null, cursor = null;
        DateTimeOffset? asOf = null;
        var parameters = None;
        foreach (var member in root.EnumerateObject())
        {
            switch (member.Name)
            {
                case "q": text = arguments.Text(member); break;
                case "cursor": cursor = arguments.Text(member); break;
                case "asOf": asOf = AsOfTime.Take(arguments, member); break;
                case "params" when member.Value.ValueKind == JsonValueKind.Object:
                    parameters = member.Value.EnumerateObject()
                        .ToDictionary(value => value.Name, value => value.Value.Clone());
                    break;
                case "params": arguments.Refuse("type-mismatch", "/params",
                    "params is an object: name to value."); break;
                default: arguments.Refuse("unknown-member", "/" + member.Name, "There is no such member here."); break;
            }
        }
        return Complete(new QueryRequest(text, parameters, cursor, explain) { AsOf = asOf }, arguments);
    }

    private static QueryRequest Complete(QueryRequest request, QueryArguments arguments)
    {
        if (request.Text is null && request.Cursor is null)
            arguments.Refuse("query-missing", null, "Give a query as q, or the cursor of a page as cursor.");
        arguments.Done();
        return request;
    }
}
