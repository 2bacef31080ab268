using System.Net;
using Npgsql;

namespace Xingchen.Tests.Integration.Metadata;

/// <summary>Two orgs of the same shape, each with a canary in every text that it can write.</summary>
public sealed class MetadataIsolationTests(MetadataCell cell) : IClassFixture<MetadataCell>
{
    [Fact]
    public async Task No_answer_to_one_org_holds_the_others_canary()
    {
        var (one, other) = (cell.NewAccount(), cell.NewAccount());
        await DefineAsync(one, "canaryone");
        await DefineAsync(other, "canaryother");
        string[] paths =
        [
            "/v1/objects", "/v1/objects/Customer", "/v1/objects/c__Secret", "/v1/metadata/objects/Customer",
            "/v1/metadata/objects/Customer?explain=true", "/v1/metadata/objects/c__Secret",
                "/v1/metadata/objects/c__Secretcanaryone",
            "/v1/objects/c__Secretcanaryone", "/v1/pages/Customer/list", "/v1/pages/Customer/form",
                "/v1/pages/c__Secret/list",
            "/v1/metadata/objects/Customer/fields/c__canaryone", "/v1/metadata/pages/c__canaryone",
        ];
        foreach (var path in paths)
        {
            Assert.DoesNotContain(
                "canaryone", Without(path, (await other.GetAsync(path)).Body), StringComparison.Ordinal);
            Assert.DoesNotContain("canaryother", (await one.GetAsync(path)).Body, StringComparison.Ordinal);
        }
        var attempt =
            await other.PutAsync("/v1/metadata/objects/Customer/fields/c__canaryone", new { required = true });
        Assert.DoesNotContain("label", attempt.Body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, attempt.Status);
        (await other.DeleteAsync("/v1/metadata/objects/Customer/fields/c__canaryone")).Expect(HttpStatusCode.NotFound);
        Assert.NotNull(await one.FieldAsync("Customer", "c__canaryone"));
    }

    [Fact]
    public async Task Accounts_of_one_org_are_apart_too()
    {
        var main = cell.NewAccount();
        var second = cell.Caller(main.Org, 2, "admin", "data");
        await DefineAsync(main, "canarymain");
        Assert.DoesNotContain("canarymain", (await second.GetAsync("/v1/objects/Customer")).Body,
            StringComparison.Ordinal);
        (await second.GetAsync("/v1/objects/c__Secretcanarymain")).Expect(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task What_is_not_there_and_what_is_anothers_answer_alike()
    {
        var (one, other) = (cell.NewAccount(), cell.NewAccount());
        await DefineAsync(one, "canaryalike");
        foreach (var form in new[] { "/v1/objects/{0}", "/v1/metadata/objects/{0}", "/v1/pages/{0}/list" })
        {
            var foreign = await other.GetAsync(string.Format(form, "c__Secretcanaryalike"));
            var absent = await other.GetAsync(string.Format(form, "c__Secretcanaryabsen"));
            Assert.Equal(absent.Status, foreign.Status);
            Assert.Equal(Plain(absent.Body), Plain(foreign.Body));
        }
    }

    [Theory]
    [InlineData("stacks")]
    [InlineData("private_layers")]
    public async Task The_database_shows_the_serving_role_one_org(string table)
    {
        var (one, other) = (cell.NewAccount(), cell.NewAccount());
        await DefineAsync(one, "canaryone");
        await DefineAsync(other, "canaryother");
        await using var source = NpgsqlDataSource.Create(cell.Serving);
        await using var connection = await source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0L, await CountAsync(connection, null, $"metadata.{table}"));
        Assert.Equal(0L, await CountAsync(connection, "garbage", $"metadata.{table}"));
        Assert.Equal(0L, await CountAsync(connection, $"{one.Org}", $"metadata.{table} where org_id <> {one.Org}"));
        Assert.NotEqual(0L, await CountAsync(connection, $"{one.Org}", $"metadata.{table}"));
        for (var i = 0; i < 16; i++) // naming a partition does not go past the policy
            Assert.Equal(
                0L, await CountAsync(connection, $"{one.Org}", $"metadata.{table}_{i:00} where org_id <> {one.Org}"));
    }

    [Fact]
    public async Task Every_table_with_org_id_has_forced_policies_and_the_role_owns_nothing()
    {
        Assert.Equal(0L, await cell.AskAsync<long>("""
            select count(*) from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id'
            where c.relnamespace = 'metadata'::regnamespace and c.relkind in ('r', 'p')
                and not (c.relrowsecurity and c.relforcerowsecurity
                    and exists (select from pg_policy p where p.polrelid = c.oid))
            """));
        Assert.Equal(0L, await cell.AskAsync<long>(
            "select count(*) from pg_class where relowner = 'xingchen_metadata'::regrole"));
        Assert.False(await cell.AskAsync<bool>(
            "select rolsuper or rolbypassrls or rolcreatedb or rolcreaterole "
            + "from pg_roles where rolname = 'xingchen_metadata'"));
    }

    private static async Task DefineAsync(MetadataCaller caller, string canary)
    {
        (await caller.PutAsync($"/v1/metadata/objects/Customer/fields/c__{canary}",
            new { type = "text", label = new { en = canary }, help = new { en = canary } }))
                .Expect(HttpStatusCode.Created);
        (await caller.PutAsync("/v1/metadata/objects/Customer", new
        {
            label = new { en = canary },
            fields = new[] { new { name = $"c__{canary}", type = "text", label = new { en = canary } } },
        })).Expect(HttpStatusCode.OK);
        foreach (var name in new[] { "c__Secret", "c__Secret" + canary })
            (await caller.PutAsync("/v1/metadata/objects/" + name, new
            {
                name, label = new { en = canary },
                    fields = new[] { new { name = "name", type = "text", @default = canary } },
            })).Expect(HttpStatusCode.Created);
    }

    private static async Task<long> CountAsync(NpgsqlConnection connection, string? org, string from)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        if (org is not null)
        {
            await using var set =
                new NpgsqlCommand("select set_config('xingchen.org_id', $1, true)", connection, transaction)
            {
                Parameters = { new() { Value = org } },
            };
            await set.ExecuteNonQueryAsync();
        }
        await using var count = new NpgsqlCommand("select count(*) from " + from, connection, transaction);
        try
        {
            return (long)(await count.ExecuteScalarAsync())!;
        }
        catch (PostgresException refused) when (refused.SqlState is "22P02" or "42501")
        {
            return 0; // no org at all, or a partition, which the role has no right to name: both fail closed
        }
    }

    /// <summary>A caller sees its own path again, whatever it wrote into it.</summary>
    private static string Without(string path, string body) => body.Replace(path, "", StringComparison.Ordinal);

    private static string Plain(string body) => System.Text.RegularExpressions.Regex.Replace(
        body.Replace("canaryalike", "").Replace("canaryabsen", ""), "\"traceId\":\"[^\"]*\"", "",
        System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1));
}
