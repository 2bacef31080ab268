using Aspire.Hosting.ApplicationModel;
using Xingchen.AppModel.Postgres;

namespace Xingchen.AppModel.Run;

/// <summary>The private PostgreSQL server, or one that was given and is only waited for by those who use it.</summary>
internal sealed class PostgresRun(PostgresServerResource resource, RunContext context) : ResourceRun(resource, context)
{
    private readonly bool given = resource.OwnerConnectionString is not null;
    private PostgresServer? server;

    protected override async Task StartAsync(CancellationToken stopping)
    {
        var (host, port) = resource.PrimaryEndpoint.EndpointAnnotation.Allocated!.Value;
        Url = $"postgres://{host}:{port}";
        if (given) return;
        var options = new PostgresOptions { Directory = Context.Data.Path, Port = port };
        server = await PostgresServer.StartAsync(options, Context.Display.Say, stopping);
        ProcessId = server.ProcessId;
        resource.OwnerConnectionString = server.ConnectionString("postgres");
    }

    protected override bool IsLasting => !given;

    protected override async Task<string> EndedAsync(CancellationToken stopping)
    {
        await server!.Exited.WaitAsync(stopping);
        return $"ended (log: {server.LogFile})";
    }

    protected override async Task StopAsync()
    {
        if (server is not null) await server.DisposeAsync();
    }
}
