using System.Text.Json;
using System.Text.Json.Nodes;
using Aspire.Hosting.ApplicationModel;
using Xingchen.AppModel.Postgres;

namespace Xingchen.AppModel.Run;

/// <summary>What a run keeps: data, made secrets, logs. One host at a time.</summary>
/// <remarks>
/// <c>parameters.json</c> made values; <c>secrets.json</c> what the secret store <c>secrets</c> reads;
/// <c>operator.json</c> how the platform operator signs in; all mode 0600. <c>logs/</c>, <c>postgres/</c>,
/// <c>host.lock</c>.
/// </remarks>
internal sealed class DataDirectory : IDisposable
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly FileStream hold;

    private DataDirectory(string path, FileStream hold)
    {
        Path = path;
        this.hold = hold;
    }

    public string Path { get; }

    public string Logs => System.IO.Path.Combine(Path, "logs");

    public string SecretsFile => System.IO.Path.Combine(Path, "secrets.json");

    /// <exception cref="HostProblemException">Another host has it, or it cannot be written.</exception>
    public static DataDirectory Open(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        var pid = System.IO.Path.Combine(path, "host.pid");
        try
        {
            Directory.CreateDirectory(System.IO.Path.Combine(path, "logs"));
            // The lock is the system's: it goes with this process, however that ends.
            var held = new FileStream(
                System.IO.Path.Combine(path, "host.lock"), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
            File.WriteAllText(pid, Environment.ProcessId.ToString());
            return new DataDirectory(path, held);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new HostProblemException(
                $"{path} cannot be written: choose another with XINGCHEN_DATA_DIR.", exception);
        }
        catch (IOException exception) when (File.Exists(pid))
        {
            throw new HostProblemException(
                $"{path} is in use by another running host (process {File.ReadAllText(pid)}). "
                + "Stop it, or choose another with XINGCHEN_DATA_DIR.",
                exception);
        }
        catch (IOException exception)
        {
            throw new HostProblemException(
                $"{path} cannot be made: {exception.Message} Choose another with XINGCHEN_DATA_DIR.", exception);
        }
    }

    /// <summary>Gives made parameters the values of the run before, makes what is missing, and writes the secret
    /// store's file.</summary>
    /// <remarks>A secret whose name ends in <c>-password</c> opens a database: it goes to the one process that needs
    /// it, not to the store.</remarks>
    public async Task KeepParametersAsync(IReadOnlyList<IResource> resources, CancellationToken ct)
    {
        var file = System.IO.Path.Combine(Path, "parameters.json");
        var kept = File.Exists(file) ? JsonNode.Parse(await File.ReadAllTextAsync(file, ct))!.AsObject() : [];
        var store = new JsonObject();
        foreach (var parameter in resources.OfType<ParameterResource>()
            .Where(p => p.Annotations.OfType<PersistAnnotation>().Any()))
        {
            kept[parameter.Name] ??= parameter.Default!.GetDefaultValue();
            parameter.Default = new KeptDefault(kept[parameter.Name]!.GetValue<string>());
            if (parameter.Secret && !parameter.Name.EndsWith("-password", StringComparison.Ordinal))
                store[parameter.Name] = await parameter.GetValueAsync(ct);
        }
        await PrivateFile.WriteAsync(file, kept.ToJsonString(Indented), ct);
        await PrivateFile.WriteAsync(SecretsFile, store.ToJsonString(Indented), ct);
    }

    /// <summary>Leaves how the platform operator signs in.</summary>
    public async Task WriteOperatorAsync(IReadOnlyList<IResource> resources, string url, CancellationToken ct)
    {
        if (resources.OfType<ParameterResource>()
            .FirstOrDefault(p => p.Name == "operator-secret") is not { } secret) return;
        var operatorFile = new JsonObject
        {
            ["clientId"] = "platform-operator", ["clientSecret"] = await secret.GetValueAsync(ct), ["url"] = url,
        };
        await PrivateFile.WriteAsync(
            System.IO.Path.Combine(Path, "operator.json"), operatorFile.ToJsonString(Indented), ct);
    }

    public void Dispose() => hold.Dispose();

    private sealed class KeptDefault(string value) : ParameterDefault
    {
        public override string GetDefaultValue() => value;
    }
}
