using System.Text.RegularExpressions;
using Xingchen.Model;

namespace Xingchen.Testing.Campaign;

/// <summary>A call with its holes filled, and the same call with what never was wherever something of another account
/// stands.</summary>
/// <param name="Sent">What stands in the holes that is not the caller's: it may come back, for the caller said
/// it.</param>
/// <param name="Twin">Null where nothing of another account stands.</param>
internal sealed record FilledCall(
    string Method, string Path, string? Body, string MediaType, IReadOnlyList<string> Sent, FilledCall? Twin = null)
{
    public override string ToString() => $"{Method} {Path}{(Body is null ? "" : "\n" + Body)}";
}

/// <summary>Fills the holes of a call for one caller.</summary>
internal sealed partial class CampaignFiller(CampaignWorld world, CampaignAccount caller, Picks picks)
{
    private static long fresh;

    /// <summary>What the sequence made so far, by hole.</summary>
    public Dictionary<string, string> Made { get; } = [];

    /// <summary>Null where a call cannot be made because what goes before it made nothing.</summary>
    public FilledCall? Fill(CampaignCall call)
    {
        foreach (var needed in new[] { "made", "next" })
            if ((call.Line + call.Body).Contains("{" + needed + "}", StringComparison.Ordinal)
                && !Made.ContainsKey(needed)) return null;
        var (values, twins) = (new List<string>(), new List<string>());
        var foreign = false;
        string Place(Match hole)
        {
            var (value, twin) = Value(hole.Groups["name"].Value);
            foreign |= twin is not null;
            values.Add(value);
            twins.Add(twin ?? value);
            return value;
        }
        var (line, body) = (Hole.Replace(call.Line, Place), call.Body is null ? null : Hole.Replace(call.Body, Place));
        var filled = Call(call, line, body, values);
        if (!foreign) return filled;
        var next = 0;
        string PlaceTwin(Match hole) => twins[next++];
        return filled with
        {
            Twin = Call(call, Hole.Replace(call.Line, PlaceTwin),
                call.Body is null ? null : Hole.Replace(call.Body, PlaceTwin), twins),
        };
    }

    private static FilledCall Call(CampaignCall call, string line, string? body, List<string> values)
    {
        var blank = line.IndexOf(' ', StringComparison.Ordinal);
        return new FilledCall(line[..blank], Escape(line[(blank + 1)..]), body, call.MediaType, values);
    }

    /// <summary>Escapes the values of the address's query.</summary>
    private static string Escape(string address)
    {
        var question = address.IndexOf('?', StringComparison.Ordinal);
        if (question < 0) return address;
        return address[..(question + 1)] + string.Join('&', address[(question + 1)..].Split('&').Select(pair =>
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            return pair[..(equals + 1)] + Uri.EscapeDataString(pair[(equals + 1)..]);
        }));
    }

    /// <summary>What stands in a hole, and, where it is another account's, what never was and has its form.</summary>
    private (string Value, string? Twin) Value(string hole) => hole switch
    {
        "record" or "child" => Id(hole, own: "home:" + hole, foreign: hole),
        "theirs" => Id("record", own: null, foreign: picks.Next(3) == 0 ? "work" : "record"),
        "theirchild" => Id("child", own: null, foreign: "child"),
        "binned" => Id("record", own: null, foreign: "binned"),
        "import" => Id("import", own: "import", foreign: "import"),
        "list" or "change" => Cursor(hole),
        "mark" => Mark(),
        "work" => (caller.Pools["work"].Any(picks), null),
        "code" => (world.CodeOf(caller, picks.Next(CampaignWorld.Codes)), null),
        "secret" => (caller.Secret, null),
        "fresh" => ($"{caller.Mark}-{Interlocked.Increment(ref fresh)}", null),
        "moment" => (TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'"), null),
        "n" => (picks.Next(1_000).ToString(), null),
        "unit" or "part" => (world.ObjectName(hole), null),
        _ when Made.TryGetValue(hole, out var made) => (made, null),
        _ => world.Fill(hole, caller, Other(), picks),
    };

    /// <summary>An id: own, another's, one that never was, in its long or short form, or with a suffix that does not
    /// fit.</summary>
    private (string Value, string? Twin) Id(string kind, string? own, string foreign)
    {
        var dice = picks.Next(100);
        if (own is not null && dice < 35) return (caller.Pools[own].Any(picks), null);
        var theirs = Other().Pools[foreign].Any(picks);
        var never = Never(theirs);
        return dice switch
        {
            < 75 => (theirs, never),
            < 85 => (theirs[..15], never[..15]),
            < 92 => (theirs[..15] + "ZZZ", never[..15] + "ZZZ"),
            < 97 => (never, null),
            _ => (kind + "-" + theirs, kind + "-" + never),
        };
    }

    private (string Value, string? Twin) Mark()
    {
        var other = Other().Mark;
        return picks.Next(3) == 0 ? (caller.Mark, null)
            : (other, CampaignAccount.MarkPrefix + "never"[..(other.Length - CampaignAccount.MarkPrefix.Length)]);
    }

    /// <summary>A cursor: own, another's, or one that somebody changed.</summary>
    private (string Value, string? Twin) Cursor(string kind)
    {
        var own = caller.Pools[kind].Any(picks);
        var dice = picks.Next(4);
        if (dice == 0) return (own, null);
        var theirs = Other().Pools[kind].Any(picks);
        if (dice < 3) return (theirs, world.SharesCursors ? null : Tampered(theirs));
        return (own[..(own.Length / 2)] + theirs[(theirs.Length / 2)..], null);
    }

    private CampaignAccount Other()
    {
        var other = picks.Next(world.Accounts.Count - 1);
        return world.Accounts[other < caller.Number ? other : other + 1];
    }

    /// <summary>An id of the same object that no record ever had.</summary>
    private string Never(string id) => RecordId.TryParse(id, out var parsed)
        ? RecordId.Create(parsed.Prefix, RecordId.MaxNumber - 1 - picks.Next(1_000_000)).ToString()
        : throw new InvalidOperationException($"{id} is no id.");

    private string Tampered(string cursor)
    {
        var at = picks.Next(cursor.Length);
        return cursor[..at] + (cursor[at] == 'A' ? 'B' : 'A') + cursor[(at + 1)..];
    }

    [GeneratedRegex(@"\{(?<name>[a-z]+)\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Hole { get; }
}
