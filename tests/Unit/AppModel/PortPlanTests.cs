using System.Net;
using System.Net.Sockets;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using CommunityToolkit.Aspire.Hosting.Dapr;
using Xingchen.AppModel;
using Xingchen.AppModel.Run;
using Xingchen.Testing;

namespace Xingchen.Tests.Unit.AppModel;

public sealed class PortPlanTests
{
    private readonly PostgresServerResource postgres = new(
        "postgres", userName: null, new ParameterResource("password", _ => ""));
    private readonly ProjectResource gateway = new("gateway");
    private readonly DaprSidecarResource sidecar;
    private readonly IReadOnlyList<IResource> resources;

    public PortPlanTests()
    {
        postgres.Annotations.Add(new EndpointAnnotation(ProtocolType.Tcp, "tcp"));
        gateway.Annotations.Add(new EndpointAnnotation(ProtocolType.Tcp, "http", port: 8080, isExternal: true));
        sidecar = new DaprSidecarResource("gateway-dapr", gateway);
        resources = [postgres, gateway, sidecar];
    }

    [Fact]
    public void The_gateway_has_the_base_and_the_others_follow()
    {
        var first = Ports.FreeRange(3);
        var plan = PortPlan.Make(resources, first, gatewayChosen: false);
        Assert.Equal(("127.0.0.1", first), EndpointOf(gateway));
        Assert.Equal(("127.0.0.1", first + 1), EndpointOf(postgres));
        Assert.Equal(first + 2, plan.Of(sidecar));
    }

    [Fact]
    public void Every_taken_port_is_told_at_once()
    {
        var first = Ports.FreeRange(3);
        using var one = Take(first);
        using var other = Take(first + 2);
        var problem = Assert.Throws<HostProblemException>(() => PortPlan.Make(resources, first, gatewayChosen: true));
        Assert.Equal(2, problem.Message.Split(Environment.NewLine).Length);
        Assert.Contains($"Port {first + 2}, meant for gateway-dapr, is in use", problem.Message);
    }

    [Fact]
    public void Inner_ports_make_way_where_only_the_gateways_was_chosen()
    {
        var first = Ports.FreeRange(3);
        using var taken = Take(first + 1);
        gateway.Annotations.OfType<EndpointAnnotation>().Single().Port = first;
        PortPlan.Make(resources, portBase: null, gatewayChosen: true);
        Assert.Equal(first, EndpointOf(gateway).Port);
        Assert.NotEqual(first + 1, EndpointOf(postgres).Port);
    }

    [Fact]
    public void A_given_server_keeps_its_address()
    {
        postgres.OwnerConnectionString = "Host=db.example;Port=6543;Username=owner";
        PortPlan.Make(resources, Ports.FreeRange(3), gatewayChosen: false);
        Assert.Equal(("db.example", 6543), EndpointOf(postgres));
    }

    private static (string Host, int Port) EndpointOf(IResource resource) =>
        resource.Annotations.OfType<EndpointAnnotation>().Single().Allocated!.Value;

    private static TcpListener Take(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        return listener;
    }
}
