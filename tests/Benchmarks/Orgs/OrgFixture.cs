using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Xingchen.Schema.Packages;
using Xingchen.Testing;
using Xingchen.Testing.Http;

namespace Xingchen.Benchmarks.Orgs;

/// <summary>Gives an installation orgs of the <see cref="OrgSpread"/>, through its public API and nothing
/// else.</summary>
/// <remarks>Every step looks at what is there, so that a run that was ended is carried on by the next.</remarks>
/// <param name="url">Of the gateway.</param>
/// <param name="client">The platform operator's.</param>
/// <param name="seed">Of the spread.</param>
/// <param name="connections">How many orgs are made at once.</param>
internal sealed class OrgFixture(Uri url, (string Id, string Secret) client, int seed, int connections)
{
    private const string Package = "northwind", Version = "1.0.0";
    private const int Chunk = 500; // between two lines of progress, and two tokens of the operator

    private HashSet<string> existing = [];

    /// <summary>Makes the orgs of these numbers where they are not there, with what their plan says.</summary>
    /// <returns>How many orgs are new, and seconds.</returns>
    public async Task<(int Created, double Seconds)> FillAsync(int from, int to)
    {
        var clock = Stopwatch.StartNew();
        using (var first = await SignInAsync())
        {
            await PublishAsync(first);
            existing = await CodesAsync(first);
        }
        var created = 0;
        for (var start = from; start < to; start += Chunk)
        {
            using var @operator = await SignInAsync();
            var end = Math.Min(to, start + Chunk);
            await Parallel.ForAsync(start, end, new ParallelOptions { MaxDegreeOfParallelism = connections },
                async (number, _) =>
                {
                    if (await MakeAsync(@operator, OrgSpread.Of(seed, number))) Interlocked.Increment(ref created);
                });
            await Console.Error.WriteLineAsync($"{end:N0} of {to:N0} orgs, {clock.Elapsed.TotalSeconds:0} s");
        }
        return (created, clock.Elapsed.TotalSeconds);
    }

    private Task<ApiCaller> SignInAsync() => ApiCaller.SignInAsync(url, client.Id, client.Secret);

    /// <returns>Whether the org was not there.</returns>
    private async Task<bool> MakeAsync(ApiCaller @operator, OrgPlan plan)
    {
        var isNew = !existing.Contains(plan.Code);
        if (!isNew && plan.IsPlain) return false;
        var org = isNew
            ? await PatientlyAsync(() => @operator.PostAsync("/v1/orgs", new { code = plan.Code, name = plan.Code }))
            : null;
        // Taken: an answer before this one was lost, and its secret with it.
        var made = org is { Problem: not "org-code-taken" }
            ? org.Expect(HttpStatusCode.Created).Json.GetProperty("client")
            : (await PatientlyAsync(() => @operator.PostAsync($"/v1/orgs/{plan.Code}/clients",
                new { name = "fixture", scopes = new[] { "admin", "data" } }))).Expect(HttpStatusCode.Created).Json;
        if (plan.IsPlain) return isNew;
        using var api = await ApiCaller.SignInAsync(
            url, made.GetProperty("clientId").GetString()!, made.GetProperty("clientSecret").GetString()!);
        if (plan.HasPackage) await InstallAsync(api);
        for (var i = 0; i < OrgSpread.Objects.Count; i++) await AddFieldsAsync(api, plan, i);
        return isNew;
    }

    private static async Task InstallAsync(ApiCaller api)
    {
        var asked = await PatientlyAsync(() =>
            api.PostAsync("/v1/installations", new { package = Package, version = Version }));
        if (asked.Status == HttpStatusCode.OK) return; // a run before this one
        var id = asked.Expect(HttpStatusCode.Accepted).Json.GetProperty("id").GetString();
        await api.UntilAsync("/v1/installations/" + id, "active");
    }

    /// <summary>An overlay with this object's share of the org's fields; no two orgs have equal ones.</summary>
    private static async Task AddFieldsAsync(ApiCaller api, OrgPlan plan, int at)
    {
        var fields = Enumerable.Range(0, plan.Fields).Where(i => i % OrgSpread.Objects.Count == at)
            .Select(i => new
            {
                name = $"c__f{i}", type = "text", length = 40, label = new { en = $"{plan.Code} {i}" },
            });
        if (plan.Fields <= at) return;
        (await PatientlyAsync(() => api.PutAsync($"/v1/metadata/objects/{OrgSpread.Objects[at]}",
            new { overlays = OrgSpread.Objects[at], fields }))).Expect(HttpStatusCode.OK);
    }

