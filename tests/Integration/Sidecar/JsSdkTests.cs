using System.Diagnostics;
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
        var node = OnPath("node");
        var npm = OnPath("npm");
        Prerequisites.Require(node is not null && npm is not null, "Node.js with npm, for the official Dapr SDK.");
        var folder = await InstallAsync(npm!);
        await using var sidecar = await SidecarUnderTest.StartAsync(
            SidecarUnderTest.Embedded, null, [SidecarUnderTest.Pubsub, SidecarUnderTest.Secrets]);
        var appPort = Ports.Free();
        var js = await sidecar.Host.AddAsync(new SidecarOptions { AppId = "js-app", AppPort = appPort });

        var output = await RunAsync(node!, folder, "conformance.js", $"{js.HttpPort}", $"{appPort}");

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

    /// <summary>Installs what the lock file says, once for each build.</summary>
    private static async Task<string> InstallAsync(string npm)
    {
        var source = Path.Combine(Path.GetDirectoryName(ThisFile())!, "js");
        var folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "js-sdk")).FullName;
        var installed = Path.Combine(folder, "installed.json");
        var locked = await File.ReadAllTextAsync(Path.Combine(source, "package-lock.json"));
        foreach (var file in Directory.EnumerateFiles(source))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        if (File.Exists(installed) && await File.ReadAllTextAsync(installed) == locked) return folder;
        await RunAsync(npm, folder, "ci", "--ignore-scripts", "--no-audit", "--no-fund");
        await File.WriteAllTextAsync(installed, locked);
        return folder;
    }

    private static async Task<string> RunAsync(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder, UseShellExecute = false, RedirectStandardOutput =
                true, RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            Assert.True(process.ExitCode == 0, $"{await output}\n{await errors}");
            return await output;
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    private static string? OnPath(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(folder => OperatingSystem.IsWindows()
                ? new[] { Path.Combine(folder, name + ".exe"), Path.Combine(folder, name + ".cmd") }
                : [Path.Combine(folder, name)])
            .FirstOrDefault(File.Exists);

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
