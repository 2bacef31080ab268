using System.Runtime.CompilerServices;
using System.Text.Json;
using Xingchen.Sidecar;
using Xingchen.Testing;

namespace Xingchen.Tests.Integration.Sidecar;

/// <summary>The official JS SDK from npm against the embedded sidecar: invocation, a server with a subscription,
/// secrets, metadata.</summary>
public sealed class JsSdkTests
{
    [Fact]
    public async Task The_official_sdk_is_served()
    {
        var source = Path.Combine(Path.GetDirectoryName(ThisFile())!, "js");
        var project = await NodeProject.InstallAsync(source, "js-sdk", "for the official Dapr SDK");
        await using var sidecar = await SidecarUnderTest.StartAsync(
            SidecarUnderTest.Embedded, null, [SidecarUnderTest.Pubsub, SidecarUnderTest.Secrets]);
        var appPort = Ports.Free();
        var js = await sidecar.Host.AddAsync(new SidecarOptions { AppId = "js-app", AppPort = appPort });

        var output = await project.RunAsync("conformance.js", $"{js.HttpPort}", $"{appPort}");

        using var json = JsonDocument.Parse(output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]);
        var result = json.RootElement;
        Assert.Equal("星辰", result.GetProperty("invoked").GetProperty("hello").GetString());
        Assert.Equal(JsonValueKind.Null, result.GetProperty("error").ValueKind);
        Assert.Equal([1, 2, 3], result.GetProperty("orders").EnumerateArray().Select(order => order.GetInt32()));
        Assert.Equal("1", result.GetProperty("secret").GetProperty("one").GetString());
        Assert.Equal("x", result.GetProperty("nested").GetProperty("nested:a").GetString());
        Assert.Equal("js-app", result.GetProperty("id").GetString());
        Assert.Equal("blue", result.GetProperty("color").GetString());
        Assert.True(result.GetProperty("healthy").GetBoolean());
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
