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

    /// <summary>Makes a cell and its site known to the directory, and waits until calls for it arrive.</summary>
    /// <param name="cell"><c>idc/group</c>.</param>
    /// <returns>The group.</returns>
    public static async Task<string> CellAsync(ApiClient api, string cell, CancellationToken ct)
    {
        if (cell.Split('/') is not [var idc, var group])
            throw new CliException($"'{cell}' is no cell: say --cell IDC/GROUP.");
        await AddAsync(api, "/v1/idcs", new { code = idc }, ct);
        await AddAsync(api, "/v1/groups", new { code = group, idc }, ct);
        var there = (await api.GetAsync("/v1/groups", ct)).GetProperty("groups").EnumerateArray()
            .First(one => one.GetProperty("code").GetString() == group).GetProperty("idc").GetString();
        if (there != idc) throw new CliException($"The group {group} is of the IDC {there}, not of {idc}.");
        await UntilKnownAsync(api, group, ct);
        return group;
    }

    private static async Task AddAsync(ApiClient api, string path, object body, CancellationToken ct)
    {
        try
        {
            await api.PostAsync(path, body, ct);
        }
        catch (CliException problem) when (problem.Slug == "code-taken")
        {
            // It is there.
        }
    }

    /// <summary>Gateways learn of a new group within a second.</summary>
    private static async Task UntilKnownAsync(ApiClient api, string group, CancellationToken ct)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                await api.GetAsync($"/v1/groups/{group}/release", ct);
                return;
            }
            catch (CliException problem) when (problem.Slug == "not-found" && tries < 100)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), ct);
            }
        }
    }

    /// <summary>Packs, uploads and releases a standard package, and puts it in force for the cells that have no newer
    /// one.</summary>
    public static async Task StandardAsync(
        ApiClient api, string folder, IReadOnlyList<string> groups, CancellationToken ct)
    {
        var package = await PackageCommands.PushAsync(api, folder, quiet: true, ct);
        var older = new List<string>();
        foreach (var group in groups)
            if (!await HasNewerAsync(api, package, group, ct)) older.Add(group);
        if (older.Count > 0 && package.Status == "uploaded")
            await api.PostAsync($"/v1/packages/{package.Name}/{package.Version}/release", null, ct);
        foreach (var group in older)
            await api.PostAsync($"/v1/groups/{group}/release",
                new { package = package.Name, version = package.Version }, ct);
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
