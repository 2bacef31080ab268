using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;

namespace Xingchen.Testing.Campaign;

/// <summary>One account of a campaign: who asks, what it has and what all its answers have said so far.</summary>
/// <param name="org">Its org's number; several accounts have the same.</param>
/// <param name="number">Its number in the campaign.</param>
/// <param name="address">Where it asks.</param>
/// <param name="identity">The header that says who asks, made anew: it may expire.</param>
public sealed class CampaignAccount(int org, int number, Uri address, Func<(string Name, string Value)> identity)
{
    /// <summary>How every secret begins: text that nobody but its owner may be shown, whatever it asks.</summary>
    public const string SecretPrefix = "canary0secret";

    /// <summary>How every mark begins: text that others may ask for and must not be shown.</summary>
    public const string MarkPrefix = "canary0mark";

    private static readonly HttpMessageInvoker Http = new(new SocketsHttpHandler
    {
        UseCookies = false, MaxConnectionsPerServer = 64, AllowAutoRedirect = false,
    });

    public int Org => org;

    public int Number => number;

    public string Secret => $"{SecretPrefix}{number:D3}";

    public string Mark => $"{MarkPrefix}{number:D3}";

    /// <summary>Pools by hole: <c>record</c>, <c>child</c>, <c>binned</c>, <c>import</c>, <c>list</c>, …; what
    /// <c>home:</c> leads is never changed by its owner either.</summary>
    public Dictionary<string, Pool> Pools { get; } = new(StringComparer.Ordinal)
    {
        ["record"] = new(), ["home:record"] = new(), ["work"] = new(), ["child"] = new(), ["home:child"] = new(),
        ["binned"] = new(), ["import"] = new(), ["list"] = new(), ["change"] = new(),
    };

    /// <summary>Every import it began.</summary>
    public ConcurrentQueue<string> Imports { get; } = new();

    public CampaignModel Model { get; } = new();

    public override string ToString() => $"account {number} of org {org}";

    public async Task<CampaignAnswer> SendAsync(
        string method, string path, string? body, string mediaType, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(address, path));
        var (name, value) = identity();
        request.Headers.TryAddWithoutValidation(name, value);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, mediaType);
        using var response = await Http.SendAsync(request, ct);
        var text = await response.Content.ReadAsStringAsync(ct);
        return new CampaignAnswer((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType ?? "",
            string.Join('\n', response.Headers.Select(header => $"{header.Key}: {string.Join(", ", header.Value)}")),
            text);
    }

    /// <summary>A request that must succeed: what the account is filled with.</summary>
    /// <exception cref="InvalidOperationException">It did not.</exception>
    public async Task<JsonElement> AskAsync(
        string method, string path, string? body, CancellationToken ct, string mediaType = "application/json")
    {
        var answer = await SendAsync(method, path, body, mediaType, ct);
        // On a busy machine the directory may be late: it says so, and that one may ask again.
        for (var again = 0; answer.Status == 503 && again < 20; again++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, ct);
            answer = await SendAsync(method, path, body, mediaType, ct);
        }
        return answer.Status is >= 200 and < 300
            ? answer.Json ?? default
            : throw new InvalidOperationException($"{this}: {method} {path} answered {answer.Status} {answer.Body}");
    }
}

/// <summary>An answer, read whole.</summary>
public sealed record CampaignAnswer(int Status, string MediaType, string Headers, string Body)
{
    /// <summary>The body where it is one JSON object; lines of them are not.</summary>
    public JsonElement? Json => MediaType is "application/json" or "application/problem+json" && Body.StartsWith('{')
        ? JsonDocument.Parse(Body).RootElement : null;

    /// <summary>Whether the service had no room: ask again (429, 503), or it took too long (504).</summary>
    public bool IsBusy => Status is 429 or 503 or 504;
}
