using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Xingchen.Sidecar;

/// <summary>One sidecar alone, with daprd's flags: <c>xingchen sidecar --app-id … --app-port … --dapr-http-port
/// …</c>.</summary>
/// <remarks>A sidecar alone knows no other app. A leading <c>run</c> is taken too, as <c>dapr run</c> writes
/// it.</remarks>
public static class SidecarCommand
{
    /// <summary>Flags whose features are not there; given, they are named in one line.</summary>
    private static readonly HashSet<string> WithoutEffect = new(StringComparer.Ordinal)
    {
        "--dapr-grpc-port", "--dapr-internal-grpc-port", "--metrics-port", "--enable-metrics", "--profile-port",
        "--enable-profiling", "--placement-host-address", "--scheduler-host-address", "--log-as-json", "--log-level",
    };

    /// <summary>Runs until it is cancelled, told to stop, or its app asks it to.</summary>
    /// <returns>0; 1 where it cannot start; 2 where the flags are wrong.</returns>
    public static async Task<int> RunAsync(string[] args, CancellationToken ct)
    {
        SidecarFlags flags;
        try
        {
            flags = SidecarFlags.Parse(args, WithoutEffect);
        }
        catch (FormatException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 2;
        }
        if (flags.Ignored.Count > 0)
            await Console.Error.WriteLineAsync("Without effect here: " + string.Join(' ', flags.Ignored));
        using var logging = LoggerFactory.Create(builder => builder.AddSimpleConsole(console =>
            console.SingleLine = true));
        try
        {
            await using var host = await SidecarHost.StartAsync(flags.Host with { Logging = logging }, ct);
            await using var app = await host.AddAsync(flags.App, ct);
            Console.WriteLine($"The sidecar of {app.AppId} listens at {app.Endpoint}");
            await UntilStoppedAsync(app, ct);
            return 0;
        }
        catch (SidecarException exception)
        {
            foreach (var problem in exception.Problems) await Console.Error.WriteLineAsync(problem);
            return 1;
        }
    }

    private static async Task UntilStoppedAsync(AppSidecar app, CancellationToken ct)
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            told.TrySetResult();
        }

        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var cancelled = ct.Register(() => told.TrySetResult());
        await Task.WhenAny(told.Task, app.Stopped);
    }
}

/// <summary>daprd's flags, as far as this sidecar has what they are for.</summary>
internal sealed record SidecarFlags(SidecarHostOptions Host, SidecarOptions App, IReadOnlyList<string> Ignored)
{
    /// <exception cref="FormatException">What is wrong with the flags, for people.</exception>
    public static SidecarFlags Parse(string[] args, IReadOnlySet<string> withoutEffect)
    {
        List<string> resources = [], configs = [], ignored = [];
        var app = new SidecarOptions
        {
            AppId = "", DaprHttpPort = 3500,
            ApiToken = Environment.GetEnvironmentVariable("DAPR_API_TOKEN"),
            AppToken = Environment.GetEnvironmentVariable("APP_API_TOKEN"),
        };
        foreach (var (flag, value) in Pairs(args.AsSpan(args is ["run", ..] ? 1 : 0)))
        {
            if (withoutEffect.Contains(flag))
            {
                ignored.Add(flag);
                continue;
            }
            app = flag switch
            {
                "--app-id" => app with { AppId = value },
                "--app-port" => app with { AppPort = Port(flag, value) },
                "--app-channel-address" => app with { AppChannelAddress = value },
                "--app-protocol" when value == "http" => app,
                "--dapr-http-port" => app with { DaprHttpPort = Port(flag, value) },
                "--dapr-listen-addresses" when value is "127.0.0.1" => app,
                "--mode" when value == "standalone" => app,
                "--max-body-size" or "--dapr-http-max-request-size" => app with { MaxBodyBytes = Bytes(flag, value) },
                "--dapr-graceful-shutdown-seconds" =>
                    app with { GracefulShutdown = TimeSpan.FromSeconds(Number(flag, value)) },
                "--resources-path" or "--components-path" => Adding(resources, value, app),
                "--config" => Adding(configs, value, app),
                _ => throw new FormatException($"{flag} {value}: this sidecar does not have that."),
            };
        }
        if (app.AppId.Length == 0) throw new FormatException("--app-id is needed.");
        var host = new SidecarHostOptions
        {
            ResourcesPaths = resources, ConfigPaths = configs,
            Namespace = Environment.GetEnvironmentVariable("NAMESPACE") is { Length: > 0 } name ? name : "default",
        };
        return new SidecarFlags(host, app, ignored);
    }

    /// <summary><c>--flag value</c>, <c>--flag=value</c>, and one dash as two.</summary>
    private static List<(string Flag, string Value)> Pairs(ReadOnlySpan<string> args)
    {
        var pairs = new List<(string, string)>();
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--") throw new FormatException("Start the app yourself: this sidecar runs no commands.");
            if (!args[i].StartsWith('-')) throw new FormatException($"'{args[i]}' is no flag.");
            var flag = "--" + args[i].TrimStart('-');
            var at = flag.IndexOf('=');
            if (at > 0) pairs.Add((flag[..at], flag[(at + 1)..]));
            else if (i + 1 < args.Length && !args[i + 1].StartsWith("--")) pairs.Add((flag, args[++i]));
            else pairs.Add((flag, "true"));
        }
        return pairs;
    }

    private static SidecarOptions Adding(List<string> list, string value, SidecarOptions app)
    {
        list.AddRange(value.Split(',', StringSplitOptions.RemoveEmptyEntries));
        return app;
    }

    private static int Port(string flag, string value) =>
        Number(flag, value) is <= 65535 and var port ? port : throw new FormatException($"{flag} {value} is no port.");

    private static int Number(string flag, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number : throw new FormatException($"{flag} {value} is no number.");

    /// <summary>Bytes, or <c>16Ki</c>, <c>4Mi</c>; the old flag counts in Mi.</summary>
    private static long Bytes(string flag, string value) => value switch
    {
        [.. var number, 'K', 'i'] => Number(flag, number) * 1024L,
        [.. var number, 'M', 'i'] => Number(flag, number) * 1024L * 1024,
        [.. var number, 'G', 'i'] => Number(flag, number) * 1024L * 1024 * 1024,
        _ when flag == "--dapr-http-max-request-size" => Number(flag, value) * 1024L * 1024,
        _ => Number(flag, value),
    };
}
