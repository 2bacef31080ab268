using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Npgsql;
using Xingchen.Model;
using Xingchen.Testing;

namespace Xingchen.Tests.Integration.Organization;

/// <summary>RFC 6749, the client credentials grant, as its text has it.</summary>
public sealed class TokenTests(DirectoryFixture directory)
{
    private static string Form(string id, string secret, string more = "") =>
        $"grant_type=client_credentials&client_id={Uri.EscapeDataString(id)}" +
        $"&client_secret={Uri.EscapeDataString(secret)}{more}";

    [Fact]
    public async Task The_operator_signs_in_with_the_configured_secret()
    {
        var answer = await directory.TokenAsync(Form("platform-operator", DirectoryFixture.Secret));
        Assert.Equal(200, answer.Status);
        Assert.Equal("Bearer", answer.Json.GetProperty("token_type").GetString());
        Assert.Equal(3600, answer.Json.GetProperty("expires_in").GetInt32());
        Assert.Equal("platform", answer.Json.GetProperty("scope").GetString());
        Assert.Equal("no-store", answer.Response.Headers.CacheControl!.ToString());
        Assert.Equal("no-cache", answer.Response.Headers.Pragma.ToString());
    }

    [Fact]
    public async Task Tokens_are_ES256_and_check_out_against_the_published_keys()
    {
        var (admin, id, secret) = await directory.CreateOrgAsync("tokens1");
        var token = (await directory.TokenAsync(Form(id, secret, "&scope=data"))).Json.GetProperty("access_token")
            .GetString()!;
        var parts = token.Split('.');
        var header = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0])).RootElement;
        Assert.Equal("ES256", header.GetProperty("alg").GetString());
        var keys = (await directory.SendAsync(HttpMethod.Get, "/oauth/jwks", null)).Json.GetProperty("keys");
        var key = keys.EnumerateArray()
            .Single(k => k.GetProperty("kid").GetString() == header.GetProperty("kid").GetString());
        Assert.False(key.TryGetProperty("d", out _));
        using var ecdsa = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint
            {
                X = Base64Url.DecodeFromChars(key.GetProperty("x").GetString()),
                    Y = Base64Url.DecodeFromChars(key.GetProperty("y").GetString()),
            },
        });
        Assert.True(ecdsa.VerifyData(
            Encoding.ASCII.GetBytes(parts[0] + "." + parts[1]), Base64Url.DecodeFromChars(parts[2]),
                HashAlgorithmName.SHA256));
        var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1])).RootElement;
        Assert.Equal(admin.Org.Value, claims.GetProperty("org").GetInt64());
        Assert.Equal(admin.OrgCode, claims.GetProperty("orgCode").GetString());
        Assert.Equal(("main", 1),
            (claims.GetProperty("accountCode").GetString(), claims.GetProperty("account").GetInt32()));
        Assert.Equal("data", claims.GetProperty("scope").GetString());
        Assert.Equal("tokens1", claims.GetProperty("ns").GetString());
        Assert.Equal(3600, claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64());
    }

    [Fact]
    public async Task Takes_HTTP_Basic_with_form_encoded_parts()
    {
        var basic = "platform-operator:" + Uri.EscapeDataString(DirectoryFixture.Secret).Replace("%20", "+");
        Assert.Equal(200, (await directory.TokenAsync("grant_type=client_credentials", basic)).Status);
        var twice = await directory.TokenAsync(Form("platform-operator", DirectoryFixture.Secret), basic);
        Assert.Equal((400, "invalid_request"), (twice.Status, twice.Json.GetProperty("error").GetString()));
    }

    [Theory]
    [InlineData("", 400, "invalid_request")]
    [InlineData("grant_type=password", 400, "unsupported_grant_type")]
    [InlineData("grant_type=", 400, "invalid_request")]
    [InlineData("grant_type=client_credentials", 401, "invalid_client")]
    [InlineData("grant_type=client_credentials&client_id=platform-operator", 401, "invalid_client")]
    [InlineData("grant_type=client_credentials&client_id=platform-operator&client_secret=wrong", 401, "invalid_client")]
    [InlineData("grant_type=client_credentials&client_id=nobody&client_secret=wrong", 401, "invalid_client")]
    [InlineData("grant_type=client_credentials&client_id=%00&client_secret=%00", 400, "invalid_request")]
    [InlineData("grant_type=client_credentials&grant_type=client_credentials", 400, "invalid_request")]
    public async Task Failures_are_the_RFCs(string form, int status, string error)
    {
        var answer = await directory.TokenAsync(form);
        Assert.Equal((status, error), (answer.Status, answer.Json.GetProperty("error").GetString()));
        Assert.Equal("application/json", answer.Response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("no-store", answer.Response.Headers.CacheControl!.ToString());
        Assert.Equal(status == 401,
            answer.Response.Headers.WwwAuthenticate.Any(challenge => challenge.Scheme == "Basic"));
    }

    [Fact]
    public async Task A_wrong_secret_and_an_unknown_client_answer_alike()
    {
        var (_, id, _) = await directory.CreateOrgAsync();
        Assert.Equal((await directory.TokenAsync(Form(id, "x"))).Text,
            (await directory.TokenAsync(Form("cl_nobody", "x"))).Text);
    }

    [Theory]
    [InlineData("&scope=data", 200, "data")]
    [InlineData("&scope=data+admin", 200, "admin data")]
    [InlineData("&scope=", 200, "admin data")]
    [InlineData("&scope=platform", 400, "invalid_scope")]
    [InlineData("&scope=data+platform", 400, "invalid_scope")]
    [InlineData("&scope=internal", 400, "invalid_scope")]
    [InlineData("&account=nowhere", 400, "invalid_request")]
    public async Task Scopes_are_a_subset_and_accounts_exist(string more, int status, string expected)
    {
        var (_, id, secret) = await directory.CreateOrgAsync();
        var answer = await directory.TokenAsync(Form(id, secret, more));
        Assert.Equal(status, answer.Status);
        Assert.Equal(expected, answer.Json.GetProperty(status == 200 ? "scope" : "error").GetString());
    }

    [Fact]
    public async Task Another_orgs_account_is_no_account()
    {
        var (_, id, secret) = await directory.CreateOrgAsync();
        var (other, _, _) = await directory.CreateOrgAsync();
        await directory.SendAsync(HttpMethod.Post, $"/v1/orgs/{other.OrgCode}/accounts", other,
            new { code = "theirs" });
        var foreign = await directory.TokenAsync(Form(id, secret, "&account=theirs"));
        var absent = await directory.TokenAsync(Form(id, secret, "&account=nobodys"));
        Assert.Equal((absent.Status, absent.Text), (foreign.Status, foreign.Text));
    }

    [Fact]
    public async Task A_client_bound_to_an_account_gets_tokens_for_it_alone()
    {
        var (admin, _, _) = await directory.CreateOrgAsync();
        await directory.SendAsync(HttpMethod.Post, $"/v1/orgs/{admin.OrgCode}/accounts", admin, new { code = "b" });
        var made = (await directory.SendAsync(HttpMethod.Post, $"/v1/orgs/{admin.OrgCode}/clients", admin,
            new { name = "till", scopes = new[] { "data" }, account = "b" })).Json;
        var (id, secret) = (made.GetProperty("clientId").GetString()!, made.GetProperty("clientSecret").GetString()!);
        Assert.Equal("invalid_request", (await directory.TokenAsync(Form(id, secret, "&account=main")))
            .Json.GetProperty("error").GetString());
        var token = (await directory.TokenAsync(Form(id, secret))).Json.GetProperty("access_token").GetString()!;
        Assert.Equal(2, JsonDocument.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]))
            .RootElement.GetProperty("account").GetInt32());
    }

    [Fact]
    public async Task A_revoked_client_gets_no_token_and_is_announced()
    {
        var (admin, id, secret) = await directory.CreateOrgAsync();
        var before = await SnapshotAsync();
        var path = $"/v1/orgs/{admin.OrgCode}/clients/{id}";
        Assert.Equal(204, (await directory.SendAsync(HttpMethod.Delete, path, admin)).Status);
        Assert.Equal("invalid_client", (await directory.TokenAsync(Form(id, secret))).Json.GetProperty("error")
            .GetString());
        var after = await SnapshotAsync();
        Assert.Contains(id, after.GetProperty("revokedClients").EnumerateArray().Select(c => c.GetString()));
        Assert.True(after.GetProperty("version").GetInt64() > before.GetProperty("version").GetInt64());
        Assert.Equal(404, (await directory.SendAsync(HttpMethod.Delete, path, admin)).Status);
    }

    [Fact]
    public async Task Starting_again_duplicates_nothing_and_a_changed_secret_takes_effect()
    {
        var owner = await TestPostgres.CreateDatabaseAsync();
        var serving = await TestPostgres.MigrateAsync(
            owner, typeof(Xingchen.Organization.OrganizationOptions).Assembly, "xingchen_organization");
        var starts = await Task.WhenAll(
            ServiceProcess.StartAsync("Organization", DirectoryFixture.Environment(serving, "first")),
            ServiceProcess.StartAsync("Organization", DirectoryFixture.Environment(serving, "first")));
        var tokens =
            await Task.WhenAll(
                starts.Select(start => directory.TokenAsync(Form("platform-operator", "first"), at: start.Address)));
        // Two instances at their first start at once: one key, which both publish and sign with.
        Assert.Single(tokens.Select(token => token.Json.GetProperty("access_token").GetString()!.Split('.')[0])
            .Distinct());
        foreach (var start in starts) await start.DisposeAsync();

        await using var changed =
            await ServiceProcess.StartAsync("Organization", DirectoryFixture.Environment(serving, "second"));
        Assert.Equal(401, (await directory.TokenAsync(Form("platform-operator", "first"), at: changed.Address)).Status);
        Assert.Equal(200, (await directory.TokenAsync(Form("platform-operator", "second"), at: changed.Address))
            .Status);
        await using var source = NpgsqlDataSource.Create(owner);
        await using var count = source.CreateCommand("""
            select (select count(*) from directory.orgs), (select count(*) from directory.clients),
                (select count(*) from directory.idcs),
                   (select count(*) from directory.signing_keys)
            """);
        await using var reader = await count.ExecuteReaderAsync();
        await reader.ReadAsync();
        Assert.Equal([1L, 1L, 1L, 1L], Enumerable.Range(0, 4).Select(reader.GetInt64));
    }

    [Fact]
    public async Task Every_table_with_an_org_is_walled_and_the_serving_role_owns_nothing()
    {
        await using var source = NpgsqlDataSource.Create(directory.Owner);
        await using var command = source.CreateCommand("""
            select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id'
            where c.relnamespace = 'directory'::regnamespace and c.relkind in ('r', 'p')
              and not (c.relrowsecurity and c.relforcerowsecurity and exists (select from pg_policy p where p.polrelid
                  = c.oid))
            union all
            select c.relname from pg_class c join pg_roles r on r.oid = c.relowner
            where r.rolname = 'xingchen_organization' or (r.rolname = 'xingchen_organization' and (r.rolsuper or
                r.rolbypassrls))
            """);
        await using var reader = await command.ExecuteReaderAsync();
        Assert.False(await reader.ReadAsync());

        await using var serving = NpgsqlDataSource.Create(directory.Serving);
        await using var unscoped = serving.CreateCommand("select count(*) from directory.orgs");
        Assert.Equal(0L, await unscoped.ExecuteScalarAsync());
    }

    private async Task<JsonElement> SnapshotAsync() =>
        (await directory.SendAsync(HttpMethod.Get, "/internal/revocations",
            DirectoryFixture.Platform with { Scopes = [Scopes.Internal] })).Json;
}
