using System.Net;
using System.Text;
using System.Text.Json;
using Xingchen.Hosting;

namespace Xingchen.Tests.Integration.Records;

/// <summary>An application of one account, as the gateway would present it.</summary>
public sealed class RecordsCaller(Uri address, long org, int account, Func<string> sign)
{
    private static readonly HttpClient Http = new();

    public Uri Address { get; } = address;

    public long Org { get; } = org;

    public int Account { get; } = account;

    public Task<RecordsReply> GetAsync(string path, params (string Name, string Value)[] headers) =>
        SendAsync("GET", path, (HttpContent?)null, headers);

    public Task<RecordsReply> PostAsync(string path, string? json = null) => SendAsync("POST", path, json);

    public Task<RecordsReply> PutAsync(string path, string json) => SendAsync("PUT", path, json);

    public Task<RecordsReply> PatchAsync(string path, string json, params (string Name, string Value)[] headers) =>
        SendAsync("PATCH", path, json, headers);

    public Task<RecordsReply> DeleteAsync(string path, params (string Name, string Value)[] headers) =>
        SendAsync("DELETE", path, (HttpContent?)null, headers);

    /// <summary>The same caller before another instance.</summary>
    public RecordsCaller At(Uri instance) => new(instance, Org, Account, sign);

    /// <summary>Its identity, for a test that writes the request itself.</summary>
    public string Sign() => sign();

    /// <summary>Makes a record and gives its id.</summary>
    public async Task<string> NewAsync(string item, string json) =>
        (await PostAsync($"/v1/objects/{item}/records", json)).Expect(HttpStatusCode.Created).Text("id");

    /// <summary>A request with the caller's identity, to be sent by the test itself.</summary>
    public HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, new Uri(Address, path));
        request.Headers.Add(ContextSigner.Header, sign());
        return request;
    }

    public Task<RecordsReply> SendAsync(
        string method, string path, string? body, params (string Name, string Value)[] headers) =>
        SendAsync(method, path, body, "application/json", headers);

    public Task<RecordsReply> SendAsync(
        string method, string path, string? body, string type, params (string Name, string Value)[] headers) =>
        SendAsync(method, path, body is null ? null : new StringContent(body, Encoding.UTF8, type), headers);

    public async Task<RecordsReply> SendAsync(
        string method, string path, HttpContent? content, params (string Name, string Value)[] headers)
    {
        using var request = Request(new HttpMethod(method), path);
        request.Content = content;
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await Http.SendAsync(request);
        return new RecordsReply(response.StatusCode, await response.Content.ReadAsStringAsync(),
            response.Headers.ETag?.Tag, response.Headers.Location?.OriginalString,
            response.Headers.TryGetValues("Server-Timing", out var timing) ? timing.First() : null);
    }
}

/// <summary>An answer, read whole.</summary>
public sealed record RecordsReply(HttpStatusCode Status, string Body, string? Tag, string? Location, string? Timing)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public string Text(string name) => Json.GetProperty(name).GetString()!;

    /// <summary>A member's JSON as it was sent.</summary>
    public string Raw(string name) => Json.GetProperty(name).GetRawText();

    /// <summary>The findings of a problem, as <c>pointer code</c>, sorted.</summary>
    public IReadOnlyList<string> Errors => [.. Json.GetProperty("errors").EnumerateArray()
        .Select(error => $"{error.GetProperty("pointer").GetString()} {error.GetProperty("code").GetString()}")
        .Order(StringComparer.Ordinal)];

    public RecordsReply Expect(HttpStatusCode status)
    {
        Assert.True(Status == status, $"expected {(int)status}, got {(int)Status}: {Body}");
        return this;
    }

    public RecordsReply Expect(HttpStatusCode status, string slug)
    {
        Expect(status);
        Assert.Equal("/problems/" + slug, Text("type"));
        return this;
    }
}
