using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;

namespace Xingchen.Testing.Campaign;

/// <summary>How a campaign is run.</summary>
/// <param name="Seed">Of every choice; the order in which workers meet is the machine's.</param>
/// <param name="Calls">How many calls, twins included.</param>
/// <param name="Workers">How many ask at once.</param>
/// <param name="MostFindings">After how many findings it ends.</param>
public sealed record CampaignOptions(ulong Seed, int Calls, int Workers = 16, int MostFindings = 20)
{
    /// <summary><c>XINGCHEN_CAMPAIGN_CALLS</c> and <c>XINGCHEN_CAMPAIGN_SEED</c>, or this many and a seed of its
    /// own.</summary>
    public static CampaignOptions FromEnvironment(int calls) => new(
        ulong.TryParse(Environment.GetEnvironmentVariable("XINGCHEN_CAMPAIGN_SEED"), out var seed)
            ? seed : (ulong)RandomNumberGenerator.GetInt32(int.MaxValue),
        int.TryParse(Environment.GetEnvironmentVariable("XINGCHEN_CAMPAIGN_CALLS"), out var many) ? many : calls);
}

/// <summary>What a campaign came to.</summary>
/// <param name="Statuses">How many answers of each status.</param>
public sealed record CampaignResult(
    ulong Seed, int Calls, TimeSpan Elapsed, IReadOnlyList<CampaignFinding> Findings,
    IReadOnlyDictionary<int, int> Statuses)
{
    public override string ToString() =>
        $"seed {Seed}: {Calls:N0} calls in {Elapsed.TotalSeconds:N0} s, {Calls / Elapsed.TotalSeconds:N0}/s; "
        + string.Join(", ", Statuses.OrderBy(status => status.Key).Select(status => $"{status.Key}: {status.Value:N0}"))
        + $"; {Findings.Count} findings\n{string.Join('\n', Findings)}";
}

/// <summary>Generated hostile calls of many accounts at once (promises 1 to 3 of docs/concepts/isolation.md).</summary>
public sealed class Campaign(CampaignWorld world, IReadOnlyList<CampaignRoute> routes, CampaignOptions options)
{
    private const int TwinEvery = 3;

    private readonly ConcurrentQueue<CampaignFinding> findings = new();
    private readonly ConcurrentDictionary<int, int> statuses = new();
    private int calls;

