using System.Diagnostics;
using System.Net;
using System.Text;
using Xingchen.Sidecar;
using Xingchen.Testing;

namespace Xingchen.Tests.Integration.Sidecar;

/// <summary>An app's sidecar, embedded or a real daprd, with the same resources.</summary>
public sealed class SidecarUnderTest : IAsyncDisposable
{
    public const string Embedded = "embedded";
    public const string Daprd = "daprd";

    /// <summary>The rows of a theory that is the same for both.</summary>
    public static TheoryData<string> Kinds => [Embedded, Daprd];

    /// <summary>Components that most tests want.</summary>
    public const string Pubsub = """
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: {name: pubsub}
        spec: {type: pubsub.in-memory, version: v1, metadata: []}
        """;

    /// <summary>A secret store over <c>secrets.json</c> in its folder.</summary>
    public const string Secrets = """
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: {name: secrets}
        spec:
          type: secretstores.local.file
          version: v1
          metadata:
            - {name: secretsFile, value: "{folder}/secrets.json"}
        """;

    private readonly string root;
    private readonly SidecarHost? embedded;
    private readonly Process? process;

    private SidecarUnderTest(string folder, SidecarHost? host, Process? process, int port, string? token)
    {
        (root, embedded, this.process) = (folder, host, process);
        Port = port;
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
        {
            BaseAddress = new Uri($"http://127.0.0.1:{port}/"),
        };
        if (token is not null) Http.DefaultRequestHeaders.Add("dapr-api-token", token);
    }

    public HttpClient Http { get; }

    public int Port { get; }

    /// <summary>The host, for what only the embedded sidecar can do.</summary>
    public SidecarHost Host => embedded ?? throw new InvalidOperationException("not embedded");

    /// <summary>Starts it and waits until it is ready; skips the test with a word where there is no daprd.</summary>
    public static async Task<SidecarUnderTest> StartAsync(
        string kind, TestApp? app, string[]? resources = null, string? config = null, string appId = "app",
        string? apiToken = null, string? appToken = null)
    {
        if (kind == Daprd && FindDaprd() is null)
            Assert.Skip("There is no daprd: set DAPRD_PATH, or put it on PATH or into ~/.dapr/bin.");
        var folder = Directory.CreateTempSubdirectory("sidecar-test-").FullName;
        var resourcesPath = Directory.CreateDirectory(Path.Combine(folder, "resources")).FullName;
        for (var i = 0; i < resources?.Length; i++)
            await File.WriteAllTextAsync(Path.Combine(resourcesPath, $"{i}.yaml"), resources[i].Replace("{folder}",
                folder));
        var configPath = config is null ? null : Path.Combine(folder, "config.yaml");
        if (configPath is not null) await File.WriteAllTextAsync(configPath, config);
        var secrets = Path.Combine(folder, "secrets.json");
        await File.WriteAllTextAsync(secrets, """{"one":"1","nested":{"a":"x","b":["y","z"]}}""");
        var sidecar = kind == Embedded
            ? await StartEmbeddedAsync(folder, resourcesPath, configPath, app, appId, apiToken, appToken)
            : StartDaprd(folder, resourcesPath, configPath, app, appId, apiToken, appToken);
        await sidecar.ReadyAsync();
        return sidecar;
    }

    /// <summary>Waits for <c>healthz</c>.</summary>
    public async Task ReadyAsync()
    {
        for (var attempt = 0; attempt < 200; attempt++)
        {
            try
            {
                using var answer = await Http.GetAsync("v1.0/healthz");
                if (answer.StatusCode == HttpStatusCode.NoContent) return;
            }
            catch (HttpRequestException) when (process is { HasExited: false })
            {
                // not listening yet
            }
            await Task.Delay(50);
        }
        throw new TimeoutException("The sidecar did not get ready.");
    }

    public Task<HttpResponseMessage> PublishAsync(
        string topic, string body, string type = "application/json", string query = "") =>
        Http.PostAsync($"v1.0/publish/pubsub/{topic}{query}", new StringContent(body, Encoding.UTF8, type));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (embedded is not null) await embedded.DisposeAsync();
        if (process is not null)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
        }
        Directory.Delete(root, recursive: true);
    }

    private static async Task<SidecarUnderTest> StartEmbeddedAsync(
        string folder, string resources, string? config, TestApp? app, string appId, string? apiToken, string? appToken)
    {
        var host = await SidecarHost.StartAsync(new SidecarHostOptions
        {
            ResourcesPaths = [resources], ConfigPaths = config is null ? [] : [config],
        });
        var sidecar = await host.AddAsync(
            new SidecarOptions { AppId = appId, AppPort = app?.Port, ApiToken = apiToken, AppToken = appToken });
        return new SidecarUnderTest(folder, host, null, sidecar.HttpPort, apiToken);
    }

    private static SidecarUnderTest StartDaprd(
        string folder, string resources, string? config, TestApp? app, string appId, string? apiToken, string? appToken)
    {
        var port = Ports.Free();
        var start = new ProcessStartInfo(FindDaprd()!)
        {
            ArgumentList =
            {
                "--app-id", appId, "--dapr-http-port", $"{port}", "--dapr-grpc-port", $"{Ports.Free()}",
                "--metrics-port", $"{Ports.Free()}", "--dapr-internal-grpc-port", $"{Ports.Free()}",
                    "--resources-path", resources,
                "--dapr-listen-addresses", "127.0.0.1",
            },
            Environment = { ["DAPR_API_TOKEN"] = apiToken ?? "", ["APP_API_TOKEN"] = appToken ?? "" },
        };
        foreach (var argument in app is null
            ? [] : new[] { "--app-port", $"{app.Port}" }) start.ArgumentList.Add(argument);
        foreach (var argument in config is null ? [] : new[] { "--config", config }) start.ArgumentList.Add(argument);
        return new SidecarUnderTest(folder, null, Process.Start(start), port, apiToken);
    }

    private static string? FindDaprd()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var name = OperatingSystem.IsWindows() ? "daprd.exe" : "daprd";
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        string?[] candidates =
        [
            Environment.GetEnvironmentVariable("DAPRD_PATH"),
            .. folders.Where(folder => folder.Length > 0).Select(folder => Path.Combine(folder, name)),
            Path.Combine(home, ".dapr", "bin", name),
        ];
        return candidates.FirstOrDefault(File.Exists);
    }
}
