using System.Net;
using System.Text.Json;
using Xingchen.Tests.Integration.Records;

namespace Xingchen.Tests.Integration.Changes;

/// <summary>One change as a client reads it.</summary>
internal sealed record SeenChange(string Cursor, string Id, string Object, string Kind, string Record, long Version,
    JsonElement Fields);

/// <summary>Reads the feed as a client does.</summary>
internal static class ChangeReading
{
    public static async Task<(List<SeenChange> Changes, string Next)> ChangesAsync(
        this RecordsCaller caller, string? after = null, string more = "")
    {
        var reply = (await caller.GetAsync($"/v1/changes?{(after is null ? "" : "after=" + after)}{more}"))
            .Expect(HttpStatusCode.OK);
        return ([.. reply.Json.GetProperty("changes").EnumerateArray().Select(Seen)], reply.Text("next"));
    }

    /// <summary>Everything from a cursor on, page by page.</summary>
    public static async Task<(List<SeenChange> Changes, string Next)> AllChangesAsync(
        this RecordsCaller caller, string? after = null, int limit = 2000)
    {
        var all = new List<SeenChange>();
        while (true)
        {
            var (changes, next) = await caller.ChangesAsync(after, "&limit=" + limit);
            all.AddRange(changes);
            after = next;
            if (changes.Count == 0) return (all, next);
        }
    }

    /// <summary>Reads until there are so many: other databases of the same server may hold settlement up.</summary>
    public static async Task<(List<SeenChange> Changes, string Next)> ReadAsync(
        this RecordsCaller caller, int count, string? after = null, int limit = 2000)
    {
        var all = new List<SeenChange>();
        for (var tries = 0; all.Count < count && tries < 600; tries++)
        {
            var (changes, next) = await caller.AllChangesAsync(after, limit);
            all.AddRange(changes);
            after = next;
        }
        return (all, after!);
    }

    public static SeenChange Seen(JsonElement change) => new(
        change.GetProperty("cursor").GetString()!, change.GetProperty("id").GetString()!,
        change.GetProperty("object").GetString()!, change.GetProperty("kind").GetString()!,
        change.GetProperty("record").GetString()!, change.GetProperty("version").GetInt64(),
        change.GetProperty("fields"));
}
