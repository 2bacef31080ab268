using System.Text;
using System.Text.Json;
using NuGet.Versioning;

namespace Xingchen.Cli;

/// <summary>What a new installation needs before its first user: the standard product in force; with the demo, an org
/// to try.</summary>
/// <remarks>Every step looks at what is there and does what is missing, so that a run that was killed is mended by the
/// next.</remarks>
internal static class Bootstrap
{
    private const string DemoOrg = "demo";
    private const string Prefix = "northwind__";

    /// <summary>Packs, uploads and releases a standard package, and puts it in force for a cell that has no newer
    /// one.</summary>
    public static async Task StandardAsync(ApiClient api, string folder, string group, CancellationToken ct)
    {
        var package = await PackageCommands.PushAsync(api, folder, quiet: true, ct);
        if (await HasNewerAsync(api, package, group, ct)) return;
        if (package.Status == "uploaded")
            await api.PostAsync($"/v1/packages/{package.Name}/{package.Version}/release", null, ct);
        await api.PostAsync($"/v1/groups/{group}/release", new { package = package.Name, version = package.Version },
            ct);
    }

    /// <summary>Whether the operator has put a later version in force since: a start does not take it back.</summary>
    private static async Task<bool> HasNewerAsync(
        ApiClient api, PushedPackage package, string group, CancellationToken ct)
    {
        var release = await api.GetAsync($"/v1/groups/{group}/release", ct);
        return release.GetProperty("packages").EnumerateArray().Any(there =>
            there.GetProperty("name").GetString() == package.Name
            && SemanticVersion.Parse(there.GetProperty("version").GetString()!)
                > SemanticVersion.Parse(package.Version));
    }

    /// <summary>Org <c>demo</c> with the sample package installed and loaded, and lines to try it with.</summary>
    public static async Task DemoAsync(ApiClient platform, string folder, string dataDirectory, CancellationToken ct)
    {
        var profile = await SignInAsync(platform, dataDirectory, ct);
        using var api = new ApiClient(profile);
        var package = await PackageCommands.PushAsync(api, folder, quiet: true, ct);
        if (package.Status == "uploaded")
            await api.PostAsync($"/v1/packages/{package.Name}/{package.Version}/release", null, ct);
        await PackageCommands.InstallAsync(api, package.Name, package.Version, ct);
        foreach (var (name, by, csv) in DemoData.Files()) await LoadAsync(api, Prefix + name, by, csv, ct);
        await ShowAsync(api, profile, dataDirectory, ct);
    }

    /// <summary>The demo org's client: stored where only the owner reads it, made anew where the file is
    /// gone.</summary>
    private static async Task<Profile> SignInAsync(ApiClient platform, string dataDirectory, CancellationToken ct)
    {
        var file = Path.Combine(dataDirectory, "demo.json");
        if (await ReadAsync(file, platform.Url, ct) is { } stored) return stored;
        JsonElement client;
        try
        {
            var org = await platform.PostAsync("/v1/orgs",
                new { code = DemoOrg, name = "Demo Trading", publisher = new { @namespace = "northwind" } }, ct);
            client = org.GetProperty("client");
        }
        catch (CliException problem) when (problem.Slug == "org-code-taken")
        {
            client = await platform.PostAsync($"/v1/orgs/{DemoOrg}/clients",
                new { name = "demo", scopes = new[] { "admin", "data", "publisher" } }, ct);
        }
        var profile = new Profile(
            platform.Url, client.GetProperty("clientId").GetString()!, client.GetProperty("clientSecret").GetString()!,
            "main");
        SecretFile.Write(file, JsonSerializer.Serialize(profile, JsonSerializerOptions.Web));
        return profile;
    }

    private static async Task<Profile?> ReadAsync(string file, string url, CancellationToken ct)
    {
        if (!File.Exists(file)) return null;
        var stored = JsonSerializer.Deserialize<Profile>(
            await File.ReadAllTextAsync(file, ct), JsonSerializerOptions.Web)! with { Url = url };
        using var api = new ApiClient(stored);
        try
        {
            await api.TokenAsync(ct);
            return stored;
        }
        catch (CliException)
        {
            return null; // of another database, or revoked
        }
    }

    private static async Task LoadAsync(ApiClient api, string name, string? by, string csv, CancellationToken ct)
    {
        var answer = await api.PostAsync("/v1/query", new { q = $"SELECT COUNT() FROM {name}" }, ct);
        var rows = csv.AsSpan().Count('\n') - 1;
        var there = answer.GetProperty("records")[0].GetProperty("expr0").GetInt64();
        if (there >= rows || (by is null && there > 0)) return;
        using var body = new MemoryStream(Encoding.UTF8.GetBytes(csv));
        await DataCommands.RunAsync(api, new ImportRequest(name, by is null ? "insert" : "upsert", by), body,
            "text/csv", ct);
    }

    private static async Task ShowAsync(ApiClient api, Profile profile, string dataDirectory, CancellationToken ct)
    {
        var headers = Path.Combine(dataDirectory, "demo.headers");
        SecretFile.Write(headers, "Authorization: Bearer " + await api.TokenAsync(ct) + "\n");
        const string Query = "SELECT \"order\".customer.country, SUM(unitPrice * quantity * (1 - discount)) AS revenue "
            + "FROM northwind__OrderDetail GROUP BY \"order\".customer.country ORDER BY revenue DESC LIMIT 5";
        var client = $"client_id={profile.ClientId} -d client_secret={profile.ClientSecret}";
        const string Orders = "objects/northwind__Order/records?limit=3&select=orderID,orderDate,customer.companyName";
        Console.WriteLine($"""

            Try it (the token in {headers} is good for one hour; the first line fetches another):

            curl -s {api.Url}/oauth/token -d grant_type=client_credentials -d {client}
            curl -s -H @{headers} '{api.Url}/v1/{Orders}'
            curl -s -H @{headers} -G '{api.Url}/v1/query' --data-urlencode 'q={Query}'

            """);
    }
}
