using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Xingchen.Hosting;

/// <summary>Turns what the environment throws into a problem; null where it is our bug.</summary>
/// <remarks>Services with a database register <c>SqlStates.ToProblem</c>; the table itself lives in Storage.</remarks>
public delegate ProblemException? ProblemMap(Exception exception);

/// <summary>The one place that writes problem details (RFC 9457).</summary>
public sealed class ProblemWriter(IEnumerable<ProblemMap> maps, ILogger<ProblemWriter> logger) : IExceptionHandler
{
    public const string ContentType = "application/problem+json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public async ValueTask<bool> TryHandleAsync(HttpContext http, Exception exception, CancellationToken ct)
    {
        if (http.RequestAborted.IsCancellationRequested) return true; // nobody is there to read it
        var problem = ToProblem(exception, maps);
        if (problem is null)
        {
            logger.LogError(exception, "Unhandled: {Method} {Path}", http.Request.Method, http.Request.Path);
            problem = new ProblemException(Problems.Internal, "Tell us the trace id and we find it.");
        }
        await WriteAsync(http, problem, ct);
        return true;
    }

    public static async Task WriteAsync(HttpContext http, ProblemException problem, CancellationToken ct)
    {
        var response = http.Response;
        if (response.HasStarted)
        {
            http.Abort();
            return;
        }
        response.StatusCode = problem.Problem.Status;
        if (problem.RetryAfterSeconds is { } seconds) response.Headers.RetryAfter = seconds.ToString();
        if (problem.Problem.Status == 401) // RFC 6750 §3: no error code where no token was given
            response.Headers.WWWAuthenticate = http.Request.Headers.Authorization.Count == 0 ? "Bearer"
                : "Bearer error=\"invalid_token\"";
        await response.WriteAsJsonAsync(Body(problem, http.Request.Path), Json, ContentType, ct);
    }

    /// <summary>Writes a problem as a value within an answer: the same members.</summary>
    /// <param name="instance">The part of the request that it is about.</param>
    public static void Write(Utf8JsonWriter json, ProblemException problem, string instance) =>
        JsonSerializer.Serialize(json, Body(problem, instance), Json);

    private static Details Body(ProblemException problem, string instance) => new(
        problem.Problem.Type, problem.Problem.Title, problem.Problem.Status, problem.Detail, instance,
        Activity.Current?.TraceId.ToString() ?? ActivityTraceId.CreateRandom().ToString(),
        problem.Errors.Count > 0 ? problem.Errors : null);

    private static ProblemException? ToProblem(Exception exception, IEnumerable<ProblemMap> maps) => exception switch
    {
        ProblemException problem => problem,
        BadHttpRequestException { StatusCode: 413 } =>
            new ProblemException(Problems.BodyTooLarge, "Send less, or import it as a file."),
        BadHttpRequestException { StatusCode: 415 } =>
            new ProblemException(Problems.MediaTypeUnsupported, "Send application/json."),
        BadHttpRequestException { InnerException: JsonException json } => Invalid(json),
        BadHttpRequestException bad => new ProblemException(Problems.RequestInvalid, bad.Message),
        JsonException json => Invalid(json),
        _ => maps.Select(map => map(exception)).FirstOrDefault(mapped => mapped is not null),
    };

    private static ProblemException Invalid(JsonException exception)
    {
        var unknown = exception.Message.Contains("could not be mapped to any .NET member", StringComparison.Ordinal);
        var pointer = Pointer(exception.Path ?? "$");
        return new ProblemException(Problems.RequestInvalid, "The body is not the JSON that is expected here.",
            [new Finding(unknown ? "unknown-member" : "malformed-json",
                unknown ? "There is no such member here."
                    : $"Not valid JSON, or of another type, at line {exception.LineNumber + 1}.",
                pointer)]);
    }

    /// <summary>From the serializer's <c>$.a['b c'][0]</c> to a JSON Pointer (RFC 6901) <c>/a/b c/0</c>.</summary>
    internal static string Pointer(string path)
    {
        var pointer = new System.Text.StringBuilder();
        for (var i = path.StartsWith('$') ? 1 : 0; i < path.Length;)
        {
            var quoted = path.AsSpan(i).StartsWith("['");
            var start = i + (quoted ? 2 : 1);
            var end = quoted ? path.IndexOf("']", start, StringComparison.Ordinal)
                : path[i] == '[' ? path.IndexOf(']', start) : path.AsSpan(start)
                    .IndexOfAny('.', '[') is >= 0 and var at ? start + at : -1;
            if (end < 0) end = path.Length;
            pointer.Append('/').Append(path[start..end].Replace("~", "~0").Replace("/", "~1"));
            i = end + (quoted ? 2 : path[i] == '[' ? 1 : 0);
        }
        return pointer.ToString();
    }

    private sealed record Details(
        string Type, string Title, int Status, string Detail, string Instance, string TraceId,
            IReadOnlyList<Finding>? Errors);
}
