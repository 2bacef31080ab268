using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Xingchen.Hosting;
using Xingchen.Model;
using Xingchen.Organization;
using Xingchen.Testing;

[assembly: AssemblyFixture(typeof(Xingchen.Tests.Integration.Organization.DirectoryFixture))]

namespace Xingchen.Tests.Integration.Organization;

/// <summary>An Organization service on a database of its own; spoken to with signed contexts, as the gateway
/// would.</summary>
public sealed class DirectoryFixture : IAsyncLifetime
{
    public const string Key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
    public const string Secret = "a secret of the operator's choice";

    private static readonly ContextSigner Signer =
        new(Options.Create(new ServiceOptions { ContextKey = Key }), TimeProvider.System);

    private static int counter;
    private HttpClient client = null!;

    public ServiceProcess Service { get; private set; } = null!;

    /// <summary>The owner's connection string.</summary>
    public string Owner { get; private set; } = "";

    public string Serving { get; private set; } = "";

    public static OrgContext Platform { get; } = new(
        OrgId.Platform, "platform", new AccountId(1), "main", "platform-operator", [Scopes.Platform], "local", "main");

    public async ValueTask InitializeAsync()
    {
        Owner = await TestPostgres.CreateDatabaseAsync();
        Serving = await TestPostgres.MigrateAsync(Owner, typeof(OrganizationOptions).Assembly, "xingchen_organization");
        Service = await StartAsync(Secret);
        client = new HttpClient { BaseAddress = Service.Address };
    }

    /// <summary>One more instance on the same database.</summary>
    public Task<ServiceProcess> StartAsync(string secret) =>
        ServiceProcess.StartAsync("Organization", Environment(Serving, secret));

    public static Dictionary<string, string> Environment(string connection, string secret) => new()
    {
        ["ConnectionStrings__organization"] = connection,
        ["Xingchen__ContextKey"] = Key,
        ["XINGCHEN_OPERATOR_SECRET"] = secret,
        ["Organization__ChosenSecretIterations"] = "10000",
        ["DAPR_HTTP_ENDPOINT"] = "http://127.0.0.1:9", // nobody: nothing here may depend on a hint
    };

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await Service.DisposeAsync();
    }

    /// <summary>A code that no other test uses.</summary>
    public static string NewCode() => $"org-{Interlocked.Increment(ref counter)}-x";

    public Task<Answer> SendAsync(HttpMethod method, string path, OrgContext? context, object? body = null) =>
        Answer.SendAsync(client, method, path, context is null ? null : Signer.Sign(context), body);

    public async Task<Answer> TokenAsync(string form, string? basic = null, Uri? at = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(at ?? Service.Address, "/oauth/token"))
        {
            Content = new StringContent(form, Encoding.UTF8, "application/x-www-form-urlencoded"),
        };
        if (basic is not null)
            request.Headers.Authorization =
                new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(basic)));
        return await Answer.ReadAsync(await client.SendAsync(request));
    }

    /// <summary>Creates an org and gives the context of its administrator, and its client.</summary>
    public async Task<(OrgContext Admin, string ClientId, string ClientSecret)> CreateOrgAsync(string? space = null)
    {
        var code = NewCode();
        var answer = await SendAsync(HttpMethod.Post, "/v1/orgs", Platform,
            space is null ? new { code, name = code }
                : new { code, name = code, publisher = new { @namespace = space } });
        Assert.Equal(201, answer.Status);
        var made = answer.Json.GetProperty("client");
        var (id, secret) = (made.GetProperty("clientId").GetString()!, made.GetProperty("clientSecret").GetString()!);
        var token = await TokenAsync($"grant_type=client_credentials&client_id={id}&client_secret={secret}");
        var claims = token.Json.GetProperty("access_token").GetString()!.Split('.')[1];
        var org = JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(claims))
            .RootElement.GetProperty("org").GetInt64();
        return (new OrgContext(new OrgId(org), code, new AccountId(1), "main", id, [Scopes.Admin, Scopes.Data],
            "local", "main"), id, secret);
    }
}

/// <summary>An answer, read whole.</summary>
public sealed record Answer(int Status, string Text, HttpResponseMessage Response)
{
    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    /// <summary>The slug of a problem.</summary>
    public string Problem => Json.GetProperty("type").GetString()!.Split('/')[^1];

    /// <summary>The body without what differs between two requests for two addresses: trace id and instance.</summary>
    public string Comparable
    {
        get
        {
            if (Text.Length == 0) return "";
            var members = Json.EnumerateObject().Where(member => member.Name is not ("traceId" or "instance"));
            return Status + " " + string.Join(',', members.Select(member => member.ToString()))
                + Response.Content.Headers.ContentType;
        }
    }

    public IEnumerable<(string Code, string? Pointer)> Errors => Json.GetProperty("errors").EnumerateArray()
        .Select(error => (
        error.GetProperty("code").GetString()!, error.TryGetProperty("pointer", out var pointer) ? pointer.GetString()
            : null));

    public static async Task<Answer> SendAsync(HttpClient client, HttpMethod method, string path, string? context,
        object? body)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content =
                new StringContent(body as string ?? JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        }
        if (context is not null) request.Headers.Add(ContextSigner.Header, context);
        return await ReadAsync(await client.SendAsync(request));
    }

    public static async Task<Answer> ReadAsync(HttpResponseMessage response) =>
        new((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response);
}
