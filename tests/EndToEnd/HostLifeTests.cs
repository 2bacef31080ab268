using System.Net.Sockets;
using Xingchen.Testing;

namespace Xingchen.Tests.EndToEnd;

/// <summary>The host from start to stop, and what it leaves behind: nothing but its data.</summary>
public sealed class HostLifeTests : IDisposable
{
    private static readonly TimeSpan GoneWithin = TimeSpan.FromSeconds(20);
    private static readonly HttpClient Http = new();

    private readonly DataFolder folder = new();
    private readonly int portBase = Ports.FreeRange(HostProcess.PortCount);

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Stops_in_order_with_code_0_and_leaves_no_process()
    {
        await using var host = Start();
        await host.UntilReadyAsync();
        Assert.Equal(200, (int)(await Http.GetAsync(host.Url + "health")).StatusCode);
        var children = host.Children();
        Assert.Contains(children, child => child.Command.Contains("postgres", StringComparison.Ordinal));
        Assert.Contains(children, child => child.Command.Contains("Xingchen.Records", StringComparison.Ordinal));
        Assert.Equal(0, await host.StopAsync());
        Assert.DoesNotContain(children, child => child.IsAlive);
    }

    [Fact]
    public async Task A_killed_host_leaves_no_process_and_the_next_one_finds_its_data()
    {
        string secret;
        await using (var host = Start())
        {
            await host.UntilReadyAsync();
            secret = (await host.OperatorAsync()).ClientSecret;
            var children = host.Children();
            Assert.NotEmpty(children);
            host.Kill();
            await UntilAsync(() => !children.Any(child => child.IsAlive),
                () => string.Join('\n', children.Where(child => child.IsAlive)));
        }
        await using var next = Start();
        await next.UntilReadyAsync();
        Assert.Equal(secret, (await next.OperatorAsync()).ClientSecret);
        Assert.DoesNotContain(next.Output, line => line.Contains("applied ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_killed_service_comes_back()
    {
        await using var host = Start();
        await host.UntilReadyAsync();
        var victim = host.Children()
            .Single(child => child.Command.Contains("Xingchen.Extensions", StringComparison.Ordinal));
        System.Diagnostics.Process.GetProcessById(victim.Id).Kill();
        await UntilAsync(
            () => host.Children().Any(child =>
                child.Command.Contains("Xingchen.Extensions", StringComparison.Ordinal) && child.Id != victim.Id),
            () => string.Join('\n', host.Output));
        Assert.Contains(host.Output, line =>
            line.StartsWith("extensions-main ended (exit code 137); starting it again", StringComparison.Ordinal));
        Assert.Equal(0, await host.StopAsync());
    }

    [Fact]
    public async Task A_taken_port_is_one_line()
    {
        using var taken = new TcpListener(System.Net.IPAddress.Loopback, portBase);
        taken.Start();
        await using var host = Start();
        Assert.Equal(1, await host.ExitAsync());
        Assert.Equal(
            $"Port {portBase}, meant for gateway, is in use on 127.0.0.1. "
            + "Set XINGCHEN_GATEWAY_PORT, or move all ports with --port-base N.",
            Assert.Single(host.Output));
    }

    [Fact]
    public async Task A_data_directory_in_use_is_one_line()
    {
        using var held = new FileStream(
            Path.Combine(folder.Path, "host.lock"), FileMode.Create, FileAccess.Write, FileShare.None);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "host.pid"), "4711");
        await using var host = Start();
        Assert.Equal(1, await host.ExitAsync());
        Assert.Contains("is in use by another running host (process 4711)", Assert.Single(host.Output));
    }

    [Fact]
    public async Task Data_of_another_version_is_one_line()
    {
        var data = Directory.CreateDirectory(Path.Combine(folder.Path, "postgres", "data")).FullName;
        await File.WriteAllTextAsync(Path.Combine(data, "PG_VERSION"), "9\n");
        await using var host = Start();
        var code = await host.ExitAsync();
        Assert.True(code == 1, $"{code}: {string.Join(Environment.NewLine, host.Output)}");
        Assert.Single(host.Output, line => line.Contains("made by PostgreSQL 9", StringComparison.Ordinal));
    }

    private HostProcess Start() => HostProcess.Start(folder.Path, portBase);

    private static async Task UntilAsync(Func<bool> condition, Func<string> otherwise)
    {
        var began = System.Diagnostics.Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (System.Diagnostics.Stopwatch.GetElapsedTime(began) > GoneWithin) Assert.Fail(otherwise());
            await Task.Delay(100);
        }
    }
}
