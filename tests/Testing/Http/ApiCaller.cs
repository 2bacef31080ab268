using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Xingchen.Testing.Http;

/// <summary>An answer, read whole.</summary>
public sealed record Answer(
    HttpStatusCode Status, string Body, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>The slug of the problem it is; empty where it is none.</summary>
    public string Problem => ContentHeaders.ContentType?.MediaType == "application/problem+json"
        ? Json.GetProperty("type").GetString()!["/problems/".Length..] : "";

    public Answer Expect(HttpStatusCode status)
    {
        Assert.True(Status == status, $"expected {(int)status}, got {(int)Status}: {Body}");
        return this;
    }
}

/// <summary>One client of an installation, over the public API and nothing else.</summary>
/// <remarks>What every end-to-end and contract test speaks through: a token, and requests with it.</remarks>
public sealed class ApiCaller : IDisposable
{
    private readonly HttpClient http;

    private ApiCaller(HttpClient http, string token, string clientId, string clientSecret)
    {
        this.http = http;
        Token = token;
        ClientId = clientId;
        ClientSecret = clientSecret;
    }

    /// <summary>What it signs its requests with.</summary>
    public string Token { get; }

    public string ClientId { get; }

    public string ClientSecret { get; }

    public Uri Url => http.BaseAddress!;

    /// <summary>Signs in; <paramref name="account"/> is the code of the account set.</summary>
    public static async Task<ApiCaller> SignInAsync(
        Uri url, string clientId, string clientSecret, string account = "main")
    {
        var client = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromMinutes(2) };
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = clientId,
            ["client_secret"] = clientSecret,
            ["account"] = account,
        });
        using var response = await client.PostAsync("/oauth/token", form);
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, body);
        var token = JsonDocument.Parse(body).RootElement.GetProperty("access_token").GetString()!;
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return new ApiCaller(client, token, clientId, clientSecret);
    }

    /// <summary>As the operator: creates an org and signs in as its client.</summary>
    public async Task<ApiCaller> CreateOrgAsync(
        string code, string? publisherNamespace = null, string? group = null)
    {
        var body = new Dictionary<string, object> { ["code"] = code, ["name"] = code };
        if (publisherNamespace is not null) body["publisher"] = new { @namespace = publisherNamespace };
        if (group is not null) body["group"] = group;
        var client = (await PostAsync("/v1/orgs", body)).Expect(HttpStatusCode.Created).Json.GetProperty("client");
        return await SignInAsync(
            Url, client.GetProperty("clientId").GetString()!, client.GetProperty("clientSecret").GetString()!);
    }

    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<Answer> PostAsync(string path, object? body = null) => SendAsync(HttpMethod.Post, path, Json(body));

    public Task<Answer> PutAsync(string path, object? body = null) => SendAsync(HttpMethod.Put, path, Json(body));

    public Task<Answer> PatchAsync(string path, object? body = null) => SendAsync(HttpMethod.Patch, path, Json(body));

    public Task<Answer> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path);

    /// <summary>A query's records.</summary>
    public async Task<IReadOnlyList<JsonElement>> QueryAsync(string query) =>
        [.. (await GetAsync("/v1/query?q=" + Uri.EscapeDataString(query))).Expect(HttpStatusCode.OK)
            .Json.GetProperty("records").EnumerateArray()];

    /// <summary>Imports a body and waits for the end of the job.</summary>
    public async Task<JsonElement> ImportAsync(string parameters, string body, string mediaType = "text/csv")
    {
        var job = (await SendAsync(
            HttpMethod.Post, "/v1/imports?" + parameters, new StringContent(body, Encoding.UTF8, mediaType)))
            .Expect(HttpStatusCode.Accepted).Json;
        return await UntilAsync("/v1/imports/" + job.GetProperty("id").GetString(), "completed");
    }

    /// <summary>Asks until <c>status</c> is <paramref name="wanted"/> or <c>failed</c>.</summary>
    public async Task<JsonElement> UntilAsync(string path, string wanted)
    {
        while (true)
        {
            var state = (await GetAsync(path)).Expect(HttpStatusCode.OK).Json;
            var status = state.GetProperty("status").GetString();
            if (status == wanted) return state;
            Assert.True(status != "failed", state.GetRawText());
            await Task.Delay(50);
        }
    }

    public async Task<Answer> SendAsync(
        HttpMethod method, string path, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await http.SendAsync(request);
        return new Answer(response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers,
            response.Content.Headers);
    }

    public void Dispose() => http.Dispose();

    private static JsonContent? Json(object? body) => body is null ? null : JsonContent.Create(body, body.GetType());
}
