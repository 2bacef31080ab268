using System.Reflection;
using Microsoft.Extensions.Options;
using Xingchen.Delivery;
using Xingchen.Delivery.Deployments;
using Xingchen.Delivery.Installations;
using Xingchen.Delivery.Packages;
using Xingchen.Delivery.Rollouts;
using Xingchen.Delivery.Transparency;
using Xingchen.Hosting;
using Xingchen.Storage;

if (await MigrationCommand.TryRunAsync(args, "delivery", "delivery",
    Assembly.GetExecutingAssembly()) is { } exit) return exit;

var builder = WebApplication.CreateBuilder(args).AddServiceDefaults();
builder.Services.AddOptions<DeliveryOptions>()
    .Bind(builder.Configuration.GetSection(DeliveryOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
builder.Services.AddDatabase(builder.Configuration, "delivery");
builder.Services.AddSingleton<ProblemMap>(SqlStates.ToProblem);
if (builder.Configuration[DeliveryOptions.Section + ":" + nameof(DeliveryOptions.Store)] == DeliveryOptions.S3)
{
    builder.Services.AddOptions<S3Options>()
        .Bind(builder.Configuration.GetSection(S3Options.Section)).ValidateDataAnnotations().ValidateOnStart();
    builder.Services.AddSingleton<IPackageStore, S3PackageStore>();
}
else builder.Services.AddSingleton<IPackageStore, FolderPackageStore>();
builder.Services
    .AddSingleton<PackageVersionStore>().AddSingleton<LayerStore>()
    .AddSingleton<PackageCatalog>().AddSingleton<PackageReferences>().AddSingleton<PackageCompatibility>()
    .AddSingleton<PublisherKeyStore>().AddSingleton<PackageIntake>().AddSingleton<PackageLocks>()
    .AddSingleton<LogStore>().AddSingleton<LogKeyStore>();
builder.Services
    .AddSingleton<InstallationStore>().AddSingleton<InstallationJournalStore>().AddSingleton<TargetPlanner>()
    .AddSingleton<PackagePreparation>().AddSingleton<StackActivation>().AddSingleton<DataRemoval>()
    .AddSingleton<RecordImpact>()
    .AddSingleton<InstallationSignal>().AddSingleton<InstallationDesk>()
    .AddHostedService<InstallationWorker>();
builder.Services
    .AddSingleton<HealthStore>().AddSingleton<RolloutStore>().AddSingleton<RolloutJournalStore>()
    .AddSingleton<RolloutProbe>().AddHostedService<RolloutWorker>();
builder.Services.AddSingleton<DeploymentStore>().AddSingleton<DeploymentAgent>()
    .AddHostedService(services => services.GetRequiredService<DeploymentAgent>());

var app = builder.Build().UseServiceDefaults();
StagedPackage.Sweep(app.Services.GetRequiredService<IOptions<DeliveryOptions>>().Value.IncomingPath,
    app.Services.GetRequiredService<TimeProvider>());
app.MapPackages();
app.MapKeys();
app.MapLayers();
app.MapLog();
app.MapPackageFiles();
app.MapInstallations();
app.MapRollouts();
app.MapDeployments();
await app.RunAsync();
return 0;
