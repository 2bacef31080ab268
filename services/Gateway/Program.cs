using Xingchen.Gateway;
using Xingchen.Gateway.Edge;
using Xingchen.Gateway.Forwarding;
using Xingchen.Gateway.Identity;
using Xingchen.Hosting;

var builder = WebApplication.CreateBuilder(args).AddServiceDefaults();
builder.WebHost.ConfigureKestrel(kestrel =>
{
    // Callers are strangers here: a sender or a reader that crawls is cut off. Body sizes are each route's.
    var defaults = new Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerLimits();
    kestrel.Limits.MinRequestBodyDataRate = defaults.MinRequestBodyDataRate;
    kestrel.Limits.MinResponseDataRate = defaults.MinResponseDataRate;
});
builder.Services.AddOptions<GatewayOptions>()
    .Bind(builder.Configuration.GetSection(GatewayOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
builder.Services.AddSingleton<SigningKeys>().AddSingleton<RevocationWatch>().AddSingleton<Authenticator>()
    .AddSingleton<RateLimits>().AddSingleton<Forwarder>().AddSingleton<AccountCounts>().AddSingleton<Entrance>();
builder.Services.AddHostedService(services => services.GetRequiredService<RevocationWatch>());
builder.Services.AddHostedService<HealthReporter>();
builder.Services.AddHealthChecks().AddCheck<SidecarHealth>("sidecar");

var app = builder.Build().UseServiceDefaults(edge: true);
app.MapProblemPages();
app.MapGet("/v1/limits", (HttpContext http, Entrance entrance) => entrance.LimitsAsync(http));
app.MapFallback("{**path}", (HttpContext http, Entrance entrance) => entrance.HandleAsync(http));
await app.RunAsync();
