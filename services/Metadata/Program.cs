using Xingchen.Hosting;
using Xingchen.Metadata;
using Xingchen.Metadata.OpenApi;
using Xingchen.Metadata.Publication;
using Xingchen.Metadata.Routes;
using Xingchen.Metadata.Stacks;
using Xingchen.Storage;

if (await MigrationCommand.TryRunAsync(
    args, "metadata", "cell", typeof(MetadataService).Assembly) is { } exit) return exit;
await MetadataService.Build(args).RunAsync();
return 0;

namespace Xingchen.Metadata
{
    /// <summary>The service: layers, definitions, publication, describe.</summary>
    public static class MetadataService
    {
        /// <summary>Builds the service from its configuration; tests start it inside their own process.</summary>
        /// <exception cref="InvalidOperationException">The connection string <c>cell</c> is missing.</exception>
        public static WebApplication Build(string[] args)
        {
            var builder = WebApplication.CreateBuilder(new WebApplicationOptions
            {
                Args = args, ApplicationName = typeof(MetadataService).Assembly.GetName().Name,
            }).AddServiceDefaults();
            builder.Services.AddSingleton<ProblemMap>(SqlStates.ToProblem);
            builder.Services.AddOptions<MetadataOptions>()
                .Bind(builder.Configuration.GetSection(MetadataOptions.Section))
                .ValidateDataAnnotations().ValidateOnStart();
            builder.Services.AddSingleton<DeliveryClient>().AddSingleton<OpenApiCache>().AddSingleton<Cells>();
            builder.Services.AddSingleton<StackHints>().AddHostedService(services =>
                services.GetRequiredService<StackHints>());
            var app = builder.Build().UseServiceDefaults();
            app.Services.GetRequiredService<Cells>(); // a missing connection string is known at the start
            app.MapObjects();
            app.MapDefinitions();
            app.MapStacks();
            app.MapOpenApi();
            return app;
        }
    }
}
