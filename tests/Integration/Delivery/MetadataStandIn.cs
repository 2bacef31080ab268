using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xingchen.Contracts;
using Xingchen.Hosting;

namespace Xingchen.Tests.Integration.Delivery;

/// <summary>Answers, at the sidecar's address and in its protocol, what a site's Metadata would answer, and that
/// its Extensions have every package.</summary>
public sealed class MetadataStandIn : IAsyncDisposable
{
    private readonly ConcurrentDictionary<(long, int), IReadOnlyList<StackPackage>> stacks = new();
    private WebApplication? app;
    private int probes;

    public Uri Url { get; private set; } = new("http://unset");

    /// <summary>What is asked to be put in force, in order, dry runs left out.</summary>
    public ConcurrentQueue<SetPackages> Asked { get; } = new();

    /// <summary>Called before the set is put in force; may refuse by giving another status than 200.</summary>
    public Func<SetPackages, Task<HttpStatusCode>> Before { get; set; } = _ => Task.FromResult(HttpStatusCode.OK);

    /// <summary>Called after the set is in force, before the answer.</summary>
    public Func<SetPackages, Task> After { get; set; } = _ => Task.CompletedTask;

    /// <summary>Lists of records that a rollout read on its own account.</summary>
    public int Probes => Volatile.Read(ref probes);

    public IReadOnlyList<StackPackage> StackOf(long org, int account = 1) =>
        stacks.GetValueOrDefault((org, account), []);

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        app = builder.Build();
        app.MapPut("/v1.0/invoke/metadata-local/method/internal/stacks/packages", AnswerAsync);
        app.MapPut("/internal/stacks/packages", AnswerAsync); // behind a sidecar
        app.MapPost("/v1.0/invoke/extensions-main/method/internal/packages/prepare", async http =>
        {
            http.Response.Headers[ServiceClient.ServiceHeader] = "extensions";
            await http.Response.WriteAsJsonAsync(new PreparedPackages([]));
        });
        app.MapGet("/v1.0/invoke/organization/method/v1/groups", (HttpContext http) =>
        {
            http.Response.Headers[ServiceClient.ServiceHeader] = "organization";
            return Results.Json(new { groups = new[] { new { code = "main", idc = "local" } } });
        });
        app.MapGet("/v1.0/invoke/metadata-local/method/v1/objects", (HttpContext http) =>
        {
            http.Response.Headers[ServiceClient.ServiceHeader] = "metadata";
            return Results.Json(new { objects = Array.Empty<object>() });
        });
        app.MapGet("/v1.0/invoke/records-main/method/v1/objects/{name}/records", (HttpContext http) =>
        {
            http.Response.Headers[ServiceClient.ServiceHeader] = "records";
            Interlocked.Increment(ref probes);
            return Results.Json(new { records = Array.Empty<object>() });
        });
        await app.StartAsync();
        Url = new Uri(app.Urls.First());
    }

    public async ValueTask DisposeAsync()
    {
        if (app is not null) await app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var wanted = (await http.Request.ReadFromJsonAsync<SetPackages>())!;
        if (!wanted.DryRun) Asked.Enqueue(wanted);
        var status = await Before(wanted);
        http.Response.Headers[ServiceClient.ServiceHeader] = "metadata";
        http.Response.StatusCode = (int)status;
        if (status != HttpStatusCode.OK)
        {
            await http.Response.WriteAsJsonAsync(new
            {
                type = status == HttpStatusCode.UnprocessableEntity ? "/problems/definition-invalid"
                    : "/problems/unavailable",
                detail = "It does not fit.",
                errors = new[] { new { code = "field-missing", detail = "There is no such field.",
                    pointer = "/fields/0" } },
            }, JsonSerializerOptions.Web, ProblemWriter.ContentType);
            return;
        }
        if (!wanted.DryRun) stacks[(wanted.Org, wanted.Account)] = wanted.Packages;
        if (!wanted.DryRun) await After(wanted);
        await http.Response.WriteAsJsonAsync(new StackState(1, true, wanted.Packages, null, new StackDifference(
            [new StackItem("acme__Loyalty"), new StackItem("Customer", "acme__points")], [], [], [])));
    }
}
