using System.Text.RegularExpressions;
using Aspire.Hosting;

namespace Xingchen.AppModel.Run;

/// <summary>The command line of the host.</summary>
internal sealed partial record HostArguments
{
    public const string Help = """
        Runs Xingchen on this machine:  dotnet run --project AppHost -- [options]

          --demo               creates the org 'demo' with the sample package and data, and prints what to try
          --port-base N        the gateway listens on N, everything else on the ports after it (default 8080)
          --idcs A[,B]         several sites on this machine, each with a cell of its own, such as dev,prod (default:
                               the site local with the cell main); a data directory keeps the sites it began with
          --groups A[,B]       the cells of the first site (default: one of the site's name)
          --logs NAME[,NAME]   also shows what these resources write
          --help               this

        Writes it down for another place:
          --publisher manifest --output-path FILE    an Aspire manifest
          --operation publish --step publish-manifest --output-path FILE    the same

        Environment:
          XINGCHEN_DATA_DIR           where data, secrets and logs are (default .xingchen in the repository)
          XINGCHEN_GATEWAY_PORT       the gateway's port (default 8080)
          XINGCHEN_OPERATOR_SECRET    the secret of the client platform-operator (default: made, see operator.json)
          ConnectionStrings__postgres a PostgreSQL server to use, as a role that may create databases and roles
                                      (default: a private server)
        """;

    public bool ShowHelp { get; init; }
    public bool PublishManifest { get; init; }
    public string? OutputPath { get; init; }
    public int? PortBase { get; init; }
    public IReadOnlyList<string> Logs { get; init; } = [];

    /// <exception cref="HostProblemException">An option that does not exist, or has a value that it cannot
    /// have.</exception>
    public static HostArguments Parse(IReadOnlyList<string> args)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < args.Count; i++)
        {
            var (name, value) = args[i].Split('=', 2) is [var left, var right] ? (left, right) : (args[i], null);
            switch (name)
            {
                case "--help" or "-h" or "-?":
                    return new HostArguments { ShowHelp = true };
                case "--demo":
                    break; // the topology's own
                case "--publisher" or "--operation" or "--step" or "--output-path" or "--port-base" or "--logs"
                    or "--idcs" or "--groups":
                    values[name] = value ?? (++i < args.Count
                        ? args[i] : throw new HostProblemException($"{name} needs a value. See --help."));
                    break;
                default:
                    throw new HostProblemException($"There is no option '{args[i]}'. See --help.");
            }
        }
        CheckSites(values);
        return new HostArguments
        {
            PublishManifest = IsManifest(values),
            OutputPath = values.GetValueOrDefault("--output-path"),
            PortBase = values.TryGetValue("--port-base", out var text) ? PortOf("--port-base", text) : null,
            Logs = values.TryGetValue("--logs", out var logs) ? logs.Split(',') : [],
        };
    }

    /// <summary>What a command line asks for, whether or not all of it makes sense.</summary>
    public static DistributedApplicationOperation OperationOf(IReadOnlyList<string> args)
    {
        var words = args.SelectMany(arg => arg.Split('=', 2)).ToList();
        var isPublish = words.Contains("--publisher")
            || words.SkipWhile(word => word != "--operation").Skip(1).FirstOrDefault() == "publish";
        return isPublish ? DistributedApplicationOperation.Publish : DistributedApplicationOperation.Run;
    }

    /// <summary>A port, with room above it for the others.</summary>
    public static int PortOf(string setting, string text) =>
        int.TryParse(text, out var port) && port is >= 1 and <= 65_400
            ? port
            : throw new HostProblemException($"{setting} is '{text}': a port from 1 to 65400 is needed.");

    /// <summary>The topology reads them itself; here they are only looked at.</summary>
    private static void CheckSites(Dictionary<string, string> values)
    {
        var idcs = values.GetValueOrDefault("--idcs")?.Split(',') ?? [];
        var groups = values.GetValueOrDefault("--groups")?.Split(',') ?? [];
        foreach (var (option, names) in (ReadOnlySpan<(string, string[])>)[("--idcs", idcs), ("--groups", groups)])
            if (names.FirstOrDefault(name => !SiteName.IsMatch(name)) is { } wrong)
                throw new HostProblemException($"{option} names '{wrong}': names are lower-case letters, digits and "
                    + "dashes, 20 at most, and begin with a letter.");
        var cells = (groups.Length > 0 ? groups : idcs[..Math.Min(1, idcs.Length)]).Concat(idcs.Skip(1)).ToArray();
        if (idcs.GroupBy(name => name).Concat(cells.GroupBy(name => name))
            .FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new HostProblemException($"--idcs and --groups give two of the name '{twice.Key}'.");
    }

    [GeneratedRegex("^[a-z]([a-z0-9-]{0,18}[a-z0-9])?\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SiteName { get; }

    private static bool IsManifest(Dictionary<string, string> values)
    {
        var publisher = values.GetValueOrDefault("--publisher");
        if (publisher is not null)
            return publisher == "manifest"
                ? true
                : throw new HostProblemException($"There is no publisher '{publisher}', only 'manifest'.");
        var operation = values.GetValueOrDefault("--operation", "run");
        if (operation == "run") return false;
        if (operation != "publish")
            throw new HostProblemException($"There is no operation '{operation}', only 'run' and 'publish'.");
        return values.GetValueOrDefault("--step", "publish") switch
        {
            "publish-manifest" => true,
            "publish" => throw new HostProblemException(
                "Publishing for Kubernetes is not there yet. --step publish-manifest writes the manifest."),
            var step => throw new HostProblemException($"There is no step '{step}', only 'publish-manifest'."),
        };
    }
}
