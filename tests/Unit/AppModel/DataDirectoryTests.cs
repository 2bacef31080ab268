using System.Text.Json.Nodes;
using Aspire.Hosting.ApplicationModel;
using Xingchen.AppModel;
using Xingchen.AppModel.Run;

namespace Xingchen.Tests.Unit.AppModel;

public sealed class DataDirectoryTests : IDisposable
{
    private readonly string path = Directory.CreateTempSubdirectory("xingchen-unit-").FullName;

    public void Dispose() => Directory.Delete(path, recursive: true);

    [Fact]
    public void One_host_at_a_time()
    {
        using var first = DataDirectory.Open(path);
        var problem = Assert.Throws<HostProblemException>(() => DataDirectory.Open(path));
        Assert.Contains($"in use by another running host (process {Environment.ProcessId})", problem.Message);
    }

    [Fact]
    public void The_next_host_may_have_it()
    {
        DataDirectory.Open(path).Dispose();
        DataDirectory.Open(path).Dispose();
    }

    [Fact]
    public async Task Made_values_are_kept_and_passwords_stay_out_of_the_store()
    {
        var first = await ValuesAsync();
        Assert.Equal(first, await ValuesAsync());
        var store = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(path, "secrets.json")))!.AsObject();
        Assert.Equal(first["operator-secret"], (string?)store["operator-secret"]);
        Assert.False(store.ContainsKey("records-password"));
        foreach (var file in new[] { "secrets.json", "parameters.json", "operator.json" })
            if (!OperatingSystem.IsWindows())
                Assert.Equal(
                    UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(path, file)));
    }

    [Fact]
    public async Task A_given_secret_wins_and_is_what_the_operator_is_told()
    {
        await ValuesAsync();
        Assert.Equal("given", (await ValuesAsync(given: "given"))["operator-secret"]);
        var told = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(path, "operator.json")))!;
        Assert.Equal("given", (string?)told["clientSecret"]);
        Assert.Equal("http://127.0.0.1:8080", (string?)told["url"]);
    }

    private async Task<Dictionary<string, string?>> ValuesAsync(string? given = null)
    {
        using var directory = DataDirectory.Open(path);
        ParameterResource[] parameters = [Secret("operator-secret"), Secret("records-password")];
        await directory.KeepParametersAsync(parameters, CancellationToken.None);
        await directory.WriteOperatorAsync(parameters, "http://127.0.0.1:8080", CancellationToken.None);
        var values = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var parameter in parameters) values[parameter.Name] = await parameter.GetValueAsync();
        return values;

        ParameterResource Secret(string name)
        {
            var parameter = new ParameterResource(name, made => given ?? made!.GetDefaultValue(), secret: true)
            {
                Default = new GenerateParameterDefault { MinLength = 44, Special = false },
            };
            parameter.Annotations.Add(new PersistAnnotation());
            return parameter;
        }
    }
}
