using Xingchen.Testing.Http;
using Xunit;

namespace Xingchen.Testing;

/// <summary>One running AppHost for the tests that only use it: <c>IClassFixture</c> or <c>[assembly:
/// AssemblyFixture]</c>.</summary>
public sealed class HostFixture : IAsyncLifetime
{
    private readonly DataFolder folder = new();
    private HostProcess? host;

    /// <summary>The gateway's address.</summary>
    public Uri Url => host!.Url;

    public string ClientId { get; private set; } = "";

    public string ClientSecret { get; private set; } = "";

    /// <summary>The platform operator, signed in.</summary>
    public Task<ApiCaller> OperatorAsync() => ApiCaller.SignInAsync(Url, ClientId, ClientSecret);

    /// <summary>The lines that services have logged so far.</summary>
    public IEnumerable<string> Logs() => Directory.EnumerateFiles(Path.Combine(folder.Path, "logs")).SelectMany(path =>
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Split('\n');
    });

    public async ValueTask InitializeAsync()
    {
        host = HostProcess.Start(folder.Path, Ports.FreeRange(HostProcess.PortCount));
        await host.UntilReadyAsync();
        (ClientId, ClientSecret) = await host.OperatorAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (host is not null) await host.DisposeAsync();
        folder.Dispose();
    }
}

/// <summary>A data directory for a test. Others may pass through it: as root, another user runs PostgreSQL in
/// it.</summary>
public sealed class DataFolder : IDisposable
{
    public DataFolder()
    {
        Path = Directory.CreateTempSubdirectory("xingchen-e2e-").FullName;
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(
                Path, File.GetUnixFileMode(Path) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    public string Path { get; }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
