using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;
using Xingchen.Hosting;
using Xingchen.Records.Schemas;

namespace Xingchen.Records.Changes;

/// <summary>Streams that follow the log: server-sent events (HTML Living Standard, 9.2).</summary>
/// <remarks>
/// One event per change, its <c>id</c> the change's cursor, so that a client that comes again with
/// <c>Last-Event-ID</c> goes on behind the last one it has. A stream ends with the service, with its client, and after
/// <see cref="ChangeOptions.FollowSeconds"/>. Their number is bounded; all of an instance share one look at the
/// database per poll, and a follower asks for its account only where something happened in the cell.
/// </remarks>
internal sealed class ChangeFollowers(
    SchemaCache schemas, ChangeHorizon horizon, ChangeFeed feed, CursorSigner signer, IOptions<ChangeOptions> options,
    IHostApplicationLifetime lifetime, TimeProvider time)
{
    public const string MediaType = "text/event-stream";

    private readonly ConcurrentDictionary<AccountKey, int> accounts = new();
    private int count;

    /// <exception cref="ProblemException"><c>cursor-invalid</c>, <c>request-invalid</c>, <c>rate-limited</c>,
    /// <c>unavailable</c>; all before the stream begins.</exception>
    public async Task FollowAsync(HttpContext http, Caller who, ChangeRequest request, CancellationToken ct)
    {
        var caller = who.Key;
        // What the client has seen is newer than the address that it began with.
        var last = http.Request.Headers["Last-Event-ID"].ToString();
        var after = ChangeCursor.Open(signer, caller, last.Length > 0 ? last : request.After);
        var prefixes = await schemas.RunAsync(
            who, current => Task.FromResult(request.Prefixes(current.Schema)), ct);
        Enter(caller);
        try
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct, lifetime.ApplicationStopping);
            stop.CancelAfter(TimeSpan.FromSeconds(options.Value.FollowSeconds));
            await StreamAsync(http, who, request, after, prefixes, stop.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // Stopping, or long enough: the stream ends as it should, and the client comes again.
        }
        catch (Exception exception) when (
            http.Response.HasStarted && exception is NpgsqlException or TimeoutException or ProblemException)
        {
            // The database is away for the moment. The client comes again and is told.
        }
        finally
        {
            Leave(caller);
        }
    }

    private async Task StreamAsync(
        HttpContext http, Caller who, ChangeRequest request, long after, int[]? prefixes, CancellationToken ct)
    {
        http.Response.ContentType = MediaType;
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["X-Accel-Buffering"] = "no"; // a proxy that would collect does not
        var body = http.Response.BodyWriter;
        await body.WriteAsync(": following\n\n"u8.ToArray(), ct);
        var quiet = time.GetTimestamp();
        while (true)
        {
            var settled = await horizon.RecentAsync(ct);
            var page = await schemas.RunAsync(who, current =>
                feed.ReadAsync(who.Key, who.Key, current, after, settled, prefixes, request.Limit, ct), ct);
            after = page.Next;
            foreach (var change in page.Changes)
            {
                await body.WriteAsync(Event(change), ct);
                quiet = time.GetTimestamp();
            }
            if (time.GetElapsedTime(quiet).TotalSeconds >= options.Value.HeartbeatSeconds)
            {
                await body.WriteAsync(":\n\n"u8.ToArray(), ct);
                quiet = time.GetTimestamp();
            }
            if (page.IsLast) await Task.Delay(TimeSpan.FromMilliseconds(options.Value.PollMilliseconds), time, ct);
        }
    }

    /// <summary>JSON has no line break, so it is one line of data.</summary>
    private static byte[] Event(FeedChange change) =>
        [.. "id: "u8, .. System.Text.Encoding.ASCII.GetBytes(change.Cursor), .. "\ndata: "u8,
            .. change.Json.Span, .. "\n\n"u8];

    private void Enter(AccountKey caller)
    {
        var ofAccount = accounts.AddOrUpdate(caller, 1, (_, n) => n + 1);
        var all = Interlocked.Increment(ref count);
        if (ofAccount <= options.Value.FollowersPerAccount && all <= options.Value.Followers) return;
        Leave(caller);
        throw ofAccount > options.Value.FollowersPerAccount
            ? new ProblemException(Problems.RateLimited,
                $"An account has at most {options.Value.FollowersPerAccount} followers of its changes at a time.")
                { RetryAfterSeconds = 10 }
            : new ProblemException(Problems.Unavailable, "Too many follow changes here. Try again.")
                { RetryAfterSeconds = 5 };
    }

    private void Leave(AccountKey caller)
    {
        Interlocked.Decrement(ref count);
        if (accounts.AddOrUpdate(caller, 0, (_, n) => n - 1) <= 0)
            accounts.TryRemove(new KeyValuePair<AccountKey, int>(caller, 0));
    }
}
