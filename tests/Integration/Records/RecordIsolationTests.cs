using System.Net;
using Xingchen.Model;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.Records;

/// <summary>A record of another org or account is a record that never existed, wherever its id or its values
/// stand.</summary>
public sealed class RecordIsolationTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private const string Canary = "canary-8f3a";

    [Fact]
    public async Task A_foreign_id_answers_byte_for_byte_as_one_that_never_was()
    {
        var theirs = await cell.NewAccountAsync();
        var sibling = await cell.SiblingAsync(theirs);
        var foreign = await theirs.NewAsync(Customer, $$"""{"code":"c","name":"{{Canary}}"}""");
        Assert.True(RecordId.TryParse(foreign, out var parsed));
        var never = RecordId.Create(parsed.Prefix, RecordId.MaxNumber - 5).ToString();
        foreach (var caller in new[] { await cell.NewAccountAsync(), sibling })
        {
            foreach (var (method, path, body) in Calls())
            {
                var absent = Neutral(await caller.SendAsync(method, path.Replace("ID", never), body), never);
                Assert.Equal(404, absent.Status);
                foreach (var id in new[] { foreign, foreign[..15], "nonsense", foreign[..15] + "ZZZ" })
                    Assert.Equal(absent, Neutral(await caller.SendAsync(method, path.Replace("ID", id), body), id));
            }
        }
        Assert.Equal(Canary, (await theirs.GetAsync("/v1/records/" + foreign)).Expect(HttpStatusCode.OK).Text("name"));
    }

    private static IEnumerable<(string Method, string Path, string? Body)> Calls()
    {
        foreach (var path in new[] { "/v1/records/ID", $"/v1/objects/{Customer}/records/ID" })
        {
            yield return ("GET", path, null);
            yield return ("GET", path + "?select=name,boss.name", null);
            yield return ("PATCH", path, """{"name":"taken over"}""");
            yield return ("PATCH", path, """{"nothing":1}""");
            yield return ("DELETE", path, null);
            yield return ("DELETE", path + "?purge=true", null);
            yield return ("POST", path + "/restore", null);
        }
    }

    [Fact]
    public async Task A_foreign_id_cannot_be_referred_to_and_its_values_are_free()
    {
        var theirs = await cell.NewAccountAsync();
        var mine = await cell.NewAccountAsync();
        var foreign = await theirs.NewAsync(Customer, $$"""{"code":"c","name":"{{Canary}}"}""");
        Assert.True(RecordId.TryParse(foreign, out var parsed));
        var never = RecordId.Create(parsed.Prefix, RecordId.MaxNumber - 5).ToString();
        var answers = new List<(int, string)>();
        foreach (var id in new[] { never, foreign, foreign[..15] })
        {
            var reply = await mine.PostAsync($"/v1/objects/{Order}/records", $$"""{"customer":"{{id}}"}""");
            Assert.Equal(["/customer reference-not-found"], reply.Errors);
            answers.Add(Neutral(reply, id));
        }
        Assert.Single(answers.Distinct());
        // The same unique value is another org's own affair.
        var own = (await mine.PutAsync($"/v1/objects/{Customer}/records/by/code/c", """{"name":"mine"}"""))
            .Expect(HttpStatusCode.Created);
        Assert.NotEqual(foreign, own.Text("id"));
        Assert.DoesNotContain(Canary, cell.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_without_the_scope_or_with_a_forged_identity_is_refused()
    {
        var caller = await cell.NewAccountAsync();
        var forged = new RecordsCaller(caller.Address, caller.Org, 1, () => "e30.e30");
        (await forged.GetAsync($"/v1/objects/{Customer}/records/x"))
            .Expect(HttpStatusCode.Unauthorized, "unauthenticated");
        (await forged.PostAsync($"/v1/objects/{Customer}/records", "{}"))
            .Expect(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    /// <summary>Status and body without what names the request itself.</summary>
    private static (int Status, string Body) Neutral(RecordsReply reply, string id) => (
        (int)reply.Status,
        reply.Body.Replace(reply.Json.GetProperty("traceId").GetString()!, "T").Replace(id, "ID"));
}
