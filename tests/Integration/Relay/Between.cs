using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Xingchen.Tests.Integration.Sidecar;

namespace Xingchen.Tests.Integration.Relay;

/// <summary>Stands between Records and a sidecar and passes everything on, so that a test decides between a publication
/// and its answer.</summary>
internal sealed class Between : IAsyncDisposable
{
    private readonly HttpClient http = new();
    private readonly Func<Publication, Task> passing;
    private readonly Func<Task<Uri?>> sidecar;
    private TestApp? app;

    private Between(Func<Task<Uri?>> sidecar, Func<Publication, Task> passing)
    {
        this.sidecar = sidecar;
        this.passing = passing;
    }

    /// <summary>What Records is given as <c>DAPR_HTTP_ENDPOINT</c>.</summary>
    public (string, string) Endpoint => ("DAPR_HTTP_ENDPOINT", $"http://127.0.0.1:{app!.Port}");

    /// <param name="sidecar">Where to pass a request on; null where there is nobody, as if nobody listened.</param>
    /// <param name="passing">Is given each publication, and passes it on or not.</param>
    public static async Task<Between> StartAsync(Func<Task<Uri?>> sidecar, Func<Publication, Task> passing)
    {
        var between = new Between(sidecar, passing);
        between.app = await TestApp.StartAsync(map => map.Map("/v1.0/{**rest}", between.HandleAsync));
        return between;
    }

    public async ValueTask DisposeAsync()
    {
        await app!.DisposeAsync();
        http.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        if (await sidecar() is not { } to)
        {
            context.Abort();
            return;
        }
        using var reader = new StreamReader(context.Request.Body);
        var request = new Publication(http, to, context, await reader.ReadToEndAsync());
        await (context.Request.Path.StartsWithSegments("/v1.0/publish") ? passing(request) : request.PassAsync());
    }
}

/// <summary>A request on its way to the sidecar.</summary>
internal sealed class Publication(HttpClient http, Uri sidecar, HttpContext context, string body)
{
    private int status;

    public long Org => Data.GetProperty("org").GetInt64();

    public int Account => Data.GetProperty("account").GetInt32();

    /// <summary>The change's.</summary>
    public string Id => Data.GetProperty("change").GetProperty("id").GetString()!;

    private JsonElement Data => JsonDocument.Parse(body).RootElement;

    /// <summary>Asks the sidecar, and gives Records its answer.</summary>
    public async Task PassAsync()
    {
        if (await AskAsync()) Answer();
        else Abort();
    }

    /// <summary>Asks the sidecar.</summary>
    /// <returns>False where it did not answer.</returns>
    public async Task<bool> AskAsync()
    {
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method),
            new Uri(sidecar, context.Request.Path + context.Request.QueryString.Value));
        if (body.Length > 0)
        {
            request.Content = new StringContent(body);
            request.Content.Headers.Remove("Content-Type");
            request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
        }
        try
        {
            using var answer = await http.SendAsync(request);
            status = (int)answer.StatusCode;
            return true;
        }
        catch (HttpRequestException)
        {
            return false; // it has died
        }
    }

    /// <summary>Gives Records what the sidecar answered.</summary>
    public void Answer() => context.Response.StatusCode = status;

    /// <summary>Leaves Records without an answer.</summary>
    public void Abort() => context.Abort();

    /// <summary>Whether the sidecar has taken it.</summary>
    public bool IsTaken => status is >= 200 and < 300;
}
