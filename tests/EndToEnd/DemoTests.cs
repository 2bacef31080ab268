using System.Diagnostics;
using System.Text.Json;
using Xingchen.Testing;

namespace Xingchen.Tests.EndToEnd;

/// <summary>What a stranger does first: starts the demo, and pastes what it prints.</summary>
public sealed class DemoTests : IDisposable
{
    private readonly DataFolder folder = new();

    [Fact]
    public async Task The_printed_curl_lines_work_as_printed_and_a_second_start_adds_nothing()
    {
        Prerequisites.Require(File.Exists("/usr/bin/curl") && File.Exists("/bin/bash"), "curl and bash are missing.");
        var first = await StartAsync();
        Assert.Equal(3, first.Count);
        Assert.True(first[0].TryGetProperty("access_token", out _), first[0].GetRawText());
        Assert.Equal(3, first[1].GetProperty("records").GetArrayLength());
        Assert.Equal(5, first[2].GetProperty("records").GetArrayLength());
        var second = await StartAsync();
        Assert.Equal(first[1].GetProperty("records").GetRawText(), second[1].GetProperty("records").GetRawText());
        Assert.Equal(first[2].GetProperty("records").GetRawText(), second[2].GetProperty("records").GetRawText());
    }

    public void Dispose() => folder.Dispose();

    private async Task<IReadOnlyList<JsonElement>> StartAsync()
    {
        await using var host = HostProcess.Start(folder.Path, Ports.FreeRange(HostProcess.PortCount), "--demo");
        await host.UntilReadyAsync();
        var answers = new List<JsonElement>();
        foreach (var line in host.Output.Where(line => line.StartsWith("curl ", StringComparison.Ordinal)))
        {
            using var bash = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", line])
                { UseShellExecute = false, RedirectStandardOutput = true })!;
            answers.Add(JsonDocument.Parse(await bash.StandardOutput.ReadToEndAsync()).RootElement);
            await bash.WaitForExitAsync();
        }
        return answers;
    }
}
