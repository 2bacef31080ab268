using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xingchen.Testing;
using Xingchen.Testing.Http;

namespace Xingchen.Tests.EndToEnd;

/// <summary>Two sites on one machine: each org is served by its own, and a package comes to both as the same
/// file.</summary>
public sealed class TwoSitesTests(TwoSites sites, ITestOutputHelper output) : IClassFixture<TwoSites>
{
    [Fact]
    public async Task The_topology_names_both_sites_and_all_their_services()
    {
        var topology = (await sites.Operator.GetAsync("/v1/topology")).Expect(HttpStatusCode.OK).Json;
        Assert.Equal(["dev", "prod"], Codes(topology.GetProperty("idcs")));
        Assert.Equal(["dev", "prod"], Codes(topology.GetProperty("groups")));
        var services = topology.GetProperty("services").EnumerateArray().ToDictionary(
            service => service.GetProperty("appId").GetString()!,
            service => service.GetProperty("instances").GetArrayLength());
        foreach (var idc in (string[])["dev", "prod"])
            foreach (var service in (string[])["metadata", "records", "extensions"])
                Assert.Equal(1, services[$"{service}-{idc}"]);
        Assert.Equal(9, services.Count);
    }

    [Fact]
    public async Task What_is_of_one_site_is_not_there_for_the_other()
    {
        using var dev = await sites.Operator.CreateOrgAsync("alone-dev", group: "dev");
        using var prod = await sites.Operator.CreateOrgAsync("alone-prod", group: "prod");
        Assert.Equal("prod", (await prod.GetAsync("/v1/orgs/alone-prod")).Json.GetProperty("idc").GetString());
        foreach (var (own, group, other, otherGroup) in ((ApiCaller, string, ApiCaller, string)[])
            [(dev, "dev", prod, "prod"), (prod, "prod", dev, "dev")])
        {
            var name = $"Only of {group}";
            var id = await NewIdAsync(own, other, name);
            (await own.PutAsync($"/v1/metadata/objects/Customer/fields/c__{group}",
                new { type = "text", length = 10, label = new { en = group } })).Expect(HttpStatusCode.Created);

            // Its id is what an id is that never was.
            var absent = id[..^3] + (id.EndsWith("zzz", StringComparison.Ordinal) ? "yyy" : "zzz");
            var (path, absentPath) = ("/v1/records/" + id, "/v1/records/" + absent);
            foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Delete])
            {
                var (foreign, none) =
                    (await other.SendAsync(method, path), await other.SendAsync(method, absentPath));
                Assert.Equal(HttpStatusCode.NotFound, foreign.Status);
                Assert.Equal(TwoSites.Bare(none, absentPath), TwoSites.Bare(foreign, path));
            }
            (await own.GetAsync(path)).Expect(HttpStatusCode.OK);

