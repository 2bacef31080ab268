using System.Data.Common;
using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using CommunityToolkit.Aspire.Hosting.Dapr;

namespace Xingchen.AppModel.Run;

/// <summary>Who listens where in this run, all on 127.0.0.1.</summary>
/// <remarks>
/// The external endpoint has the first port, PostgreSQL, the services and their sidecars the ports after it, in the
/// order of the model. They are fixed, so that a taken one is a problem; only where nothing but the gateway's port was
/// chosen do the others make way.
/// </remarks>
internal sealed class PortPlan
{
    private const string Host = "127.0.0.1";

    private readonly Dictionary<IResource, int> sidecars = [];

    /// <summary>The port of a sidecar.</summary>
    public int Of(IDaprSidecarResource sidecar) => sidecars[sidecar];

    /// <param name="resources">Get their ports.</param>
    /// <param name="portBase">Of <c>--port-base</c>.</param>
    /// <param name="gatewayChosen">Whether the gateway's port was chosen alone.</param>
    /// <exception cref="HostProblemException">Taken ports, all of them, a line each.</exception>
    public static PortPlan Make(IReadOnlyList<IResource> resources, int? portBase, bool gatewayChosen)
    {
        var plan = new PortPlan();
        var endpoints = resources.SelectMany(
            r => r.Annotations.OfType<EndpointAnnotation>().Select(e => (Resource: r, Endpoint: e))).ToList();
        var outside = endpoints.Find(pair => pair.Endpoint.IsExternal);
        var first = portBase ?? outside.Endpoint?.Port ?? 8080;
        var problems = new List<string>();
        if (outside.Endpoint is { } external)
        {
            if (!IsFree(first)) problems.Add(Taken(first, outside.Resource.Name));
            external.Allocated = (Host, first);
        }
        var next = first + 1;
        foreach (var (resource, endpoint) in endpoints.Where(pair => pair.Endpoint != outside.Endpoint))
        {
            endpoint.Allocated = resource is PostgresServerResource { OwnerConnectionString: { } given }
                ? AddressOf(given) : (Host, Take(resource.Name));
        }
        foreach (var sidecar in resources.OfType<IDaprSidecarResource>()) plan.sidecars[sidecar] = Take(sidecar.Name);
        return problems.Count == 0 ? plan : throw new HostProblemException(string.Join(Environment.NewLine, problems));

        int Take(string name)
        {
            var port = next++;
            if (IsFree(port)) return port;
            if (portBase is null && gatewayChosen) return AnyFree();
            problems.Add(Taken(port, name));
            return port;
        }
    }

    private static string Taken(int port, string name) =>
        $"Port {port}, meant for {name}, is in use on {Host}. "
        + "Set XINGCHEN_GATEWAY_PORT, or move all ports with --port-base N.";

    private static (string Host, int Port) AddressOf(string connectionString)
    {
        var given = new DbConnectionStringBuilder { ConnectionString = connectionString };
        var host = given.TryGetValue("Host", out var name)
            || given.TryGetValue("Server", out name) ? name.ToString()! : Host;
        return (host, given.TryGetValue("Port", out var port) ? int.Parse(port.ToString()!) : 5432);
    }

    private static bool IsFree(int port)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int AnyFree()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
