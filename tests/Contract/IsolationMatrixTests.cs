using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xingchen.Testing.Http;

namespace Xingchen.Tests.Contract;

/// <summary>Every route, with every place an id can stand, asked with an id of another org, of another account of the
/// same org, and with one that never existed: the answers must be equal byte for byte, but for the id itself and the
/// trace id.</summary>
public sealed class IsolationMatrixTests(TwoOrgs orgs) : IClassFixture<TwoOrgs>
{
    /// <summary>Method, path and body with <c>{record}</c>, <c>{import}</c>, … where the id stands; <c>{own}</c> is the
    /// caller's.</summary>
    public static TheoryData<string, string, string?> Rows { get; } = new()
    {
        { "GET", "/v1/records/{record}", null },
        { "GET", "/v1/records/{record}?expand=parts", null },
        { "GET", "/v1/records/{record}?expand=parts&asOf={now}", null },
        { "GET", "/v1/records/{binned}?asOf={now}", null },
        { "GET", "/v1/records/{record}/history", null },
        { "GET", "/v1/records/{binned}/history", null },
        { "GET", "/v1/objects/c__Thing/records/{record}/history?limit=1", null },
        { "GET", "/v1/objects/c__Thing/records?filter=id%20%3D%20'{record}'&asOf={now}", null },
        { "GET", "/v1/query?asOf={now}&q=SELECT%20COUNT()%20FROM%20c__Part%20WHERE%20thing%20%3D%20'{record}'", null },
        { "GET", "/v1/exports?asOf={now}&q=SELECT%20title%20FROM%20c__Thing%20WHERE%20id%20%3D%20'{record}'", null },
        { "PATCH", "/v1/records/{record}", """{"title":"x"}""" },
        { "DELETE", "/v1/records/{record}", null },
        { "DELETE", "/v1/records/{record}?purge=true", null },
        { "GET", "/v1/objects/c__Thing/records/{record}", null },
        { "PATCH", "/v1/objects/c__Thing/records/{record}", """{"title":"x"}""" },
        { "DELETE", "/v1/objects/c__Thing/records/{record}", null },
        { "GET", "/v1/objects/c__Part/records/{record}", null },
        { "GET", "/v1/records/{binned}", null },
        { "POST", "/v1/objects/c__Thing/records/{binned}/restore", null },
        { "POST", "/v1/records/{binned}/restore", null },
        { "DELETE", "/v1/records/{binned}?purge=true", null },
        { "POST", "/v1/objects/c__Thing/records", """{"title":"x","parent":"{record}"}""" },
        { "POST", "/v1/objects/c__Thing/records", """{"title":"x","parent":"{binned}"}""" },
        { "POST", "/v1/objects/c__Part/records", """{"title":"x","thing":"{record}"}""" },
        { "PATCH", "/v1/records/{own}", """{"parent":"{record}"}""" },
        { "PUT", "/v1/objects/c__Thing/records/by/code/T1", """{"parent":"{record}"}""" },
        { "GET", "/v1/objects/c__Thing/records?filter=id%20%3D%20'{record}'", null },
        { "GET", "/v1/objects/c__Thing/records?filter=parent%20%3D%20'{record}'&count=true", null },
        { "GET", "/v1/query?q=SELECT%20id%20FROM%20c__Thing%20WHERE%20id%20%3D%20'{record}'", null },
        { "GET", "/v1/query?q=SELECT%20COUNT()%20FROM%20c__Part%20WHERE%20thing%20%3D%20'{record}'", null },
        { "POST", "/v1/query",
            """{"q":"SELECT title FROM c__Thing WHERE id IN (:ids)","params":{"ids":["{record}"]}}""" },
        { "POST", "/v1/batch", """{"operations":[{"op":"update","id":"{record}","record":{"title":"x"}}]}""" },
        { "POST", "/v1/batch",
            """{"operations":[{"op":"update","object":"c__Thing","id":"{record}","record":{"title":1}}]}""" },
        { "POST", "/v1/batch", """{"operations":[{"op":"delete","object":"c__Thing","id":"{record}"}]}""" },
        { "POST", "/v1/batch",
            """{"operations":[{"op":"create","object":"c__Thing","record":{"title":"x","parent":"{record}"}}]}""" },
        { "POST", "/v1/batch",
            """{"operations":[{"op":"create","object":"c__Part","record":{"title":"x","thing":"{binned}"}}]}""" },
        { "POST", "/v1/batch", """
            {"operations":[{"op":"upsert","object":"c__Thing","by":"code","record":{"code":"T1","parent":"{record}"}}]}
            """ },
        { "POST", "/v1/batch", """{"operations":[{"op":"create","object":"{object}","record":{"title":"x"}}]}""" },
        { "POST", "/v1/batch", """
            {"atomic":false,"operations":[{"op":"delete","id":"{record}"},{"op":"update","id":"{binned}","record":{}},
             {"op":"update","id":"{own}","record":{"parent":"{record}"}}]}
            """ },
        { "GET", "/v1/exports?q=SELECT%20title%20FROM%20c__Thing%20WHERE%20id%20%3D%20'{record}'", null },
        { "GET", "/v1/exports?q=SELECT%20thing.title%20FROM%20c__Part%20WHERE%20thing%20%3D%20'{record}'", null },
        { "POST", "/v1/exports",
            """{"q":"SELECT title FROM c__Thing WHERE id IN (:ids)","params":{"ids":["{record}"]}}""" },
        { "GET", "/v1/exports?q=SELECT%20id%20FROM%20{object}", null },
        { "GET", "/v1/objects/{object}", null },
        { "GET", "/v1/openapi.json", null },
        { "GET", "/v1/objects/{object}/records", null },
        { "GET", "/v1/objects/{object}/indexes", null },
        { "POST", "/v1/objects/{object}/records", """{"title":"x"}""" },
        { "GET", "/v1/metadata/objects/{object}", null },
        { "GET", "/v1/metadata/objects/{object}?explain=true", null },
        { "DELETE", "/v1/metadata/objects/{object}", null },
        { "PUT", "/v1/metadata/objects/{object}/fields/c__x", """{"type":"integer","label":{"en":"x"}}""" },
        { "GET", "/v1/pages/{object}/list", null },
        { "GET", "/v1/query?q=SELECT%20COUNT()%20FROM%20{object}", null },
        { "GET", "/v1/changes?objects={object}", null },
        { "POST", "/v1/imports?object={object}", "title\nx\n" },
        { "GET", "/v1/imports/{import}", null },
        { "GET", "/v1/imports/{import}/failures", null },
        { "GET", "/v1/orgs/{org}", null },
        { "PATCH", "/v1/orgs/{org}", """{"name":"x"}""" },
        { "DELETE", "/v1/orgs/{org}", null },
        { "GET", "/v1/orgs/{org}/accounts", null },
        { "POST", "/v1/orgs/{org}/accounts", """{"code":"third","name":"x"}""" },
        { "PATCH", "/v1/orgs/{org}/accounts/main", """{"timeZone":"Asia/Tokyo"}""" },
        { "GET", "/v1/orgs/{org}/clients", null },
        { "POST", "/v1/orgs/{org}/clients", """{"name":"x","scopes":["data"]}""" },
        { "GET", "/v1/orgs/{org}/clients/{client}", null },
        { "DELETE", "/v1/orgs/{org}/clients/{client}", null },
        { "GET", "/v1/orgs/attacker/clients/{client}", null },
        { "DELETE", "/v1/orgs/attacker/clients/{client}", null },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task An_id_of_another_org_is_an_id_that_never_was(string method, string path, string? body)
    {
        var foreign = await AskAsync(method, path, body, orgs.Foreign);
        Assert.Equal(await AskAsync(method, path, body, Absent(orgs.Foreign)), foreign);
        Assert.DoesNotContain(TwoOrgs.Canary, foreign, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task An_id_of_another_account_is_an_id_that_never_was(string method, string path, string? body)
    {
        if (path.Contains("{org}") || path.Contains("{client}")) return; // an org's clients are of all its accounts
        var foreign = await AskAsync(method, path, body, orgs.SiblingOwn);
        Assert.Equal(await AskAsync(method, path, body, Absent(orgs.SiblingOwn)), foreign);
        Assert.DoesNotContain("sibling-5b1c", foreign, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/v1/records/{record}", null)]
    [InlineData("GET", "/v1/records/{record}?asOf={now}", null)]
    [InlineData("GET", "/v1/records/{record}/history", null)]
    [InlineData("GET", "/v1/objects/c__Thing/records?filter=id%20%3D%20'{record}'", null)]
    [InlineData("GET", "/v1/exports?q=SELECT%20title%20FROM%20c__Thing%20WHERE%20id%20%3D%20'{record}'", null)]
    [InlineData("GET", "/v1/imports/{import}", null)]
    [InlineData("GET", "/v1/orgs/attacker/clients/{client}", null)]
    public async Task The_matrix_would_see_a_difference(string method, string path, string? body) =>
        Assert.NotEqual(
            await AskAsync(method, path, body, Absent(orgs.Own)), await AskAsync(method, path, body, orgs.Own));

    [Fact]
    public async Task A_cursor_of_another_org_is_no_cursor()
    {
        var foreign = await orgs.Attacker.GetAsync(
            "/v1/objects/c__Thing/records?limit=1&cursor=" + Uri.EscapeDataString(orgs.Foreign.ListCursor));
        Assert.Equal("cursor-invalid", foreign.Problem);
        var sibling = await orgs.Attacker.GetAsync(
            "/v1/objects/c__Thing/records?limit=1&cursor=" + Uri.EscapeDataString(orgs.SiblingOwn.ListCursor));
        Assert.Equal("cursor-invalid", sibling.Problem);
        (await orgs.Victim.GetAsync(
            "/v1/objects/c__Thing/records?limit=1&cursor=" + Uri.EscapeDataString(orgs.Foreign.ListCursor)))
                .Expect2xx();
    }

    [Fact]
    public async Task A_place_in_another_orgs_changes_is_no_place()
    {
        foreach (var cursor in new[] { orgs.Foreign.ChangeCursor, orgs.SiblingOwn.ChangeCursor })
            Assert.Equal("cursor-invalid",
                (await orgs.Attacker.GetAsync("/v1/changes?after=" + Uri.EscapeDataString(cursor))).Problem);
        var own = (await orgs.Attacker.GetAsync("/v1/changes?limit=2000")).Expect2xx();
        Assert.Contains("mine", own.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(TwoOrgs.Canary, own.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("sibling-5b1c", own.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_import_row_cannot_refer_to_another_orgs_record()
    {
        var job = await orgs.Attacker.ImportAsync("object=c__Thing&mode=insert",
            $"title,parent\nx,{orgs.Foreign.Record}\nx,{Absent(orgs.Foreign).Record}\n");
        Assert.Equal(2, job.GetProperty("failed").GetInt32());
        var failures = (await orgs.Attacker.GetAsync($"/v1/imports/{job.GetProperty("id").GetString()}/failures")).Body
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)
                .ToList();
        Assert.Equal(failures[0].GetProperty("code").GetString(), failures[1].GetProperty("code").GetString());
    }

    [Fact]
    public async Task The_victim_has_everything_and_nothing_was_changed()
    {
        var thing = (await orgs.Victim.GetAsync($"/v1/records/{orgs.Foreign.Record}?expand=parts")).Expect2xx().Json;
        Assert.Equal(TwoOrgs.Canary, thing.GetProperty("title").GetString());
        Assert.Equal(TwoOrgs.Canary, thing.GetProperty("parts")[0].GetProperty("title").GetString());
        (await orgs.Victim.PostAsync($"/v1/records/{orgs.Foreign.Binned}/restore")).Expect2xx();
        (await orgs.Victim.DeleteAsync($"/v1/records/{orgs.Foreign.Binned}")).Expect2xx();
        (await orgs.Victim.GetAsync($"/v1/orgs/victim/clients/{orgs.Foreign.Client}")).Expect2xx();
    }

    private async Task<string> AskAsync(string method, string path, string? body, Belongings ids)
    {
        string Fill(string text) =>
            text.Replace("{record}", ids.Record).Replace("{binned}", ids.Binned).Replace("{import}", ids.Import)
            .Replace("{org}", ids.OrgCode).Replace("{client}", ids.Client).Replace("{own}", orgs.Own.Record)
            .Replace("{object}", ids.Object)
            .Replace("{now}", TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"));
        var mediaType = method == "PATCH" ? "application/merge-patch+json"
            : path.Contains("imports") ? "text/csv" : "application/json";
        var content = body is null ? null : new StringContent(Fill(body), Encoding.UTF8, mediaType);
        var answer = await orgs.Attacker.SendAsync(new HttpMethod(method), Fill(path), content);
        Assert.True((int)answer.Status < 500, answer.Body);
        var text = $"{(int)answer.Status} {answer.ContentHeaders.ContentType}\n{answer.Body}";
        foreach (var (id, name) in new[]
            { (ids.Record, "record"), (ids.Binned, "binned"), (ids.Import, "import"), (ids.Client, "client"),
              (ids.Object, "object") })
            text = text.Replace(id, "{" + name + "}");
        if (ids.OrgCode != "attacker") text = text.Replace(ids.OrgCode, "{org}");
        // Two answers to the same call differ in trace, and a written record also in id, version and time.
        text = Regex.Replace(text, "\"traceId\":\"[0-9a-f]{32}\"", "\"traceId\":\"…\"", RegexOptions.None,
            TimeSpan.FromSeconds(1));
        return text;
    }

    /// <summary>Ids of the same form that nothing ever had.</summary>
    private static Belongings Absent(Belongings present) => present with
    {
        OrgCode = present.OrgCode == "attacker" ? "attacker" : "nobody",
        Record = Unused(present.Record, 1),
        Binned = Unused(present.Binned, 2),
        Import = Scramble(present.Import),
        Object = "c__HiddenX",
        Client = Scramble(present.Client),
    };

    private static string Unused(string record, int offset)
    {
        Assert.True(Model.RecordId.TryParse(record, out var id));
        return Model.RecordId.Create(id.Prefix, Model.RecordId.MaxNumber - offset).ToString();
    }

    private static string Scramble(string id)
    {
        var characters = id.ToCharArray();
        for (var i = 0; i < characters.Length; i++)
            if (char.IsAsciiHexDigitLower(characters[i])) characters[i] = characters[i] == 'e' ? '7' : 'e';
            else if (char.IsAsciiDigit(characters[i])) characters[i] = (char)('0' + (characters[i] - '0' + 3) % 10);
        return new string(characters);
    }
}
