using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using Xingchen.Schema.Packages;
using Xingchen.Testing.Http;

namespace Xingchen.Benchmarks.Orgs;

/// <summary>Promise 10: an upgrade of many accounts in one rollout under load, and a bad version after it.</summary>
/// <param name="accounts">Orgs with one account each, all of which have the package.</param>
/// <param name="connections">How many call at once, each an org of its own drawing.</param>
/// <param name="bakeSeconds">How long each account is watched.</param>
internal sealed class RolloutRun(int accounts, int connections, int bakeSeconds)
{
    private const string Package = "bench-rollout", Namespace = "brol";
    private const string Extra = """,{"name":"extra","type":"text","length":20,"label":{"en":"Extra"}}""";
    private const long Stride = 7_919; // a prime: callers meet all orgs, in an order of their own

    private readonly ConcurrentQueue<(double Seconds, double Milliseconds, HttpStatusCode Status)> answers = new();
    private readonly Stopwatch clock = Stopwatch.StartNew();

    /// <param name="file">Also writes the result there as JSON; null does not.</param>
    public async Task RunAsync(string? file)
    {
        await using var system = await WholeSystem.StartAsync();
        var (id, secret) = await system.Host.OperatorAsync();
        using var @operator = await ApiCaller.SignInAsync(system.Host.Url, id, secret);
        using var publisher = await @operator.CreateOrgAsync("rollout-publisher", Namespace);
        await ReleaseAsync(publisher, "1.0.0", "");
        await ReleaseAsync(publisher, "1.1.0", Extra);
        await ReleaseAsync(publisher, "2.0.0", Extra,
            $$"""{"name":"{{Namespace}}__never","object":"{{Namespace}}__Thing","condition":"title <> 'nobody'",""" +
            """ "message":{"en":"Nothing is right any more."}}""");
        var orgs = await FillAsync(@operator);
        using var stop = new CancellationTokenSource();
        var calls = Enumerable.Range(0, connections).Select(c => CallAsync(orgs, c, stop.Token)).ToList();
        await Task.Delay(TimeSpan.FromSeconds(10));
        var began = clock.Elapsed.TotalSeconds;
        var good = await RollOutAsync(
            publisher, "1.1.0", [new { percent = 1 }, new { percent = 10 }, new { percent = 100 }]);
        var done = clock.Elapsed.TotalSeconds;
        var bad = await RollOutAsync(publisher, "2.0.0", [new { percent = 1 }, new { percent = 100 }]);
        await stop.CancelAsync();
        await Task.WhenAll(calls);
        await ShowAsync(good, bad, began, done, file);
    }

    private async Task ShowAsync(JsonElement good, JsonElement bad, double began, double done, string? file)
    {
        var before = answers.Where(a => a.Seconds < began).ToList();
        var during = answers.Where(a => a.Seconds >= began && a.Seconds < done).ToList();
        var after = answers.Where(a => a.Seconds >= done).ToList();
        var refused = after.Where(a => a.Status == HttpStatusCode.UnprocessableEntity).Select(a => a.Seconds).ToList();
        var result = new
        {
            accounts, bakeSeconds, seconds = Math.Round(done - began, 1), good = good.GetProperty("status").GetString(),
            requests = during.Count, failed = during.Count(a => a.Status != HttpStatusCode.Created),
            before = Timing.Of(before.Select(a => a.Milliseconds)),
            during = Timing.Of(during.Select(a => a.Milliseconds)),
            bad = bad.GetProperty("status").GetString(),
            badAccounts = Count(bad, "rolled-back") + Count(bad, "healthy"), refused = refused.Count,
            refusedSeconds = refused.Count == 0 ? 0 : Math.Round(refused.Max() - refused.Min(), 1),
            brokenLater = after.Count(a => (int)a.Status >= 500),
        };
        Console.WriteLine($"""
            | {accounts} accounts in three waves of {bakeSeconds} s | |
            |---|---|
            | seconds, status | {result.seconds}, {result.good} |
            | requests meanwhile, failed | {result.requests}, {result.failed} |
            | ms of a request before, p50 and p99 | {result.before.P50:0.0}, {result.before.P99:0.0} |
            | meanwhile | {result.during.P50:0.0}, {result.during.P99:0.0} |
            | a bad version: status, accounts that had it | {result.bad}, {result.badAccounts} |
            | requests refused, seconds from the first to the last | {result.refused}, {result.refusedSeconds} |
            """);
        if (file is not null)
            await File.WriteAllTextAsync(file, JsonSerializer.Serialize(result, JsonSerializerOptions.Web));
    }

