using System.Collections.Immutable;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using CommunityToolkit.Aspire.Hosting.Dapr;
using Microsoft.Extensions.Configuration;

// The topology of Xingchen: one site (local) with one cell (main). `dotnet run` runs it here, `--publisher manifest`
// writes it down.
const string Idc = "local", Group = "main";

var builder = DistributedApplication.CreateBuilder(args);
builder.Configuration["Parameters:operator-secret"] ??= builder.Configuration["XINGCHEN_OPERATOR_SECRET"];

var dataDirectory = builder.Configuration["XINGCHEN_DATA_DIR"] is { Length: > 0 } given
    ? Path.GetFullPath(given) : Path.GetFullPath("../.xingchen", builder.AppHostDirectory);

// Secrets are made at the first run and kept. Services read theirs from the Dapr secret store `secrets`.
Secret("context-key");
var operatorSecret = Secret("operator-secret");
var secrets = builder.AddDaprComponent(
    "secrets", "secretstores.local.file", new() { LocalPath = "../components/local/secrets.yaml" });
var pubsub = builder.AddDaprPubSub("pubsub", new() { LocalPath = "../components/local/pubsub.yaml" });
var changes = builder.AddDaprPubSub("changes", new() { LocalPath = "../components/local/changes.yaml" });

var postgres = builder.AddPostgres("postgres").WithDataVolume("xingchen-postgres");
var organizations = postgres.AddDatabase("organization-db", "organization");
var deliveries = postgres.AddDatabase("delivery-db", "delivery");
var cell = postgres.AddDatabase("cell-" + Group, "cell_" + Group);

// Every service with tables: a migration as the owner, then serving as a role that owns nothing.
var organizationRole = Secret("organization-password");
var organizationMigrations = Migrations<Projects.Organization>(
    "organization", organizations, "organization", organizationRole);
var organization = Serving<Projects.Organization>("organization", "organization", organizations, organizationRole)
    .WaitForCompletion(organizationMigrations);

var deliveryRole = Secret("delivery-password");
var deliveryMigrations = Migrations<Projects.Delivery>("delivery", deliveries, "delivery", deliveryRole);
var delivery = Serving<Projects.Delivery>("delivery", "delivery", deliveries, deliveryRole)
    .WithEnvironment("Delivery__StorePath",
        builder.ExecutionContext.IsRunMode ? Path.Combine(dataDirectory, "packages") : "/var/lib/xingchen/packages")
    .WaitForCompletion(deliveryMigrations);
if (!builder.ExecutionContext.IsRunMode) // in production a package has a signature
    delivery.WithEnvironment("Delivery__RequireSignature", "true");

var metadataRole = Secret("metadata-password");
var metadataMigrations = Migrations<Projects.Metadata>("metadata-" + Idc, cell, "cell", metadataRole);
var metadata = Serving<Projects.Metadata>("metadata-" + Idc, "cell", cell, metadataRole)
    .WaitForCompletion(metadataMigrations);

var recordsRole = Secret("records-password");
var recordsMigrations = Migrations<Projects.Records>("records-" + Group, cell, "cell", recordsRole)
    .WaitForCompletion(metadataMigrations); // records reads metadata's tables
var records = Serving<Projects.Records>("records-" + Group, "cell", cell, recordsRole, changes)
    .WaitForCompletion(recordsMigrations);

var extensions = Service<Projects.Extensions>("extensions-" + Group).WithHttpEndpoint()
    .WithEnvironment("Extensions__CachePath",
        builder.ExecutionContext.IsRunMode ? Path.Combine(dataDirectory, "cache", Idc) : "/var/lib/xingchen/cache");

var gateway = Service<Projects.Gateway>("gateway")
    .WithHttpEndpoint(port: builder.Configuration.GetValue("XINGCHEN_GATEWAY_PORT", 8080)).WithExternalHttpEndpoints();

// Puts the standard product in force; with --demo, an org with the sample package and data.
var bootstrap = builder.AddProject<Projects.Xingchen_Cli>("bootstrap")
    .WithArgs(args.Contains("--demo") ? ["bootstrap", "--demo"] : ["bootstrap"])
    .WithEnvironment("XINGCHEN_URL", gateway.GetEndpoint("http"))
    .WithEnvironment("XINGCHEN_CLIENT_ID", "platform-operator")
    .WithEnvironment("XINGCHEN_CLIENT_SECRET", operatorSecret);
if (builder.ExecutionContext.IsRunMode) // an image carries its own
    bootstrap.WithEnvironment("XINGCHEN_METADATA_DIR", Path.GetFullPath("../metadata", builder.AppHostDirectory))
        .WithEnvironment("XINGCHEN_DATA_DIR", dataDirectory);
foreach (var service in new[] { gateway, organization, delivery, metadata, records, extensions })
    bootstrap.WaitFor(service);

await builder.Build().RunAsync();

IResourceBuilder<ParameterResource> Secret(string name) =>
    builder.AddParameter(
        name, new GenerateParameterDefault { MinLength = 44, Special = false }, secret: true, persist: true);

IResourceBuilder<ProjectResource> Migrations<T>(
    string name, IResourceBuilder<PostgresDatabaseResource> database, string connection,
    IResourceBuilder<ParameterResource> role)
    where T : IProjectMetadata, new() =>
    builder.AddProject<T>(name + "-migrations").WithArgs("migrate")
        .WithReference(database, connection).WithEnvironment("XINGCHEN_ROLE_PASSWORD", role).WaitFor(postgres);

IResourceBuilder<ProjectResource> Service<T>(string name, params IResourceBuilder<IDaprComponentResource>[] more)
    where T : IProjectMetadata, new() =>
    builder.AddProject<T>(name).WithHttpHealthCheck("/health")
        .WithEnvironment("Xingchen__Idc", Idc).WithEnvironment("Xingchen__Group", Group)
        .WithDaprSidecar(sidecar =>
        {
            sidecar.WithOptions(new DaprSidecarOptions { AppId = name }).WithReference(secrets).WithReference(pubsub);
            foreach (var component in more) sidecar.WithReference(component);
        });

IResourceBuilder<ProjectResource> Serving<T>(
    string name, string connection, IResourceBuilder<PostgresDatabaseResource> database,
    IResourceBuilder<ParameterResource> password, params IResourceBuilder<IDaprComponentResource>[] more)
    where T : IProjectMetadata, new()
{
    var server = postgres.Resource.PrimaryEndpoint;
    var host = server.Property(EndpointProperty.Host);
    var port = server.Property(EndpointProperty.Port);
    var role = "xingchen_" + name.Split('-')[0];
    var serving = ReferenceExpression.Create(
        $"Host={host};Port={port};Username={role};Password={password};Database={database.Resource.DatabaseName}");
    return Service<T>(name, more).WithHttpEndpoint().WithEnvironment("ConnectionStrings__" + connection, serving);
}
