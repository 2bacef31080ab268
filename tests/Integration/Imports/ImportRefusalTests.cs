using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Xingchen.Tests.Integration.Records;

namespace Xingchen.Tests.Integration.Imports;

/// <summary>What is no import at all, and what nobody else may see.</summary>
public sealed class ImportRefusalTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private const string Insert = $"object={ShopPackage.Customer}";

    [Theory]
    [InlineData("object=shop__Nothing", "code,name\n", "/object unknown-object")]
    [InlineData("", "code,name\n", "/object required")]
    [InlineData("object=shop__Customer&mod=upsert", "code,name\n", "/mod unknown-parameter")]
    [InlineData("object=shop__Customer&mode=replace", "code,name\n", "/mode invalid-value")]
    [InlineData("object=shop__Customer&mode=upsert", "code,name\n", "/by required")]
    [InlineData("object=shop__Customer&mode=upsert&by=name", "code,name\n", "/by not-unique")]
    [InlineData("object=shop__Customer&mode=upsert&by=code", "name\nx\n", "/code required")]
    [InlineData("object=shop__Customer", "code,code\n", "/code duplicate-column")]
    [InlineData("object=shop__Customer", "boss,boss.code\n", "/boss.code duplicate-column")]
    [InlineData("object=shop__Customer", "boss.name\n", "/boss.name not-unique")]
    [InlineData("object=shop__Customer", "code,nothing\n", "/nothing unknown-field")]
    [InlineData("object=shop__Order", "number,customer\n", "/number read-only")]
    public async Task A_file_that_cannot_be_imported_is_refused_before_anything_is_kept(
        string query, string body, string error)
    {
        var shop = await cell.NewAccountAsync();
        var reply = await shop.UploadAsync(query, Encoding.UTF8.GetBytes(body));
        Assert.Contains(error, reply.Expect(HttpStatusCode.UnprocessableEntity, "content-invalid").Errors);
        Assert.Equal(0, await CountAsync("imports", shop));
    }

    [Fact]
    public async Task An_empty_file_has_no_header_and_a_header_alone_is_a_file_without_rows()
    {
        var shop = await cell.NewAccountAsync();
        (await shop.UploadAsync(Insert, [])).Expect(HttpStatusCode.UnprocessableEntity, "content-invalid");
        Assert.Equal("completed 0 0 0", (await shop.ImportAsync(Insert, "code,name\n")).Counts);
        Assert.Equal("completed 0 0 0", (await shop.ImportAsync(Insert, "code,name")).Counts);
        Assert.Equal("completed 0 0 0", (await shop.ImportAsync(Insert, "", ImportCalls.Lines)).Counts);
    }

    [Fact]
    public async Task Another_media_type_is_refused()
    {
        var shop = await cell.NewAccountAsync();
        (await shop.UploadAsync(Insert, "{}"u8.ToArray(), "application/json"))
            .Expect(HttpStatusCode.UnsupportedMediaType);
    }

    [Fact]
    public async Task A_header_of_any_size_is_answered_in_few_words()
    {
        var shop = await cell.NewAccountAsync();
        var wide = string.Join(',', Enumerable.Range(0, 10_000).Select(i => $"c{i}"));
        foreach (var header in new[] { wide, new string('x', 1_000_000), "\"" + new string('x', 6_000_000) })
        {
            var reply = await shop.UploadAsync(Insert, Encoding.UTF8.GetBytes(header + "\nx\n"));
            reply.Expect(HttpStatusCode.UnprocessableEntity, "content-invalid");
            Assert.InRange(reply.Body.Length, 1, 30_000);
        }
    }

    [Fact]
    public async Task An_unclosed_quote_ends_the_import_and_leaves_nothing()
    {
        var shop = await cell.NewAccountAsync();
        var file = "code,name\n" + string.Concat(Enumerable.Range(0, 2_000).Select(i => $"U{i},u\n")) + "X,\"open\n"
            + new string('y', 9_000_000);
        var reply = await shop.UploadAsync(Insert, Encoding.UTF8.GetBytes(file));
        reply.Expect(HttpStatusCode.UnprocessableEntity, "content-invalid");
        Assert.Contains("After line 2001", reply.Body);
        Assert.Equal("failed", (await cell.AskAsync<string>(
            "select status from records.imports where org_id = $1", shop.Org)).Single());
        Assert.Equal(0, await CountAsync("records", shop));
        Assert.Equal(0, await CountAsync("import_chunks", shop));
    }

    [Fact]
    public async Task An_import_of_another_org_or_account_is_none()
    {
        var shop = await cell.NewAccountAsync();
        var id = (await shop.ImportAsync(Insert, "code,name\nA,\n")).Id;
        RecordsCaller[] others = [await cell.NewAccountAsync(), await cell.SiblingAsync(shop)];
        foreach (var other in others)
            foreach (var path in new[] { "/v1/imports/{0}", "/v1/imports/{0}/failures" })
            {
                var foreign = await other.GetAsync(string.Format(path, id));
                var absent = await other.GetAsync(string.Format(path, id[..^1] + (id[^1] == 'a' ? 'b' : 'a')));
                var never = await other.GetAsync(string.Format(path, "000000000000999999"));
                Assert.Equal(HttpStatusCode.NotFound, foreign.Status);
                Assert.Equal(Plain(absent.Body), Plain(foreign.Body));
                Assert.Equal(Plain(never.Body), Plain(foreign.Body));
            }
        Assert.Equal(["2 required"], (await shop.EndAsync(id)).Lines);
    }

    [Fact]
    public async Task A_ticket_names_account_and_job_and_nothing_else()
    {
        Assert.Equal(["context", "id", "lease_until"], (await cell.AskAsync<string>(
            "select column_name::text from information_schema.columns where table_schema = 'records' "
            + "and table_name = 'tickets'")).Order());
        var shop = await cell.NewAccountAsync();
        (await shop.GetAsync("/v1/imports/000000000000999999?x=1")).Expect(HttpStatusCode.BadRequest);
    }

    private static string Plain(string problem) =>
        Regex.Replace(problem, "\"(traceId|instance)\":\"[^\"]*\"", "");

    private async Task<long> CountAsync(string table, RecordsCaller shop) =>
        (await cell.AskAsync<long>($"select count(*) from records.{table} where org_id = $1", shop.Org))[0];
}
