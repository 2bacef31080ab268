using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

/// <summary>Values from outside.</summary>
public static class ParameterResourceBuilderExtensions
{
    /// <summary>A value that <c>Parameters:{name}</c> must give.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, bool secret = false) =>
        builder.AddResource(new ParameterResource(
            name,
            _ => Given(builder, name)
                ?? throw new InvalidOperationException($"The parameter '{name}' has no value. Set Parameters__{name}."),
            secret));

    /// <summary>A value that <c>Parameters:{name}</c> may give, and that otherwise is made.</summary>
    /// <param name="builder">The application's.</param>
    /// <param name="name">The parameter's.</param>
    /// <param name="value">What it is where it is not given.</param>
    /// <param name="secret">Whether it must not be shown.</param>
    /// <param name="persist">Whether the next run gets the same: it is kept in the data directory.</param>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, ParameterDefault value, bool secret = false,
        bool persist = false)
    {
        var parameter = builder.AddResource(new ParameterResource(
            name, @default => Given(builder, name) ?? @default!.GetDefaultValue(), secret) { Default = value });
        return persist ? parameter.With(new PersistAnnotation()) : parameter;
    }

    private static string? Given(IDistributedApplicationBuilder builder, string name) =>
        builder.Configuration["Parameters:" + name] ?? builder.Configuration["Parameters:" + name.Replace('-', '_')];
}

/// <summary>Projects of this repository.</summary>
public static class ProjectResourceBuilderExtensions
{
    /// <summary>A process of a project.</summary>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(
        this IDistributedApplicationBuilder builder, string name)
        where TProject : IProjectMetadata, new() =>
        builder.AddResource(new ProjectResource(name)).With(new TProject());
}

/// <summary>PostgreSQL.</summary>
public static class PostgresBuilderExtensions
{
    /// <summary>A server; the one of <c>ConnectionStrings:{name}</c> where that is given, locally a private one
    /// otherwise.</summary>
    public static IResourceBuilder<PostgresServerResource> AddPostgres(
        this IDistributedApplicationBuilder builder, string name, IResourceBuilder<ParameterResource>? userName = null,
        IResourceBuilder<ParameterResource>? password = null, int? port = null)
    {
        var secret = password?.Resource
            ?? builder.AddParameter(name + "-password", new GenerateParameterDefault { MinLength = 22 }, secret: true)
                .Resource;
        var server = new PostgresServerResource(name, userName?.Resource, secret)
        {
            OwnerConnectionString = builder.Configuration.GetConnectionString(name),
        };
        return builder.AddResource(server)
            .With(new EndpointAnnotation(ProtocolType.Tcp, "tcp", name: "tcp", port: port, targetPort: 5432));
    }

    /// <summary>Keeps the server's data.</summary>
    public static IResourceBuilder<PostgresServerResource> WithDataVolume(
        this IResourceBuilder<PostgresServerResource> builder, string? name = null, bool isReadOnly = false) =>
        isReadOnly
            ? throw new ArgumentException("A server writes to its data.", nameof(isReadOnly))
            : builder.With(new VolumeAnnotation(name ?? builder.Resource.Name + "-data", "/var/lib/postgresql"));

    /// <summary>A database of the server.</summary>
    public static IResourceBuilder<PostgresDatabaseResource> AddDatabase(
        this IResourceBuilder<PostgresServerResource> builder, string name, string? databaseName = null)
    {
        var database = new PostgresDatabaseResource(name, databaseName ?? name, builder.Resource);
        builder.Resource.Add(name, database.DatabaseName);
        return builder.ApplicationBuilder.AddResource(database);
    }
}
