using System.Diagnostics;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Xingchen.Hosting;

/// <summary>What every service has: options, problems, health, tokens of the sidecar, timing, telemetry, a clean
/// stop.</summary>
public static class ServiceDefaults
{
    /// <summary>How long a stopping service finishes what it is doing.</summary>
    public const int StopSeconds = 15;

    /// <summary>Adds the defaults. Call before anything of the service's own.</summary>
    public static WebApplicationBuilder AddServiceDefaults(this WebApplicationBuilder builder)
    {
        builder.Configuration.AddContextKey();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // The gateway is the edge and holds the limits; behind it a service gets what the gateway let through.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
        });
        builder.Logging.ClearProviders().AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.ColorBehavior = Microsoft.Extensions.Logging.Console.LoggerColorBehavior.Disabled;
        });
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning)
            .AddFilter("System.Net.Http", LogLevel.Warning)
            .AddFilter("Microsoft.AspNetCore.Diagnostics.ExceptionHandlerMiddleware",
                LogLevel.None); // ProblemWriter logs bugs
        builder.Services.AddOptions<ServiceOptions>()
            .Bind(builder.Configuration.GetSection(ServiceOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(StopSeconds));
        builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddDaprClient();
        builder.Services.AddSingleton<ContextSigner>().AddSingleton<CursorSigner>().AddSingleton<ServiceClient>();
        builder.Services.AddExceptionHandler<ProblemWriter>();
        builder.Services.AddHealthChecks()
            .AddCheck("self", () => HealthCheckResult.Healthy(), ["live"]).AddCheck<Stopping>("serving");
        builder.Services.AddHostedService<Telemetry>().AddHostedService<HostWatch>();
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
            json.SerializerOptions.AllowDuplicateProperties = false;
            json.SerializerOptions.MaxDepth = 32;
            json.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
            json.SerializerOptions.Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        });
        return builder;
    }

    /// <summary>The pipeline that stands before every route, and the health routes.</summary>
    /// <param name="app">The service.</param>
    /// <param name="edge">True for the gateway: callers reach it directly, so nothing in a request is a sidecar's
    /// word.</param>
    public static WebApplication UseServiceDefaults(this WebApplication app, bool edge = false)
    {
        var service = app.Environment.ApplicationName.Split('.')[^1].ToLowerInvariant();
        app.UseServerTiming(service);
        app.UseServiceHeader(service);
        app.UseExceptionHandler(_ => { });
        app.UseStatusCodePages(pages => WriteStatusAsync(pages.HttpContext));
        var token = edge ? null : app.Configuration["APP_API_TOKEN"];
        if (!string.IsNullOrEmpty(token)) app.Use((http, next) =>
            FromSidecar(http, next, Encoding.UTF8.GetBytes(token)));
        if (!edge) app.UseCarriedPath();
        app.UseRouting(); // here and not first, so that it sees the path that was carried
        app.MapHealthChecks("/alive", new HealthCheckOptions { Predicate = check => check.Tags.Contains("live") });
        var health =
            new HealthCheckOptions { ResponseWriter = (http, report) => WriteHealthAsync(http, report, service) };
        app.MapHealthChecks("/health", health);
        app.MapHealthChecks("/healthz", health);
        return app;
    }

    private static void UseServiceHeader(this WebApplication app, string service) => app.Use((http, next) =>
    {
        http.Response.OnStarting(static state =>
        {
            var (response, name) = ((HttpResponse, string))state;
            response.Headers[ServiceClient.ServiceHeader] = name;
            return Task.CompletedTask;
        }, (http.Response, service));
        return next(http);
    });

    private static Task WriteStatusAsync(HttpContext http)
    {
        (Problem Problem, string Detail)? found = http.Response.StatusCode switch
        {
            400 => (Problems.RequestInvalid, "The request is not well-formed."),
            404 => (Problems.NotFound, "There is nothing here."),
            405 => (Problems.MethodNotAllowed, "See the Allow header."),
            413 => (Problems.BodyTooLarge, "Send less, or import it as a file."),
            415 => (Problems.MediaTypeUnsupported, "Send application/json."),
            _ => null,
        };
        return found is { } problem
            ? ProblemWriter.WriteAsync(http, new ProblemException(problem.Problem, problem.Detail), http.RequestAborted)
            : Task.CompletedTask;
    }

    /// <summary>Names of checks and whether they hold; never why not, which is for the log.</summary>
    private static Task WriteHealthAsync(HttpContext http, HealthReport report, string service) =>
        http.Response.WriteAsJsonAsync(new
        {
            status = report.Status == HealthStatus.Healthy ? "healthy" : "unhealthy",
            service,
            version = Version,
            checks =
                report.Entries.ToDictionary(check => check.Key, check => check.Value.Status == HealthStatus.Healthy),
        }, http.RequestAborted);

    private static readonly string Version =
        (Assembly.GetEntryAssembly() ?? typeof(ServiceDefaults).Assembly)
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>Lets through what the sidecar sent (it knows the app's token), and the probes.</summary>
    private static Task FromSidecar(HttpContext http, RequestDelegate next, byte[] token)
    {
        if (http.Request.Path.Value is "/health" or "/healthz" or "/alive") return next(http);
        var given = Encoding.UTF8.GetBytes(http.Request.Headers["dapr-api-token"].ToString());
        return CryptographicOperations.FixedTimeEquals(given, token)
            ? next(http)
            : throw new ProblemException(Problems.Unauthenticated, "Call through the sidecar.");
    }

    /// <summary>Not ready from the moment that the service is told to stop, so that no new request comes.</summary>
    private sealed class Stopping(IHostApplicationLifetime lifetime) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context,
            CancellationToken cancellationToken = default) =>
            Task.FromResult(lifetime.ApplicationStopping.IsCancellationRequested
                ? HealthCheckResult.Unhealthy() : HealthCheckResult.Healthy());
    }
}