    private async Task<List<ApiCaller>> FillAsync(ApiCaller @operator)
    {
        var orgs = new ConcurrentBag<ApiCaller>();
        await Parallel.ForAsync(0, accounts, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (number, _) =>
        {
            var code = $"rollout-{number}";
            var made = await OrgFixture.PatientlyAsync(
                () => @operator.PostAsync("/v1/orgs", new { code, name = code }));
            var client = made.Expect(HttpStatusCode.Created).Json.GetProperty("client");
            var org = await ApiCaller.SignInAsync(@operator.Url, client.GetProperty("clientId").GetString()!,
                client.GetProperty("clientSecret").GetString()!);
            var asked = (await OrgFixture.PatientlyAsync(() => org.PostAsync("/v1/installations",
                new { package = Package, version = "1.0.0" }))).Expect(HttpStatusCode.Accepted).Json;
            await org.UntilAsync("/v1/installations/" + asked.GetProperty("id").GetString(), "active");
            orgs.Add(org);
            if (orgs.Count % 100 == 0)
                await Console.Error.WriteLineAsync($"{orgs.Count} of {accounts}, {clock.Elapsed.TotalSeconds:0} s");
        });
        return [.. orgs];
    }

    /// <summary>Creates records in one org after the other.</summary>
    private async Task CallAsync(List<ApiCaller> orgs, int connection, CancellationToken ct)
    {
        for (var i = 0; !ct.IsCancellationRequested; i++)
        {
            var began = clock.Elapsed;
            var answer = await orgs[(int)((connection * 131L + i * Stride) % orgs.Count)]
                .PostAsync($"/v1/objects/{Namespace}__Thing/records", new { title = "x" });
            answers.Enqueue((began.TotalSeconds, (clock.Elapsed - began).TotalMilliseconds, answer.Status));
        }
    }

    private async Task<JsonElement> RollOutAsync(ApiCaller publisher, string version, object[] waves)
    {
        var started = (await publisher.PostAsync("/v1/rollouts",
            new { package = Package, version, bakeSeconds, waves })).Expect(HttpStatusCode.Created).Json;
        while (true)
        {
            var now = (await publisher.GetAsync("/v1/rollouts/" + started.GetProperty("id").GetString()))
                .Expect(HttpStatusCode.OK).Json;
            var isMoving = Count(now, "upgrading") + Count(now, "baking") + Count(now, "rolling-back") > 0;
            if (now.GetProperty("status").GetString() != "running" && !isMoving) return now;
            await Task.Delay(200);
        }
    }

    private static long Count(JsonElement rollout, string status) => rollout.GetProperty("waves").EnumerateArray()
        .Sum(w => w.GetProperty("accounts").TryGetProperty(status, out var count) ? count.GetInt64() : 0);

    private static async Task ReleaseAsync(ApiCaller publisher, string version, string field, string? rule = null)
    {
        var thing = $$$"""
            {"name":"{{{Namespace}}}__Thing","label":{"en":"Thing"},"pluralLabel":{"en":"Things"},"nameField":"title",
             "fields":[{"name":"title","type":"text","length":80,"label":{"en":"Title"}}{{{field}}}]}
            """;
        var files = new List<PackageFile>
        {
            new("package.json", JsonSerializer.SerializeToUtf8Bytes(
                new { name = Package, @namespace = Namespace, version })),
            new("metadata/objects/Thing.json", Encoding.UTF8.GetBytes(thing)),
        };
        if (rule is not null) files.Add(new("metadata/validation-rules/never.json", Encoding.UTF8.GetBytes(rule)));
        await OrgFixture.ReleaseAsync(publisher, files);
    }
}
