using System.Diagnostics;
using Xingchen.AppModel.Processes;

namespace Xingchen.AppModel.Postgres;

/// <summary>The operating system's account that runs the server: PostgreSQL refuses to run as root.</summary>
/// <param name="Name">Null: the account of this process.</param>
internal sealed record PostgresAccount(string? Name)
{
    private static readonly string[] Candidates = ["postgres", "nobody"];

    /// <summary>This process's account, or, as root, <c>postgres</c> where there is one, else <c>nobody</c>.</summary>
    public static PostgresAccount Find()
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess) return new PostgresAccount((string?)null);
        var known = File.ReadLines("/etc/passwd").Select(line => line.Split(':')[0]).ToHashSet(StringComparer.Ordinal);
        var name = Array.Find(Candidates, known.Contains);
        return name is not null
            ? new PostgresAccount(name)
            : throw new HostProblemException(
                "PostgreSQL does not run as root and there is no user 'postgres' or 'nobody'. Run as another user.");
    }

    /// <summary>Makes <paramref name="start"/> run as this account, away from directories that it may not
    /// enter.</summary>
    public ProcessStartInfo As(ProcessStartInfo start)
    {
        if (Name is not null)
        {
            start.UserName = Name;
            start.WorkingDirectory = "/";
            start.Environment["HOME"] = "/tmp";
        }
        foreach (var key in start.Environment.Keys.Where(k => k.StartsWith("PG", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(key); // PGDATA, PGPORT and the like would speak to the tools behind our back
        start.Environment["LC_ALL"] = "C";
        return start;
    }

    /// <summary>Whether the account can reach into <paramref name="directory"/>.</summary>
    public async Task<bool> CanEnterAsync(string directory, CancellationToken ct)
    {
        if (Name is null) return true;
        var (code, _) = await ChildProcess.RunAsync(
            As(ChildProcess.Start(["/bin/sh", "-c", "cd \"$1\"", "enter", directory])), input: null, ct);
        return code == 0;
    }

    /// <summary>Makes the account the owner of <paramref name="directory"/>, which nobody else may enter.</summary>
    public async Task OwnAsync(string directory, CancellationToken ct)
    {
        Directory.CreateDirectory(directory);
        if (OperatingSystem.IsWindows()) return;
        File.SetUnixFileMode(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (Name is null) return;
        var (code, output) = await ChildProcess.RunAsync(
            ChildProcess.Start(["chown", Name, directory]), input: null, ct);
        if (code != 0) throw new HostProblemException($"{directory} cannot be given to the user {Name}: {output}");
    }
}
