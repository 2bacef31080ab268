using System.Net;
using System.Text.Json;

namespace Xingchen.Tests.Integration.Life;

/// <summary>An act on the package of <see cref="LifePackage"/>: from what, how it is asked for, to what.</summary>
internal sealed record LifeAct(string Name, string From, string To, Func<LifeOrg, Task> Ask)
{
    private const string Package = "life-all";

    public static LifeAct[] All { get; } =
    [
        new("install", "", "1.0.0", org => org.PostAsync("/v1/installations",
            new { package = Package, version = "1.0.0" })),
        new("upgrade", "1.0.0", "1.1.0", UpgradeAsync),
        new("rollback", "1.1.0", "1.0.0", org => org.PostAsync($"/v1/installations/{Package}/rollback")),
        new("uninstall", "1.1.0", "", org => org.DeleteAsync("/v1/installations/" + Package)),
    ];

    /// <summary>An org that has what the act begins with, and a record of each object.</summary>
    public async Task<LifeOrg> BeginAsync(LifeCell cell)
    {
        var org = cell.NewOrg();
        if (From.Length == 0) return org;
        await org.FollowAsync(await org.PostAsync("/v1/installations", new { package = Package, version = "1.0.0" }));
        if (From == "1.1.0") await org.FollowAsync(await UpgradeAsync(org));
        foreach (var name in LifePackage.ObjectsOf(From).Keys) await org.NewAsync(name, new { title = name });
        return org;
    }

    /// <summary>Whether it is done, as the list of installations tells.</summary>
    public async Task<bool> IsDoneAsync(LifeOrg org)
    {
        var list = (await org.GetAsync("/v1/installations")).Expect(HttpStatusCode.OK).Json;
        var one = list.GetProperty("installations").EnumerateArray().ToList();
        return To.Length == 0 ? one.Count == 0 : one.Count == 1
            && one[0].GetProperty("status").GetString() == "active" && one[0].GetProperty("version").GetString() == To;
    }

    /// <summary>Asks for what is so already.</summary>
    public async Task AgainAsync(LifeOrg org)
    {
        if (To.Length == 0)
            (await org.DeleteAsync("/v1/installations/" + Package)).Expect(HttpStatusCode.NotFound);
        else
            (await org.PostAsync("/v1/installations", new { package = Package, version = To }))
                .Expect(HttpStatusCode.OK);
    }

    private static Task<Delivery.Reply> UpgradeAsync(LifeOrg org) =>
        org.PostAsync($"/v1/installations/{Package}/upgrade", new { version = "1.1.0" });

    /// <summary>The version that Metadata and Records both show whole.</summary>
    /// <exception cref="Xunit.Sdk.XunitException">A mixture.</exception>
    public async Task<string> ShownAsync(LifeOrg org)
    {
        for (var tried = 0; ; tried++)
        {
            var before = await MetadataAsync(org);
            var records = await RecordsAsync(org);
            if (before != await MetadataAsync(org) && tried < 20) continue; // it came into force in between
            var shown = new[] { "", "1.0.0", "1.1.0" }.FirstOrDefault(version => Written(version) == before);
            Assert.True(shown is not null, $"{Name}: Metadata shows a mixture: {before}");
            var expected = LifePackage.ObjectsOf(shown!);
            foreach (var (name, fields) in records)
                Assert.True(fields is null ? !expected.ContainsKey(name)
                    : fields.Length == 0 && expected.ContainsKey(name)
                        || expected.TryGetValue(name, out var own) && own.Order().SequenceEqual(fields.Order()),
                    $"{Name}: Metadata shows {shown}, Records of {name}: {string.Join(',', fields ?? ["absent"])}");
            return shown!;
        }
    }

    private static string Written(string version) => string.Join("; ", LifePackage.ObjectsOf(version)
        .Select(item => item.Key + ": " + string.Join(",", item.Value.Order(StringComparer.Ordinal)))
        .Order(StringComparer.Ordinal));

    private static async Task<string> MetadataAsync(LifeOrg org)
    {
        var objects = (await org.GetAsync("/v1/objects")).Expect(HttpStatusCode.OK).Json.GetProperty("objects");
        var written = new List<string>();
        foreach (var name in objects.EnumerateArray().Select(item => item.GetProperty("name").GetString()!))
        {
            var item = await org.GetAsync("/v1/objects/" + name);
            if (item.Status == HttpStatusCode.NotFound) return "changing";
            written.Add(name + ": " + string.Join(",", item.Json.GetProperty("fields").EnumerateArray()
                .Select(field => field.GetProperty("name").GetString()!).Order(StringComparer.Ordinal)));
        }
        return string.Join("; ", written.Order(StringComparer.Ordinal));
    }

    /// <summary>By object the fields that its record has; none where it has no record, null where there is no such
    /// object.</summary>
    private static async Task<List<(string Name, string[]? Fields)>> RecordsAsync(LifeOrg org)
    {
        string[] system = ["id", "object", "version", "createdAt", "createdBy", "modifiedAt", "modifiedBy"];
        var found = new List<(string, string[]?)>();
        foreach (var name in LifePackage.ObjectsOf("1.1.0").Keys)
        {
            var list = await org.GetAsync($"/v1/objects/{name}/records?limit=1");
            if (list.Status == HttpStatusCode.NotFound)
            {
                found.Add((name, null));
                continue;
            }
            var record = list.Expect(HttpStatusCode.OK).Json.GetProperty("records").EnumerateArray()
                .FirstOrDefault();
            found.Add((name, record.ValueKind == JsonValueKind.Undefined ? []
                : [.. record.EnumerateObject().Select(member => member.Name).Except(system)]));
        }
        return found;
    }
}
