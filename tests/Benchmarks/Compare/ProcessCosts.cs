namespace Xingchen.Benchmarks.Compare;

/// <summary>What processes have cost so far, by <c>/proc</c> (proc(5)); CPU in steps of 10 ms.</summary>
internal static class ProcessCosts
{
    private const double TicksPerSecond = 100; // USER_HZ, the same on every architecture that .NET runs on

    /// <summary>CPU seconds of one process.</summary>
    public static double Cpu(int id)
    {
        var fields = Stat(id);
        return fields is null ? 0 : (long.Parse(fields[11]) + long.Parse(fields[12])) / TicksPerSecond;
    }

    /// <summary>CPU seconds of a process and of its children, living and gone.</summary>
    public static double CpuWithChildren(int id)
    {
        var own = Stat(id)!;
        return Cpu(id) + (long.Parse(own[13]) + long.Parse(own[14])) / TicksPerSecond + Children(id).Sum(Cpu);
    }

    /// <summary>Memory of its own, in MB: what would be free if it ended.</summary>
    public static double PrivateMegabytes(int id) => Kilobytes(id, "Private_Clean:", "Private_Dirty:") / 1024.0;

    public static double ResidentMegabytes(int id) => Kilobytes(id, "Rss:") / 1024.0;

    private static IEnumerable<int> Children(int id) => Directory.EnumerateDirectories("/proc")
        .Select(path => int.TryParse(Path.GetFileName(path), out var child) ? child : 0)
        .Where(child => child > 0 && Stat(child) is { } fields && fields[1] == id.ToString());

    /// <summary>The fields from the third on: a command may hold blanks and brackets.</summary>
    private static string[]? Stat(int id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null; // it ended
        }
    }

    private static long Kilobytes(int id, params string[] names) => File.ReadAllLines($"/proc/{id}/smaps_rollup")
        .Where(line => Array.Exists(names, name => line.StartsWith(name, StringComparison.Ordinal)))
        .Sum(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]));
}