    /// <summary>Asks again, as Retry-After says, where a machine under load is not available for the moment.</summary>
    public static async Task<Answer> PatientlyAsync(Func<Task<Answer>> ask)
    {
        for (var tried = 1; ; tried++)
        {
            var answer = await ask();
            if (answer.Status != HttpStatusCode.ServiceUnavailable || tried == 30) return answer;
            await Task.Delay(answer.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(1));
        }
    }

    /// <summary>The codes of all orgs.</summary>
    private static async Task<HashSet<string>> CodesAsync(ApiCaller @operator)
    {
        var codes = new HashSet<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            var after = cursor.Length == 0 ? "" : "&cursor=" + Uri.EscapeDataString(cursor);
            var page = (await @operator.GetAsync("/v1/orgs?limit=1000" + after)).Expect(HttpStatusCode.OK).Json;
            foreach (var org in page.GetProperty("orgs").EnumerateArray())
                codes.Add(org.GetProperty("code").GetString()!);
            cursor = page.GetProperty("next").GetString();
        }
        return codes;
    }

    /// <summary>The sample package, released by a publisher of its own, where nobody has released it.</summary>
    private async Task PublishAsync(ApiCaller @operator)
    {
        var there = await @operator.GetAsync($"/v1/packages/{Package}/{Version}");
        if (there.Status == HttpStatusCode.OK && there.Json.GetProperty("status").GetString() == "released") return;
        const string Code = "fixture-publisher";
        var org = await @operator.PostAsync("/v1/orgs",
            new { code = Code, name = Code, publisher = new { @namespace = Package } });
        var made = org.Problem == "org-code-taken"
            ? (await @operator.PostAsync($"/v1/orgs/{Code}/clients",
                new { name = "fixture", scopes = new[] { "publisher" } })).Expect(HttpStatusCode.Created).Json
            : org.Expect(HttpStatusCode.Created).Json.GetProperty("client");
        using var api = await ApiCaller.SignInAsync(
            url, made.GetProperty("clientId").GetString()!, made.GetProperty("clientSecret").GetString()!);
        await ReleaseAsync(api, "isv/northwind", file => file.Content);
    }

    /// <summary>Packs a folder of <c>metadata</c>, uploads and releases it.</summary>
    /// <param name="api">Its publisher.</param>
    /// <param name="folder">Below <c>metadata</c>.</param>
    /// <param name="change">What to put in the place of a file's content.</param>
    public static async Task ReleaseAsync(
        ApiCaller api, string folder, Func<PackageFile, ReadOnlyMemory<byte>> change)
    {
        var root = Path.Combine(HostProcess.Repository, "metadata", folder);
        var files = Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
            .Select(file => new PackageFile(
                Path.GetRelativePath(root, file).Replace('\\', '/'), File.ReadAllBytes(file)))
            .Where(file => PackageLayout.Belongs(file.Path));
        await ReleaseAsync(api, files.Select(file => file with { Content = change(file) }));
    }

    /// <summary>Packs files, uploads and releases them.</summary>
    public static async Task ReleaseAsync(ApiCaller api, IEnumerable<PackageFile> files)
    {
        using var packed = new MemoryStream();
        PackageWriter.Pack(files, packed);
        using var body = new ByteArrayContent(packed.ToArray());
        body.Headers.ContentType = new MediaTypeHeaderValue("application/zip");
        var pushed = await api.SendAsync(HttpMethod.Post, "/v1/packages", body);
        if (pushed.Status != HttpStatusCode.OK) pushed.Expect(HttpStatusCode.Created);
        var (name, version) = (pushed.Json.GetProperty("name").GetString(), pushed.Json.GetProperty("version"));
        if (pushed.Json.GetProperty("status").GetString() == "uploaded")
            (await api.PostAsync($"/v1/packages/{name}/{version.GetString()}/release")).Expect(HttpStatusCode.OK);
    }
}
