using System.CommandLine;

namespace Xingchen.Cli;

/// <summary>What runs beside Xingchen rather than against it: a sidecar of its own, and the first steps of a new
/// installation.</summary>
internal static class HostCommands
{
    public static IEnumerable<Command> All() => [Sidecar(), Bootstrap()];

    private static Command Sidecar()
    {
        var rest = new Argument<string[]>("flags")
            { Description = "daprd's: --app-id, --app-port, --dapr-http-port, --resources-path …" };
        var command = new Command("sidecar", "Run the development sidecar for one app, with daprd's flags") { rest };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction((parsed, ct) =>
            Xingchen.Sidecar.SidecarCommand.RunAsync([.. parsed.Tokens.Skip(1).Select(token => token.Value)], ct));
        return command;
    }

    private static Command Bootstrap()
    {
        var demo = new Option<bool>("--demo")
            { Description = "Also the demo organization with the sample package and its data" };
        var metadata = new Option<string>("--metadata")
        {
            Description = "The folder of the platform's own layers",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable("XINGCHEN_METADATA_DIR") ?? "metadata",
        };
        var data = new Option<string>("--data-dir")
        {
            Description = "Where the demo's sign-in is kept",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable("XINGCHEN_DATA_DIR") ?? ".xingchen",
        };
        var cells = new Option<string[]>("--cell")
        {
            Description = "IDC/GROUP: a cell to make known and to put the standard product in force for; may be given "
                + "again. Default: local/main",
            DefaultValueFactory = _ => ["local/main"],
        };
        var command = new Command("bootstrap", "Make sites and cells known and put the standard product in force (the "
            + "host does this at each start; safe to run again)") { demo, metadata, data, cells };
        command.SetAction(async (parsed, ct) =>
        {
            var folder = Path.GetFullPath(parsed.GetValue(metadata)!);
            using var api = ApiClient.SignedIn();
            var groups = new List<string>();
            foreach (var cell in parsed.GetValue(cells)!) groups.Add(await Cli.Bootstrap.CellAsync(api, cell, ct));
            foreach (var layer in new[] { "global", "idc/bedrock", "group/trade" })
                await Cli.Bootstrap.StandardAsync(api, Path.Combine(folder, layer), groups, ct);
            if (parsed.GetValue(demo))
                await Cli.Bootstrap.DemoAsync(
                    api, Path.Combine(folder, "isv/northwind"), Path.GetFullPath(parsed.GetValue(data)!), ct);
        });
        return command;
    }
}
