using System.Net;
using System.Text.Json;
using Xingchen.Tests.Integration.Records;

namespace Xingchen.Tests.Integration.Batches;

/// <summary>Sends batches and reads their results.</summary>
internal static class BatchReplies
{
    public static Task<RecordsReply> BatchAsync(this RecordsCaller caller, params string[] operations) =>
        caller.PostAsync("/v1/batch", $$"""{"operations":[{{string.Join(',', operations)}}]}""");

    public static Task<RecordsReply> EachAsync(this RecordsCaller caller, params string[] operations) =>
        caller.PostAsync("/v1/batch", $$"""{"atomic":false,"operations":[{{string.Join(',', operations)}}]}""");

    public static string Create(string item, string record, string? name = null) =>
        $$"""{"op":"create","object":"{{item}}"{{As(name)}},"record":{{record}} }""";

    public static string Upsert(string item, string by, string record, string? name = null) =>
        $$"""{"op":"upsert","object":"{{item}}","by":"{{by}}"{{As(name)}},"record":{{record}} }""";

    public static string Update(string id, string record, string? item = null) =>
        $$"""{"op":"update"{{Of(item)}},"id":"{{id}}","record":{{record}} }""";

    public static string Delete(string id, string? item = null) =>
        $$"""{"op":"delete"{{Of(item)}},"id":"{{id}}"}""";

    private static string As(string? name) => name is null ? "" : $",\"as\":\"{name}\"";

    private static string Of(string? item) => item is null ? "" : $",\"object\":\"{item}\"";

    public static List<JsonElement> Results(this RecordsReply reply) =>
        [.. reply.Expect(HttpStatusCode.OK).Json.GetProperty("results").EnumerateArray()];

    public static string Id(this JsonElement result) => result.GetProperty("id").GetString()!;

    /// <summary>Each result as its status and, for a problem, its slug and its findings as <c>pointer
    /// code</c>.</summary>
    public static List<string> Outcomes(this RecordsReply reply) => [.. reply.Results().Select(Outcome)];

    public static string Outcome(JsonElement result)
    {
        var status = result.GetProperty("status").GetInt32();
        if (!result.TryGetProperty("problem", out var problem))
        {
            Assert.InRange(status, 200, 299);
            return $"{status} v{result.GetProperty("version").GetInt64()}";
        }
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.False(result.TryGetProperty("id", out _));
        var said = $"{status} {problem.GetProperty("type").GetString()!["/problems/".Length..]}";
        return problem.TryGetProperty("errors", out var errors)
            ? said + ": " + string.Join(", ", errors.EnumerateArray()
                .Select(error => $"{Pointer(error)} {error.GetProperty("code").GetString()}")
                .Order(StringComparer.Ordinal))
            : said;
    }

    private static string? Pointer(JsonElement error) =>
        error.TryGetProperty("pointer", out var pointer) ? pointer.GetString() : "-";
}
