using Xingchen.Sidecar;

namespace Xingchen.Tests.Unit.Sidecar;

public sealed class SidecarFlagsTests
{
    private static readonly HashSet<string> Ignored = ["--dapr-grpc-port"];

    [Fact]
    public void The_flags_of_daprd_are_read()
    {
        var flags = SidecarFlags.Parse(
            ["run", "--app-id", "a", "--app-port=5000", "-dapr-http-port", "3600", "--resources-path", "x,y",
             "--dapr-grpc-port", "1", "--max-body-size", "8Mi"], Ignored);

        Assert.Equal(("a", 5000, 3600), (flags.App.AppId, flags.App.AppPort, flags.App.DaprHttpPort));
        Assert.Equal(["x", "y"], flags.Host.ResourcesPaths);
        Assert.Equal(8 * 1024 * 1024, flags.App.MaxBodyBytes);
        Assert.Equal(["--dapr-grpc-port"], flags.Ignored);
    }

    [Theory]
    [InlineData("--app-port", "5000")]
    [InlineData("--app-id", "a", "--app-port", "70000")]
    [InlineData("--app-id", "a", "--app-protocol", "grpc")]
    [InlineData("--app-id", "a", "--unknown", "x")]
    [InlineData("--app-id", "a", "--", "dotnet", "run")]
    public void What_is_not_there_is_refused(params string[] args) =>
        Assert.Throws<FormatException>(() => SidecarFlags.Parse(args, Ignored));
}
