using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Xingchen.AppModel.Processes;

namespace Xingchen.AppModel.Postgres;

/// <summary>The files of a private server: <c>data</c> (PostgreSQL's own) and a log, owned by the account that runs
/// it.</summary>
/// <remarks>The owner's password lies beside it in the host's data directory, mode 0600.</remarks>
internal sealed class PostgresDirectory
{
    private readonly string root;
    private readonly string passwordFile;
    private readonly PostgresAccount account;

    private PostgresDirectory(string root, string passwordFile, PostgresAccount account)
    {
        this.root = root;
        this.passwordFile = passwordFile;
        this.account = account;
    }

    public string Data => Path.Combine(root, "data");
    public string Log => Path.Combine(root, "server.log");

    /// <summary>Opens or makes <c>postgres</c> in the host's data directory.</summary>
    /// <remarks>Where the account may not enter the host's directory, the files live under /var/tmp and a link to them
    /// is left.</remarks>
    public static async Task<PostgresDirectory> OpenAsync(
        string hostDirectory, PostgresAccount account, Action<string> say, CancellationToken ct)
    {
        hostDirectory = Path.GetFullPath(hostDirectory);
        Directory.CreateDirectory(hostDirectory);
        var own = Path.Combine(hostDirectory, "postgres");
        var password = Path.Combine(hostDirectory, "postgres.password");
        if (await account.CanEnterAsync(hostDirectory, ct))
        {
            await account.OwnAsync(own, ct);
            return new PostgresDirectory(own, password, account);
        }
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(hostDirectory)))[..16];
        var elsewhere = "/var/tmp/xingchen-" + hash;
        if (new DirectoryInfo(elsewhere).LinkTarget is not null) // /var/tmp is everybody's
            throw new HostProblemException($"{elsewhere} is a link that Xingchen did not make. Remove it.");
        var link = new DirectoryInfo(own);
        if (link is { Exists: true, LinkTarget: null })
            throw new HostProblemException(
                $"The user {account.Name}, who runs PostgreSQL, cannot enter {hostDirectory}. "
                + "Let it: chmod o+x on the way there.");
        // No link: the host's directory was removed since, and with it the password; what is left elsewhere is of no
        // use.
        if (link.LinkTarget is null && Directory.Exists(elsewhere)) Directory.Delete(elsewhere, recursive: true);
        await account.OwnAsync(elsewhere, ct);
        if (link.LinkTarget is null)
        {
            File.CreateSymbolicLink(own, elsewhere);
            say($"The user {account.Name}, who runs PostgreSQL, cannot enter {hostDirectory}: "
                + $"its files are in {elsewhere}");
        }
        return new PostgresDirectory(elsewhere, password, account);
    }

    /// <summary>The major version that made the data; null where there is none yet.</summary>
    public int? Major()
    {
        var file = Path.Combine(Data, "PG_VERSION");
        if (!File.Exists(file)) return null;
        var text = File.ReadAllText(file).Trim();
        return int.TryParse(text.Split('.')[0], out var major)
            ? major
            : throw new HostProblemException(
                $"{file} does not name a version. Move {root} away to begin with an empty one.");
    }

    /// <summary>The owner's password, made at the first call.</summary>
    public async Task<string> PasswordAsync(CancellationToken ct)
    {
        if (File.Exists(passwordFile)) return (await File.ReadAllTextAsync(passwordFile, ct)).Trim();
        if (Major() is not null)
            throw new HostProblemException(
                $"{passwordFile} is missing, and {root} has data. Put it back, or move both away to begin empty.");
        var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        await PrivateFile.WriteAsync(passwordFile, password, ct);
        return password;
    }

    /// <summary>Makes the data directory whole or not at all.</summary>
    public async Task InitializeAsync(PostgresBinaries binaries, string password, bool durable, CancellationToken ct)
    {
        var draft = Path.Combine(root, "data.new");
        if (Directory.Exists(draft)) Directory.Delete(draft, recursive: true);
        var file = Path.Combine(root, "initial.password"); // initdb reads it as another user than ours
        await PrivateFile.WriteAsync(file, password, ct);
        if (account.Name is not null)
            await ChildProcess.RunAsync(ChildProcess.Start(["chown", account.Name, file]), input: null, ct);
        string[] command =
        [
            binaries.InitDb, "-D", draft, "-U", PostgresServer.Owner, "--auth=scram-sha-256", "--pwfile=" + file,
            "--encoding=UTF8", "--locale=C", "--no-instructions", .. durable ? Array.Empty<string>() : ["--no-sync"],
        ];
        var (code, output) = await ChildProcess.RunAsync(account.As(ChildProcess.Start(command)), input: null, ct);
        File.Delete(file);
        if (code != 0) throw new HostProblemException("PostgreSQL's initdb failed: " + output.Split('\n')[^1]);
        Directory.Move(draft, Data);
    }

    /// <summary>Ends a server that an earlier host left in this directory, and forgets one that is only a
    /// file.</summary>
    public async Task StopLeftoverAsync(PostgresBinaries binaries, CancellationToken ct)
    {
        if (Postmaster() is not { } pid) return;
        if (!IsPostgres(pid))
        {
            // another program has the number now, and PostgreSQL would wait for it
            File.Delete(Path.Combine(Data, "postmaster.pid"));
            return;
        }
        string[] stop = [binaries.PgCtl, "stop", "-D", Data, "-m", "fast", "-w", "-t", "30"];
        var (code, output) = await ChildProcess.RunAsync(account.As(ChildProcess.Start(stop)), input: null, ct);
        if (code != 0 && IsPostgres(pid))
            throw new HostProblemException(
                $"A PostgreSQL server (process {pid}) already runs in {Data} and does not stop: "
                + output.Split('\n')[^1]);
    }

    /// <summary>The process id in <c>postmaster.pid</c>, or null.</summary>
    public int? Postmaster() => Lines() is [var first, ..] && int.TryParse(first, out var pid) ? pid : null;

    /// <summary>Whether the server says that it accepts connections (postmaster.pid, eighth line).</summary>
    public bool IsReady() => Lines() is { Length: >= 8 } lines && lines[7].Trim() == "ready";

    /// <summary>Keeps the log of the run before, and no more.</summary>
    public void RotateLog()
    {
        if (File.Exists(Log)) File.Move(Log, Log + ".1", overwrite: true);
    }

    /// <summary>The last line of the log that tells why a start failed.</summary>
    public string LastWords()
    {
        if (!File.Exists(Log)) return "it said nothing";
        var lines = File.ReadAllLines(Log);
        var telling = Array.FindLast(lines, line =>
            line.Contains("FATAL", StringComparison.Ordinal) || line.Contains("PANIC", StringComparison.Ordinal));
        return telling ?? lines.LastOrDefault() ?? "it said nothing";
    }

    private string[] Lines()
    {
        try
        {
            return File.ReadAllLines(Path.Combine(Data, "postmaster.pid"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return []; // not there, or gone while it was read
        }
    }

    private static bool IsPostgres(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return process.ProcessName.StartsWith("postgres", StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return false;
        }
    }
}

/// <summary>Files that only this user may read.</summary>
internal static class PrivateFile
{
    /// <summary>Writes the whole file or leaves the old one.</summary>
    public static async Task WriteAsync(string path, string text, CancellationToken ct)
    {
        var draft = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        File.Delete(draft);
        await using (var writer = new StreamWriter(draft, options)) await writer.WriteAsync(text.AsMemory(), ct);
        File.Move(draft, path, overwrite: true);
    }
}
