namespace Xingchen.Testing;

/// <summary>A process below another, as /proc tells (proc(5)); on other systems none are seen.</summary>
/// <param name="Id">Its process id.</param>
/// <param name="Started">When it started, in clock ticks since boot: with the id, its identity.</param>
/// <param name="Command">Its command line.</param>
public sealed record ChildOfHost(int Id, long Started, string Command)
{
    /// <summary>Whether this very process still lives.</summary>
    public bool IsAlive => Read(Id) is { } now && now.Started == Started && now.State != 'Z';

    /// <summary>All processes below <paramref name="root"/>.</summary>
    public static IReadOnlyList<ChildOfHost> Of(int root)
    {
        if (!Directory.Exists("/proc")) return [];
        var all = Directory.EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), out var id) ? id : 0)
            .Where(id => id != 0).Select(id => (Id: id, Stat: Read(id)))
            .Where(process => process.Stat is not null).ToList();
        var below = new HashSet<int> { root };
        while (all.Any(process => below.Contains(process.Stat!.Value.Parent) && below.Add(process.Id)))
        {
            // one generation further
        }
        return [.. all.Where(process => process.Id != root && below.Contains(process.Id))
            .Select(process => new ChildOfHost(process.Id, process.Stat!.Value.Started, CommandOf(process.Id)))];
    }

    private static (int Parent, long Started, char State)? Read(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            var words = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (int.Parse(words[1]), long.Parse(words[19]), words[0][0]);
        }
        catch (IOException)
        {
            return null; // gone
        }
    }

    private static string CommandOf(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline").Replace('\0', ' ').Trim();
        }
        catch (IOException)
        {
            return "";
        }
    }
}
