using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Xingchen.Hosting;
using Xingchen.Model;

namespace Xingchen.Benchmarks;

/// <summary>What the services that ours is compared with have in common: the same host, the same signed identity, the
/// same pool.</summary>
internal static class ServiceShell
{
    public static WebApplicationBuilder CreateBuilder()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Environment.GetEnvironmentVariable("ASPNETCORE_URLS")!);
        builder.Services.AddSingleton(new ContextSigner(Options.Create(new ServiceOptions
        {
            ContextKey = Environment.GetEnvironmentVariable("Xingchen__ContextKey")!,
        }), TimeProvider.System));
        builder.Services.AddSingleton(TimeProvider.System);
        return builder;
    }

    /// <summary>As many connections as Records has for records and queries, statements prepared.</summary>
    public static string ConnectionString() => new NpgsqlConnectionStringBuilder(
        Environment.GetEnvironmentVariable("ConnectionStrings__compared"))
    {
        MaxPoolSize = 24, MaxAutoPrepare = 100, AutoPrepareMinUsages = 2, NoResetOnClose = true,
    }.ConnectionString;

    /// <summary>Serves until the standard input ends.</summary>
    public static void Serve(WebApplication app)
    {
        app.MapGet("/alive", () => "alive");
        var end = new Thread(() =>
        {
            using var input = Console.OpenStandardInput();
            while (input.ReadByte() >= 0) { }
            app.Lifetime.StopApplication();
        }) { IsBackground = true };
        end.Start();
        app.Run();
    }

    /// <exception cref="BadHttpRequestException">401: nobody signed it.</exception>
    public static OrgContext Org(HttpContext http, ContextSigner signer) =>
        signer.Verify(http.Request.Headers[ContextSigner.Header]) ?? throw new BadHttpRequestException("Who?", 401);
}
