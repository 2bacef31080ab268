using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Xingchen.Schema.Packages;
using Xingchen.Testing;
using Xingchen.Testing.Http;

namespace Xingchen.Benchmarks.Orgs;

/// <summary>What installing, planning an upgrade and upgrading cost, from the request to the installation that is
/// active, through the gateway of the whole system.</summary>
/// <param name="objects">Of the package, with ten fields each.</param>
/// <param name="samples">Orgs, one after the other.</param>
internal sealed class InstallsRun(int objects, int samples)
{
    private const string Package = "bench-installs", Namespace = "binst";
    private const int Fields = 10, WarmUps = 3;

    /// <summary>Between two looks at an installation: what is measured is no finer than that.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    /// <param name="file">Also writes the result there as JSON; null does not.</param>
    public async Task RunAsync(string? file)
    {
        await using var system = await WholeSystem.StartAsync();
        var publisher = await PublisherAsync(system);
        foreach (var version in (string[])["1.0.0", "1.1.0"]) await ReleaseAsync(publisher, version);
        var (install, plan, upgrade) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = -WarmUps; i < samples; i++)
        {
            using var org = await system.CreateOrgAsync(
                string.Create(CultureInfo.InvariantCulture, $"installs-{i + WarmUps}"));
            var times = (await TimeAsync(() => ActAsync(org, "", new { package = Package, version = "1.0.0" })),
                await TimeAsync(() => PlanAsync(org)),
                await TimeAsync(() => ActAsync(org, $"/{Package}/upgrade", new { version = "1.1.0" })));
            if (i < 0) continue;
            install.Add(times.Item1);
            plan.Add(times.Item2);
            upgrade.Add(times.Item3);
        }
        await ShowAsync([("install", install, 1_000), ("plan of an upgrade", plan, 500), ("upgrade", upgrade, 1_000)],
            file);
    }

    private async Task ShowAsync((string Act, List<double> Milliseconds, int Target)[] acts, string? file)
    {
        var rows = acts.Select(act => (act.Act, Timing: Timing.Of(act.Milliseconds), act.Target,
            Most: act.Milliseconds.Max())).ToList();
        Console.WriteLine($"{objects} objects of {Fields} fields, {samples} orgs\n");
        Console.WriteLine("| ms | p50 | p99 | most | target |\n|---|---|---|---|---|");
        foreach (var (act, timing, target, most) in rows)
            Console.WriteLine($"| {act} | {timing.P50:0} | {timing.P99:0} | {most:0} | {target} |");
        if (file is not null)
            await File.WriteAllTextAsync(file, JsonSerializer.Serialize(
                rows.Select(row => new { row.Act, row.Timing.P50, row.Timing.P99, row.Most, row.Target }),
                JsonSerializerOptions.Web));
    }

    private static async Task<double> TimeAsync(Func<Task> act)
    {
        var clock = Stopwatch.StartNew();
        await act();
        return clock.Elapsed.TotalMilliseconds;
    }

    private static async Task ActAsync(ApiCaller org, string path, object body)
    {
        var now = (await org.PostAsync("/v1/installations" + path, body)).Expect(HttpStatusCode.Accepted).Json;
        var id = now.GetProperty("id").GetString();
        while (now.GetProperty("status").GetString() is var status && status != "active")
        {
            if (status == "failed") throw new InvalidOperationException("It failed: " + now);
            await Task.Delay(Look);
            now = (await org.GetAsync("/v1/installations/" + id)).Expect(HttpStatusCode.OK).Json;
        }
    }

    private static async Task PlanAsync(ApiCaller org)
    {
        var plan = (await org.PostAsync("/v1/installations/plan", new { package = Package, version = "1.1.0" }))
            .Expect(HttpStatusCode.OK).Json;
        if (plan.GetProperty("blocked").GetArrayLength() > 0) throw new InvalidOperationException("Blocked: " + plan);
    }

    private static async Task<ApiCaller> PublisherAsync(WholeSystem system)
    {
        var (id, secret) = await system.Host.OperatorAsync();
        using var @operator = await ApiCaller.SignInAsync(system.Host.Url, id, secret);
        var made = (await @operator.PostAsync("/v1/orgs", new
        {
            code = "installs-publisher", name = "x", publisher = new { @namespace = Namespace },
        })).Expect(HttpStatusCode.Created).Json.GetProperty("client");
        return await ApiCaller.SignInAsync(system.Host.Url, made.GetProperty("clientId").GetString()!,
            made.GetProperty("clientSecret").GetString()!);
    }

    private async Task ReleaseAsync(ApiCaller publisher, string version)
    {
        var fields = Enumerable.Range(0, version == "1.0.0" ? Fields - 1 : Fields).Select(i => new
        {
            name = $"field{i}", type = "text", length = 80, indexed = i < 2, label = new { en = $"Field {i}" },
        }).Prepend(new { name = "title", type = "text", length = 80, indexed = false, label = new { en = "Title" } });
        var files = Enumerable.Range(0, objects).Select(i => new
        {
            name = $"{Namespace}__Object{i}", label = new { en = $"Object {i}" },
            pluralLabel = new { en = $"Objects {i}" }, nameField = "title", fields,
        }).Select(item => new PackageFile($"metadata/objects/{item.name}.json", Json(item)));
        await OrgFixture.ReleaseAsync(publisher, files.Prepend(new PackageFile("package.json",
            Json(new { name = Package, @namespace = Namespace, version }))));
    }

    private static byte[] Json(object item) => JsonSerializer.SerializeToUtf8Bytes(item);
}
