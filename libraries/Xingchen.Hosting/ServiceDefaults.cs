using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Xingchen.Hosting;

/// <summary>What every service has: options, problems, health, tokens of the sidecar, timing, telemetry, a clean stop.</summary>
public static class ServiceDefaults
{
    /// <summary>Adds the defaults. Call before anything of the service's own.</summary>
    public static WebApplicationBuilder AddServiceDefaults(this WebApplicationBuilder builder)
    {
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.Logging.ClearProviders().AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.ColorBehavior = Microsoft.Extensions.Logging.Console.LoggerColorBehavior.Disabled;
        });
        builder.Services.AddOptions<ServiceOptions>()
            .Bind(builder.Configuration.GetSection(ServiceOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<ContextSigner>();
        builder.Services.AddExceptionHandler<ProblemWriter>();
        builder.Services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), ["live"]);
        builder.Services.AddHostedService<HostWatch>();
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
            json.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
            json.SerializerOptions.Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        });
        return builder;
    }

    /// <summary>The pipeline that stands before every route, and the health routes.</summary>
    public static WebApplication UseServiceDefaults(this WebApplication app)
    {
        app.UseExceptionHandler(_ => { });
        app.UseStatusCodePages(pages => pages.HttpContext.Response switch
        {
            { StatusCode: 404 } => ProblemWriter.WriteAsync(pages.HttpContext, new ProblemException(Problems.NotFound, "There is nothing here."), pages.HttpContext.RequestAborted),
            { StatusCode: 405 } => ProblemWriter.WriteAsync(pages.HttpContext, new ProblemException(Problems.MethodNotAllowed, "See the Allow header."), pages.HttpContext.RequestAborted),
            { StatusCode: 415 } => ProblemWriter.WriteAsync(pages.HttpContext, new ProblemException(Problems.MediaTypeUnsupported, "Send application/json."), pages.HttpContext.RequestAborted),
            _ => Task.CompletedTask,
        });
        var token = app.Configuration["APP_API_TOKEN"];
        if (!string.IsNullOrEmpty(token)) app.Use((http, next) => FromSidecar(http, next, Encoding.UTF8.GetBytes(token)));
        app.MapHealthChecks("/alive", new HealthCheckOptions { Predicate = check => check.Tags.Contains("live") });
        app.MapHealthChecks("/health");
        app.MapHealthChecks("/healthz");
        return app;
    }

    /// <summary>Lets through what the sidecar sent (it knows the app's token), and the probes.</summary>
    private static Task FromSidecar(HttpContext http, RequestDelegate next, byte[] token)
    {
        if (http.Request.Path.Value is "/health" or "/healthz" or "/alive") return next(http);
        var given = Encoding.UTF8.GetBytes(http.Request.Headers["dapr-api-token"].ToString());
        return CryptographicOperations.FixedTimeEquals(given, token)
            ? next(http)
            : throw new ProblemException(Problems.Unauthenticated, "Call through the sidecar.");
    }
}
