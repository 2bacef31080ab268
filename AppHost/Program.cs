using System.Collections.Immutable;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using CommunityToolkit.Aspire.Hosting.Dapr;
using Microsoft.Extensions.Configuration;

// The topology of Xingchen: one site (local) with one cell (main), unless --idcs and --groups name others. `dotnet run`
// runs it here, `--publisher manifest` writes it down.
var idcs = Names("--idcs") ?? ["local"];
var groups = Names("--groups") ?? (Names("--idcs") is { } named ? [named[0]] : ["main"]);
var cells = groups.Select(group => (Idc: idcs[0], Group: group)) // every further site has one, of its own name
    .Concat(idcs.Skip(1).Select(idc => (Idc: idc, Group: idc))).DistinctBy(cell => cell.Group).ToArray();

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
var changes = builder.AddDaprPubSub("changes", new() { LocalPath = "../components/local/changes/changes.yaml" });

var postgres = builder.AddPostgres("postgres").WithDataVolume("xingchen-postgres");
var organizations = postgres.AddDatabase("organization-db", "organization");
var deliveries = postgres.AddDatabase("delivery-db", "delivery");
var databases = cells.ToDictionary(cell => cell.Group, cell =>
    postgres.AddDatabase("cell-" + cell.Group, "cell_" + cell.Group.Replace('-', '_')));

// Every service with tables: a migration as the owner, then serving as a role that owns nothing.
var organizationRole = Secret("organization-password");
var organizationMigrations = Migrations<Projects.Organization>(
    "organization", organizations, "organization", organizationRole);
var organization = Serving<Projects.Organization>(
    "organization", cells[0], "organization", organizations, organizationRole)
    .WaitForCompletion(organizationMigrations);

var deliveryRole = Secret("delivery-password");
var deliveryMigrations = Migrations<Projects.Delivery>("delivery", deliveries, "delivery", deliveryRole);
var delivery = Serving<Projects.Delivery>("delivery", cells[0], "delivery", deliveries, deliveryRole)
    .WithEnvironment("Delivery__StorePath", DataPath("packages"))
    .WaitForCompletion(deliveryMigrations);
if (!builder.ExecutionContext.IsRunMode) // in production a package has a signature
    delivery.WithEnvironment("Delivery__RequireSignature", "true");

// Per site: Metadata. Per cell: a database, Records and Extensions.
var (metadataRole, recordsRole) = (Secret("metadata-password"), Secret("records-password"));
List<IResourceBuilder<ProjectResource>> services = [organization, delivery];
foreach (var site in cells.GroupBy(cell => cell.Idc))
{
    var metadata = Serving<Projects.Metadata>(
        "metadata-" + site.Key, site.First(), "cell", databases[site.First().Group], metadataRole);
    services.Add(metadata);
    foreach (var cell in site)
    {
        var (group, database) = (cell.Group, databases[cell.Group]);
        if (cell != site.First())
            metadata.WithEnvironment("ConnectionStrings__cell-" + group, As("metadata", database, metadataRole));
        var metadataMigrations = Migrations<Projects.Metadata>("metadata-" + group, database, "cell", metadataRole);
        var recordsMigrations = Migrations<Projects.Records>("records-" + group, database, "cell", recordsRole)
            .WaitForCompletion(metadataMigrations); // records reads metadata's tables
        metadata.WaitForCompletion(metadataMigrations);
        services.Add(Serving<Projects.Records>("records-" + group, cell, "cell", database, recordsRole, changes)
            .WaitForCompletion(recordsMigrations));
        services.Add(Service<Projects.Extensions>("extensions-" + group, cell).WithHttpEndpoint()
            .WithEnvironment("Extensions__CachePath", DataPath("cache", site.Key)));
    }
}

var gateway = Service<Projects.Gateway>("gateway", cells[0])
    .WithHttpEndpoint(port: builder.Configuration.GetValue("XINGCHEN_GATEWAY_PORT", 8080)).WithExternalHttpEndpoints();

