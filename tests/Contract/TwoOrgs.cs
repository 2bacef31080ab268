using System.Net;
using System.Text.Json;
using Xingchen.Testing;
using Xingchen.Testing.Http;

namespace Xingchen.Tests.Contract;

/// <summary>Two orgs of identical shape; everything of the victim's carries <see cref="Canary"/>.</summary>
public sealed class TwoOrgs(HostFixture host) : IAsyncLifetime
{
    /// <summary>Text that must never reach anybody but the victim.</summary>
    public const string Canary = "canary-7f3a";

    public ApiCaller Attacker { get; private set; } = null!;

    public ApiCaller Victim { get; private set; } = null!;

    /// <summary>Another account of the attacker's own org, with records of its own.</summary>
    public ApiCaller Sibling { get; private set; } = null!;

    public Belongings Own { get; private set; } = null!;

    public Belongings Foreign { get; private set; } = null!;

    public Belongings SiblingOwn { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        using var @operator = await host.OperatorAsync();
        Attacker = await @operator.CreateOrgAsync("attacker");
        Victim = await @operator.CreateOrgAsync("victim");
        (await Attacker.PostAsync("/v1/orgs/attacker/accounts", new { code = "second", name = "Second" }))
            .Expect(HttpStatusCode.Created);
        Sibling = await ApiCaller.SignInAsync(Attacker.Url, Attacker.ClientId, Attacker.ClientSecret, "second");
        Own = await FillAsync(Attacker, "attacker", "mine", "c__HiddenA");
        Foreign = await FillAsync(Victim, "victim", Canary, "c__HiddenV");
        SiblingOwn = await FillAsync(Sibling, "attacker", "sibling-5b1c", "c__HiddenS");
    }

    public ValueTask DisposeAsync()
    {
        Attacker?.Dispose();
        Victim?.Dispose();
        Sibling?.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task<Belongings> FillAsync(ApiCaller api, string org, string mark, string hidden)
    {
        (await api.PutAsync("/v1/metadata/objects/c__Thing", JsonDocument.Parse("""
            {"name":"c__Thing","label":{"en":"Thing"},"pluralLabel":{"en":"Things"},"nameField":"title","fields":[
              {"name":"title","type":"text","length":80,"label":{"en":"Title"}},
              {"name":"code","type":"text","length":20,"unique":true,"label":{"en":"Code"}},
              {"name":"parent","type":"reference","references":["c__Thing"],"label":{"en":"Parent"}}]}
            """).RootElement)).Expect2xx();
        (await api.PutAsync("/v1/metadata/objects/c__Part", JsonDocument.Parse("""
            {"name":"c__Part","label":{"en":"Part"},"pluralLabel":{"en":"Parts"},"nameField":"title","fields":[
              {"name":"title","type":"text","length":80,"label":{"en":"Title"}},
              {"name":"thing","type":"masterDetail","references":["c__Thing"],"children":"parts",
               "required":true,"label":{"en":"Thing"}}]}
            """).RootElement)).Expect2xx();
        (await api.PutAsync("/v1/metadata/objects/" + hidden, new
        {
            name = hidden, label = new { en = mark }, pluralLabel = new { en = mark }, nameField = "title",
            fields = new[] { new { name = "title", type = "text", length = 80, label = new { en = mark } } },
        })).Expect2xx();
        var thing = await CreateAsync(api, new { title = mark, code = "T1", parts = new[] { new { title = mark } } });
        var binned = await CreateAsync(api, new { title = mark, code = "T2" });
        (await api.DeleteAsync($"/v1/records/{binned}")).Expect(HttpStatusCode.NoContent);
        for (var i = 0; i < 3; i++) await CreateAsync(api, new { title = mark, code = $"P{i}" });
        var list = (await api.GetAsync("/v1/objects/c__Thing/records?limit=1")).Expect(HttpStatusCode.OK).Json;
        var query = (await api.GetAsync("/v1/query?q=" + Uri.EscapeDataString("SELECT id, title FROM c__Thing")))
            .Expect(HttpStatusCode.OK).Json;
        Assert.True(query.GetProperty("records").GetArrayLength() >= 4);
        var changes = (await api.GetAsync("/v1/changes?limit=2")).Expect(HttpStatusCode.OK).Json;
        var import = await api.ImportAsync("object=c__Thing&mode=insert", $"title,code\n{mark},I1\n{mark},T1\n");
        var client = (await api.PostAsync($"/v1/orgs/{org}/clients", new { name = mark, scopes = new[] { "data" } }))
            .Expect(HttpStatusCode.Created).Json;
        return new Belongings(
            org, thing, binned, list.GetProperty("next").GetString()!, import.GetProperty("id").GetString()!,
            client.GetProperty("clientId").GetString()!, hidden, changes.GetProperty("next").GetString()!);
    }

    private static async Task<string> CreateAsync(ApiCaller api, object record) =>
        (await api.PostAsync("/v1/objects/c__Thing/records", record)).Expect(HttpStatusCode.Created)
            .Json.GetProperty("id").GetString()!;
}

/// <summary>What an org has that another might name.</summary>
/// <param name="Record">A live record, with a child.</param>
/// <param name="Binned">A record in the recycle bin.</param>
/// <param name="Object">A private object that only this account has.</param>
public sealed record Belongings(
    string OrgCode, string Record, string Binned, string ListCursor, string Import, string Client, string Object,
    string ChangeCursor);

internal static class AnswerExtensions
{
    public static Answer Expect2xx(this Answer answer)
    {
        Assert.True((int)answer.Status is >= 200 and < 300, $"{(int)answer.Status}: {answer.Body}");
        return answer;
    }
}
