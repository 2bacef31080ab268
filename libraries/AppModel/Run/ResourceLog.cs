using System.Diagnostics;

namespace Xingchen.AppModel.Run;

/// <summary>What a resource writes: a file of this run, the one of the run before, and the last line.</summary>
internal sealed class ResourceLog : IDisposable
{
    private const long MostBytes = 32 * 1024 * 1024;

    private readonly Lock gate = new();
    private readonly string path;
    private StreamWriter writer;

    /// <param name="directory">Of all logs.</param>
    /// <param name="name">Of the resource.</param>
    public ResourceLog(string directory, string name)
    {
        path = Path.Combine(directory, name + ".log");
        writer = Open();
    }

    /// <summary>The last line that says something: not empty, no line of a stack trace.</summary>
    public string LastLine { get; private set; } = "";

    public string FilePath => path;

    public void Write(string line)
    {
        lock (gate)
        {
            if (line.Length > 0 && !char.IsWhiteSpace(line[0]))
                LastLine = line.Length <= 300 ? line : line[..300] + "…";
            if (writer.BaseStream.Length > MostBytes)
            {
                writer.Dispose();
                writer = Open();
            }
            writer.WriteLine(line);
        }
    }

    /// <summary>Writes both outputs of a process until they end.</summary>
    /// <param name="process">With redirected outputs.</param>
    /// <param name="heard">Told each line of standard output; null: nobody.</param>
    public async Task FollowAsync(Process process, Action<string>? heard)
    {
        await Task.WhenAll(FollowAsync(process.StandardOutput, heard), FollowAsync(process.StandardError, heard));
    }

    public void Dispose() => writer.Dispose();

    private async Task FollowAsync(StreamReader reader, Action<string>? heard)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            Write(line);
            heard?.Invoke(line);
        }
    }

    private StreamWriter Open()
    {
        if (File.Exists(path)) File.Move(path, path + ".1", overwrite: true);
        var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        return new StreamWriter(file) { AutoFlush = true };
    }
}
