using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Xingchen.Hosting;

namespace Xingchen.Tests.Integration.Metadata;

/// <summary>A caller of the service, as the gateway would present it.</summary>
public sealed class MetadataCaller(Uri url, long org, int account, Func<string> sign)
{
    private static readonly HttpClient Http = new();

    public long Org { get; } = org;

    public int Account { get; } = account;

    /// <summary>The same caller before another service, or another instance.</summary>
    public MetadataCaller At(Uri address) => new(address, Org, Account, sign);

    public Task<Reply> GetAsync(string path, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Get, path, null, headers);

    public Task<Reply> PutAsync(string path, object body, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Put, path, body, headers);

    public Task<Reply> PostAsync(string path, object body) => SendAsync(HttpMethod.Post, path, body);

    public Task<Reply> DeleteAsync(string path, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Delete, path, null, headers);

    /// <summary>The description of an object's field; null where it has none of that name.</summary>
    public async Task<JsonElement?> FieldAsync(string item, string field)
    {
        var fields = (await GetAsync("/v1/objects/" + item)).Expect(HttpStatusCode.OK).Json.GetProperty("fields");
        foreach (var one in fields.EnumerateArray())
            if (one.GetProperty("name").GetString() == field) return one;
        return null;
    }

    private async Task<Reply> SendAsync(
        HttpMethod method, string path, object? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(url, path));
        if (body is not null) request.Content = JsonContent.Create(body, body.GetType());
        request.Headers.Add(ContextSigner.Header, sign());
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await Http.SendAsync(request);
        return new Reply(response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers.ETag?.Tag);
    }
}

/// <summary>An answer, read whole.</summary>
public sealed record Reply(HttpStatusCode Status, string Body, string? Tag)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>The codes of a problem's findings.</summary>
    public IReadOnlyList<string> Codes =>
        [.. Json.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("code").GetString()!)];

    public string Slug => Json.GetProperty("type").GetString()!["/problems/".Length..];

    public Reply Expect(HttpStatusCode status)
    {
        Assert.True(Status == status, $"expected {(int)status}, got {(int)Status}: {Body}");
        return this;
    }

    public Reply Expect(HttpStatusCode status, string slug)
    {
        Expect(status);
        Assert.Equal(slug, Slug);
        return this;
    }
}