    /// <param name="write">Told the seed first.</param>
    /// <param name="ct">Ends it.</param>
    public async Task<CampaignResult> RunAsync(Action<string> write, CancellationToken ct)
    {
        write($"campaign: seed {options.Seed}, {options.Calls:N0} calls");
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, options.Workers)
            .Select(worker => Task.Run(() => WorkAsync(worker, ct), ct)));
        var elapsed = clock.Elapsed;
        if (findings.IsEmpty) await world.CheckAsync(findings.Enqueue, ct);
        var result = new CampaignResult(
            options.Seed, calls, elapsed, [.. findings.Take(options.MostFindings)], new Dictionary<int, int>(statuses));
        write(result.ToString());
        return result;
    }

    private async Task WorkAsync(int worker, CancellationToken ct)
    {
        var picks = new Picks(options.Seed * 1_000 + (ulong)worker);
        for (var step = 0; calls < options.Calls && findings.Count < options.MostFindings; step++)
        {
            var route = picks.Of(routes);
            if (route.IsRare && picks.Next(10) > 0) continue;
            var caller = picks.Of(world.Accounts);
            var filler = new CampaignFiller(world, caller, picks);
            foreach (var call in route.Calls)
            {
                if (filler.Fill(call) is not { } filled) break;
                await AskAsync(filler, caller, filled, $"worker {worker}, step {step}", picks.Next(TwinEvery) == 0, ct);
            }
        }
    }

    private async Task AskAsync(CampaignFiller filler, CampaignAccount caller, FilledCall call, string step,
        bool compare, CancellationToken ct)
    {
        var answer = await SendAsync(filler, caller, call, step, ct);
        if (!compare || call.Twin is null) return;
        var twin = await SendAsync(filler, caller, call.Twin, step, ct);
        if (answer.IsBusy || twin.IsBusy) return;
        var foreign = CampaignOracle.Neutral(answer, call.Sent);
        var never = CampaignOracle.Neutral(twin, call.Twin.Sent);
        // What tells ids apart does so each time; what others wrote between the two, such as a cost that grows with
        // the table, does not.
        for (var again = 0; foreign != never && call.Method == "GET" && again < 3; again++)
        {
            answer = await SendAsync(filler, caller, call, step, ct);
            twin = await SendAsync(filler, caller, call.Twin, step, ct);
            if (answer.IsBusy || twin.IsBusy) return;
            foreign = CampaignOracle.Neutral(answer, call.Sent);
            never = CampaignOracle.Neutral(twin, call.Twin.Sent);
        }
        if (foreign != never) Find("difference", step, caller, call, $"{foreign}\nand for what never was\n{never}");
    }

    private async Task<CampaignAnswer> SendAsync(
        CampaignFiller filler, CampaignAccount caller, FilledCall call, string step, CancellationToken ct)
    {
        Interlocked.Increment(ref calls);
        var answer = await caller.SendAsync(call.Method, call.Path, call.Body, call.MediaType, ct);
        statuses.AddOrUpdate(answer.Status, 1, (_, count) => count + 1);
        if (answer.Status >= 500 && !answer.IsBusy) Find("fault", step, caller, call, answer.Body);
        if (world.Oracle.Leak(caller, answer.Headers + "\n" + answer.Body, call.Sent) is { } leak)
            Find("leak", step, caller, call, $"{leak} in {answer.Status} {answer.Headers}\n{answer.Body}");
        if (answer.Status is < 200 or >= 300) return answer;
        if (call.Method == "DELETE") Removed(filler, caller, call, step);
        else if (answer.Json is { } json) Keep(filler, caller, call, json, step);
        return answer;
    }

    private void Removed(CampaignFiller filler, CampaignAccount caller, FilledCall call, string step)
    {
        if (filler.Made.TryGetValue("made", out var made) && call.Path.Contains(made, StringComparison.Ordinal))
            caller.Model.Removed(made);
        else
            Find("foreign write", step, caller, call, "A record that is not the caller's was deleted.");
    }

    /// <summary>Keeps what an answer told the caller of its own: records, jobs, cursors.</summary>
    private void Keep(CampaignFiller filler, CampaignAccount caller, FilledCall call, JsonElement json, string step)
    {
        if (call.Method == "GET")
        {
            if (!json.TryGetProperty("next", out var cursor) || cursor.GetString() is not { } next) return;
            filler.Made["next"] = next;
            caller.Pools[json.TryGetProperty("changes", out _) ? "change" : "list"].Add(next);
        }
        else if (json.TryGetProperty("results", out var results))
        {
            foreach (var result in results.EnumerateArray()) KeepResult(caller, call, result, step);
        }
        else if (call.Path.StartsWith("/v1/imports", StringComparison.Ordinal))
            world.KeepImport(caller, json.GetProperty("id").GetString()!);
        else if (json.TryGetProperty("id", out var id) && json.TryGetProperty("version", out _))
        {
            if (world.Oracle.IsForeign(caller, id.GetString()!))
            {
                Find("foreign write", step, caller, call, json.GetRawText());
                return;
            }
            world.Made(caller, json);
            filler.Made.TryAdd("made", id.GetString()!);
            if (call.Method != "POST") return;
            var isUnit = json.GetProperty("object").GetString() == world.ObjectName("unit");
            caller.Pools[isUnit ? "record" : "child"].Add(id.GetString()!);
        }
    }

    /// <summary>Keeps what one operation of a batch did: all but the record itself.</summary>
    private void KeepResult(CampaignAccount caller, FilledCall call, JsonElement result, string step)
    {
        if (!result.TryGetProperty("id", out var id) || !result.TryGetProperty("version", out var version)) return;
        if (world.Oracle.IsForeign(caller, id.GetString()!))
            Find("foreign write", step, caller, call, result.GetRawText());
        caller.Model.Wrote(id.GetString()!, version.GetInt64(), null);
        world.Owns(caller, id.GetString()!);
    }

    private void Find(string kind, string step, CampaignAccount caller, FilledCall call, string detail)
    {
        if (findings.Count < options.MostFindings)
            findings.Enqueue(new CampaignFinding(kind, $"seed {options.Seed}, {step}, {caller}", $"{call}\n{detail}"));
    }
}