            // Both sign in to an account `main` of their own, with a schema and records of their own.
            Assert.Empty(await other.QueryAsync($"SELECT name FROM Customer WHERE name = '{name}'"));
            Assert.DoesNotContain("c__" + group, (await other.GetAsync("/v1/objects/Customer")).Body,
                StringComparison.Ordinal);
            (await other.GetAsync($"/v1/metadata/objects/Customer/fields/c__{group}"))
                .Expect(HttpStatusCode.NotFound);
            Assert.NotEqual(0, await sites.RecordsWithAsync(group, name));
            Assert.Equal(0, await sites.RecordsWithAsync(otherGroup, name));
        }
    }

    [Fact]
    public async Task A_package_is_built_once_in_one_site_and_comes_to_the_other_as_the_same_file()
    {
        using var dev = await sites.Operator.CreateOrgAsync("maker", "twosites", "dev");
        using var prod = await sites.Operator.CreateOrgAsync("user", group: "prod");
        await using var devLoad = new SteadyLoad(dev);
        await using var prodLoad = new SteadyLoad(prod);
        var cli = new CommandLine(dev.Url, dev.ClientId, dev.ClientSecret);
        var folder = Path.Combine(sites.FolderPath, "package");
        await cli.RunAsync("new", folder, "--namespace", "twosites");

        var first = await PublishAsync(cli, dev, folder, "1.0.0");
        await InstallAsync(dev, "1.0.0");
        (await dev.PostAsync("/v1/objects/twosites__Task/records", new { subject = "Try it" }))
            .Expect(HttpStatusCode.Created);
        Assert.True(await IsVerifiedAsync("dev", first));
        Assert.False(File.Exists(sites.CachedAt("prod", first)));
        (await prod.GetAsync("/v1/objects/twosites__Task")).Expect(HttpStatusCode.NotFound);

        await InstallAsync(prod, "1.0.0");
        Assert.True(await IsVerifiedAsync("prod", first));
        Assert.Equal(first, await DigestAsync(prod, "1.0.0"));
        (await prod.PostAsync("/v1/objects/twosites__Task/records", new { subject = "Use it" }))
            .Expect(HttpStatusCode.Created);
        Assert.Single(await prod.QueryAsync("SELECT subject FROM twosites__Task"));

        // The next version, in dev alone until what runs there is promoted.
        Extend(folder, "1.1.0");
        var second = await PublishAsync(cli, dev, folder, "1.1.0");
        var (id, secret) = await sites.OperatorAsync();
        var @operator = new CommandLine(dev.Url, id, secret);
        foreach (var site in (string[])["dev", "prod"])
            (await sites.Operator.PutAsync("/v1/environments/" + site,
                new { idc = site, bakeSeconds = 1, waves = new[] { new { percent = 100 } } }))
                .Expect(HttpStatusCode.OK);
        await @operator.RunAsync("deploy", "package", "tasks@1.1.0", "twosites-tasks@1.1.0");
        await @operator.RunAsync("deploy", "set", "dev", "tasks@1.1.0", "--watch");
        Assert.True(await HasEffortAsync(dev));
        Assert.False(await HasEffortAsync(prod));
        Assert.Equal("1.0.0", await ActiveAsync(prod));
        Assert.False(File.Exists(sites.CachedAt("prod", second)));
        await @operator.RunAsync("deploy", "promote", "dev", "prod", "--watch");
        Assert.True(await HasEffortAsync(prod));
        Assert.Equal("1.1.0", await ActiveAsync(prod));
        Assert.True(await IsVerifiedAsync("prod", second));
        Assert.Contains("prod (prod): in-sync; tasks 1.1.0, promoted from dev",
            await @operator.RunAsync("deploy", "status"), StringComparison.Ordinal);
        Assert.Single(await prod.QueryAsync("SELECT subject, effort FROM twosites__Task"));

        await devLoad.StopAsync();
        await prodLoad.StopAsync();
        output.WriteLine($"Requests under way: dev {devLoad.Requests}, prod {prodLoad.Requests}; failed: "
            + $"{devLoad.Failures.Count + prodLoad.Failures.Count}");
        Assert.Empty(devLoad.Failures);
        Assert.Empty(prodLoad.Failures);
        Assert.True(devLoad.Requests > 20 && prodLoad.Requests > 20);
    }

    /// <summary>A record of one org with an id that the other has not: each cell counts ids for itself, so a number may
    /// be given in both, and is then each org's own record.</summary>
    private static async Task<string> NewIdAsync(ApiCaller own, ApiCaller other, string name)
    {
        for (var tries = 0; tries < 100; tries++)
        {
            var id = await TwoSites.NewCustomerAsync(own, name);
            var answer = await other.GetAsync("/v1/records/" + id);
            if (answer.Status == HttpStatusCode.NotFound) return id;
            Assert.NotEqual(name, answer.Expect(HttpStatusCode.OK).Json.GetProperty("name").GetString());
        }
        throw new InvalidOperationException("Every id is in both cells.");
    }

    /// <summary>Packs, uploads and releases a folder; gives the digest of the file.</summary>
    private async Task<string> PublishAsync(CommandLine cli, ApiCaller publisher, string folder, string version)
    {
        var file = Path.Combine(sites.FolderPath, version + ".xcpkg");
        await cli.RunAsync("pack", folder, "--output", file);
        await cli.RunAsync("push", file);
        await cli.RunAsync("release", "twosites-tasks@" + version);
        var digest = await DigestAsync(publisher, version);
        Assert.Equal(digest, await FileDigestAsync(file));
        return digest;
    }

    private static async Task InstallAsync(ApiCaller org, string version)
    {
        var asked = (await org.PostAsync("/v1/installations", new { package = "twosites-tasks", version }))
            .Expect(HttpStatusCode.Accepted).Json;
        await org.UntilAsync("/v1/installations/" + asked.GetProperty("id").GetString(), "active");
    }

    private async Task<bool> IsVerifiedAsync(string idc, string digest) => File.Exists(sites.CachedAt(idc, digest))
        && await FileDigestAsync(sites.CachedAt(idc, digest)) == digest;

    private static async Task<string> FileDigestAsync(string file)
    {
        await using var bytes = File.OpenRead(file);
        return "sha256:"
            + Convert.ToHexStringLower(await System.Security.Cryptography.SHA256.HashDataAsync(bytes));
    }

    private static async Task<string> DigestAsync(ApiCaller org, string version) =>
        (await org.GetAsync("/v1/packages/twosites-tasks/" + version)).Expect(HttpStatusCode.OK).Json
            .GetProperty("digest").GetString()!;

    private static async Task<string> ActiveAsync(ApiCaller org) => Assert.Single(
        (await org.GetAsync("/v1/installations")).Expect(HttpStatusCode.OK).Json.GetProperty("installations")
            .EnumerateArray()).GetProperty("version").GetString()!;

    private static async Task<bool> HasEffortAsync(ApiCaller org) =>
        (await org.GetAsync("/v1/objects/twosites__Task")).Expect(HttpStatusCode.OK).Json.GetProperty("fields")
            .EnumerateArray().Any(field => field.GetProperty("name").GetString() == "effort");

    /// <summary>The next version of the package has one field more.</summary>
    private static void Extend(string folder, string version)
    {
        Edit(Path.Combine(folder, "package.json"), json => json["version"] = version);
        Edit(Path.Combine(folder, "metadata", "objects", "twosites__Task.json"), json =>
            json["fields"]!.AsArray().Add(JsonNode.Parse(
                """{"name":"effort","type":"integer","label":{"en":"Effort","zh-CN":"工作量"}}""")));
    }

    private static void Edit(string file, Action<JsonNode> edit)
    {
        var json = JsonNode.Parse(File.ReadAllText(file))!;
        edit(json);
        File.WriteAllText(file, json.ToJsonString());
    }

    private static IEnumerable<string> Codes(JsonElement list) =>
        list.EnumerateArray().Select(one => one.GetProperty("code").GetString()!);
}