// Makes the sites known and puts the standard product in force; with --demo, an org with the sample package and data.
var bootstrap = builder.AddProject<Projects.Xingchen_Cli>("bootstrap")
    .WithArgs(["bootstrap", .. cells.SelectMany(cell => new[] { "--cell", $"{cell.Idc}/{cell.Group}" }),
        .. args.Where(arg => arg == "--demo")])
    .WithEnvironment("XINGCHEN_URL", gateway.GetEndpoint("http"))
    .WithEnvironment("XINGCHEN_CLIENT_ID", "platform-operator")
    .WithEnvironment("XINGCHEN_CLIENT_SECRET", operatorSecret);
if (builder.ExecutionContext.IsRunMode) // an image carries its own
    bootstrap.WithEnvironment("XINGCHEN_METADATA_DIR", Path.GetFullPath("../metadata", builder.AppHostDirectory))
        .WithEnvironment("XINGCHEN_DATA_DIR", dataDirectory);
foreach (var service in services.Append(gateway)) bootstrap.WaitFor(service);

await builder.Build().RunAsync();

string[]? Names(string option) => args.SelectMany(arg => arg.Split('=', 2)).SkipWhile(word => word != option)
    .Skip(1).FirstOrDefault()?.Split(',').Distinct().ToArray();

string DataPath(params string[] names) => builder.ExecutionContext.IsRunMode
    ? Path.Combine([dataDirectory, .. names]) : string.Join('/', ["/var/lib/xingchen", .. names]);

IResourceBuilder<ParameterResource> Secret(string name) =>
    builder.AddParameter(
        name, new GenerateParameterDefault { MinLength = 44, Special = false }, secret: true, persist: true);

IResourceBuilder<ProjectResource> Migrations<T>(
    string name, IResourceBuilder<PostgresDatabaseResource> database, string connection,
    IResourceBuilder<ParameterResource> role)
    where T : IProjectMetadata, new() =>
    builder.AddProject<T>(name + "-migrations").WithArgs("migrate")
        .WithReference(database, connection).WithEnvironment("XINGCHEN_ROLE_PASSWORD", role).WaitFor(postgres);

IResourceBuilder<ProjectResource> Service<T>(
    string name, (string Idc, string Group) cell, params IResourceBuilder<IDaprComponentResource>[] more)
    where T : IProjectMetadata, new() =>
    builder.AddProject<T>(name).WithHttpHealthCheck("/health")
        .WithEnvironment("Xingchen__Idc", cell.Idc).WithEnvironment("Xingchen__Group", cell.Group)
        .WithDaprSidecar(sidecar =>
        {
            sidecar.WithOptions(new DaprSidecarOptions { AppId = name }).WithReference(secrets).WithReference(pubsub);
            foreach (var component in more) sidecar.WithReference(component);
        });

IResourceBuilder<ProjectResource> Serving<T>(
    string name, (string Idc, string Group) cell, string connection,
    IResourceBuilder<PostgresDatabaseResource> database, IResourceBuilder<ParameterResource> password,
    params IResourceBuilder<IDaprComponentResource>[] more)
    where T : IProjectMetadata, new() =>
    Service<T>(name, cell, more).WithHttpEndpoint()
        .WithEnvironment("ConnectionStrings__" + connection, As(name.Split('-')[0], database, password));

ReferenceExpression As(
    string service, IResourceBuilder<PostgresDatabaseResource> database, IResourceBuilder<ParameterResource> password)
{
    var server = postgres.Resource.PrimaryEndpoint;
    var host = server.Property(EndpointProperty.Host);
    var port = server.Property(EndpointProperty.Port);
    var role = "xingchen_" + service;
    return ReferenceExpression.Create(
        $"Host={host};Port={port};Username={role};Password={password};Database={database.Resource.DatabaseName}");
}
