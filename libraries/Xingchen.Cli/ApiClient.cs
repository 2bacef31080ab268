using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Xingchen.Cli;

/// <summary>Calls the public API as one client; problems come out as <see cref="CliException"/> that say what to
/// do.</summary>
/// <remarks>The token is fetched at the first call and again when it was refused once. Reads are tried again after
/// 503.</remarks>
internal sealed class ApiClient(Profile profile) : IDisposable
{
    private static readonly JsonSerializerOptions Json = JsonSerializerOptions.Web;

    private readonly HttpClient http = new() { BaseAddress = new Uri(profile.Url), Timeout = Timeout.InfiniteTimeSpan };
    private string? token;

    public static ApiClient SignedIn() => new(Profile.Load());

    public string Url => profile.Url.TrimEnd('/');

    /// <summary>A fresh token; the sign-in is checked by it.</summary>
    public async Task<string> TokenAsync(CancellationToken ct)
    {
        var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = profile.ClientId,
            ["client_secret"] = profile.ClientSecret,
            ["account"] = profile.Account,
        });
        using var response = await ReachAsync(() => http.PostAsync("/oauth/token", form, ct));
        var body = await response.Content.ReadAsStringAsync(ct);
        if (response.StatusCode is HttpStatusCode.OK)
            return JsonDocument.Parse(body).RootElement.GetProperty("access_token").GetString()!;
        if (response.StatusCode is HttpStatusCode.Unauthorized)
            throw new CliException(
                $"{profile.Url} does not know this client id and secret. Sign in again: xingchen login");
        throw Problem(response.StatusCode, body);
    }

    public async Task<JsonElement> GetAsync(string path, CancellationToken ct) =>
        await ReadAsync(await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, path), ct), ct);

    public async Task<JsonElement> PostAsync(string path, object? body, CancellationToken ct) =>
        await ReadAsync(await SendAsync(() => new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = body is null ? null : JsonContent.Create(body, options: Json),
        }, ct), ct);

    public async Task<JsonElement> PutAsync(string path, object body, CancellationToken ct) =>
        await ReadAsync(await SendAsync(() => new HttpRequestMessage(HttpMethod.Put, path)
        {
            Content = JsonContent.Create(body, options: Json),
        }, ct), ct);

    public async Task DeleteAsync(string path, CancellationToken ct) =>
        await ReadAsync(await SendAsync(() => new HttpRequestMessage(HttpMethod.Delete, path), ct), ct);

    /// <summary>Streams a body; it is sent once and not tried again.</summary>
    public async Task<JsonElement> UploadAsync(string path, Stream body, string mediaType, CancellationToken ct)
    {
        token ??= await TokenAsync(ct);
        using var content = new StreamContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await ReadAsync(await ReachAsync(() => http.SendAsync(request, ct)), ct);
    }

    /// <summary>Writes a streamed answer of any size to a stream.</summary>
    /// <param name="told">Is told now and then how many bytes are there.</param>
    /// <returns>The bytes of the whole.</returns>
    /// <exception cref="CliException">A problem, or the answer broke off.</exception>
    public async Task<long> DownloadAsync(
        string path, object body, string mediaType, Stream to, Action<long> told, CancellationToken ct)
    {
        using var response = await SendAsync(() => new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = JsonContent.Create(body, options: Json),
            Headers = { Accept = { MediaTypeWithQualityHeaderValue.Parse(mediaType) } },
        }, ct);
        if (!response.IsSuccessStatusCode)
            throw Problem(response.StatusCode, await response.Content.ReadAsStringAsync(ct));
        var (bytes, shown) = (0L, 0L);
        var piece = new byte[64 * 1024];
        try
        {
            await using var from = await response.Content.ReadAsStreamAsync(ct);
            while (await from.ReadAsync(piece, ct) is > 0 and var read)
            {
                await to.WriteAsync(piece.AsMemory(0, read), ct);
                bytes += read;
                if (bytes - shown < 1_000_000) continue;
                told(bytes);
                shown = bytes;
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or HttpIOException)
        {
            throw new CliException($"The answer broke off after {bytes:N0} bytes: it is not whole. Ask again; where it "
                + "was long, for what comes after the last record that is there (WHERE id > …).");
        }
        return bytes;
    }

    /// <summary>Writes the bytes of an answer to a stream.</summary>
    /// <exception cref="CliException">A problem, or the answer broke off.</exception>
    public async Task DownloadAsync(string path, Stream to, CancellationToken ct)
    {
        using var response = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, path), ct);
        if (!response.IsSuccessStatusCode)
            throw Problem(response.StatusCode, await response.Content.ReadAsStringAsync(ct));
        try
        {
            await response.Content.CopyToAsync(to, ct);
        }
        catch (Exception exception) when (exception is HttpRequestException or HttpIOException)
        {
            throw new CliException("The answer broke off. Run the same command again.");
        }
    }

    /// <summary>The lines of a streamed answer.</summary>
    public async IAsyncEnumerable<string> LinesAsync(
        string path, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        using var response = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, path), ct);
        if (!response.IsSuccessStatusCode)
            throw Problem(response.StatusCode, await response.Content.ReadAsStringAsync(ct));
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(ct), Encoding.UTF8);
        while (await reader.ReadLineAsync(ct) is { } line)
            if (line.Length > 0) yield return line;
    }

    private async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> request, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            token ??= await TokenAsync(ct);
            using var message = request();
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            message.Headers.AcceptLanguage.ParseAdd(Terminal.Language);
            var response =
                await ReachAsync(() => http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, ct));
            var again = attempt < 4 && (response.StatusCode is HttpStatusCode.Unauthorized && attempt == 1
                || response.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests);
            if (!again) return response;
            if (response.StatusCode is HttpStatusCode.Unauthorized) token = null;
            else await Task.Delay(response.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(attempt), ct);
            response.Dispose();
        }
    }

    private async Task<HttpResponseMessage> ReachAsync(Func<Task<HttpResponseMessage>> send)
    {
        try
        {
            return await send();
        }
        catch (HttpRequestException exception)
        {
            throw new CliException($"{profile.Url} does not answer ({exception.HttpRequestError}). " +
                "Is Xingchen running there? Start it: dotnet run --project AppHost");
        }
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response, CancellationToken ct)
    {
        using (response)
        {
            var body = await response.Content.ReadAsStringAsync(ct);
            if (!response.IsSuccessStatusCode) throw Problem(response.StatusCode, body);
            return body.Length == 0 ? default : JsonDocument.Parse(body).RootElement;
        }
    }

    private static CliException Problem(HttpStatusCode status, string body)
    {
        try
        {
            var problem = JsonDocument.Parse(body).RootElement;
            if (problem.TryGetProperty("error_description", out var description))
                return new CliException(description.GetString()!);
            var findings = problem.TryGetProperty("errors", out var errors)
                ? errors.Deserialize<List<Finding>>(Json) : null;
            var trace = problem.TryGetProperty("traceId", out var id) && (int)status >= 500 ? $" (trace {id})" : "";
            return new CliException(
                $"{problem.GetProperty("title").GetString()}: {problem.GetProperty("detail").GetString()}{trace}",
                findings,
                problem.GetProperty("type").GetString()?.Split('/')[^1]);
        }
        catch (Exception exception) when (
            exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return new CliException($"The server answered {(int)status} without saying why.");
        }
    }

    public void Dispose() => http.Dispose();
}
