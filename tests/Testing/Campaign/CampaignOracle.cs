using System.Text.RegularExpressions;

namespace Xingchen.Testing.Campaign;

/// <summary>Something that must not be.</summary>
/// <param name="Kind"><c>leak</c>, <c>difference</c>, <c>fault</c> (a status from 500), <c>foreign write</c> or
/// <c>log</c>.</param>
/// <param name="Step">The worker and its step, or where else it was found.</param>
/// <param name="Detail">What was asked and answered.</param>
public sealed record CampaignFinding(string Kind, string Step, string Detail)
{
    public override string ToString() => $"{Kind} at {Step}: {Detail}";
}

/// <summary>Knows whose every id and canary is, and finds in an answer what is not the caller's. Thread-safe.</summary>
internal sealed partial class CampaignOracle
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, int> owners =
        new(StringComparer.Ordinal);

    /// <summary>Remembers an id of an account.</summary>
    public void Owns(CampaignAccount account, string id) => owners[id.Length == 18 ? id[..15] : id] = account.Number;

    /// <summary>Whether another account has the id.</summary>
    public bool IsForeign(CampaignAccount caller, string id) =>
        owners.TryGetValue(id.Length == 18 ? id[..15] : id, out var owner) && owner != caller.Number;

    /// <summary>What of others an answer tells that the call did not say itself; null where nothing.</summary>
    public string? Leak(CampaignAccount caller, string text, IReadOnlyList<string> sent)
    {
        foreach (Match canary in Canary.Matches(text))
        {
            if (canary.Value.EndsWith(caller.Number.ToString("D3"), StringComparison.Ordinal)) continue;
            if (canary.Groups["mark"].Success && Said(canary.Value, sent)) continue;
            return canary.Value;
        }
        foreach (var word in Word.EnumerateMatches(text))
        {
            var found = text.AsSpan(word.Index, word.Length);
            if (word.Length == 18) found = found[..15];
            if (owners.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(found, out var owner)
                && owner != caller.Number && !Said(found, sent)) return found.ToString();
        }
        return null;
    }

    /// <summary>An answer without what differs between two answers to one request, and with what was sent by its
    /// place.</summary>
    public static string Neutral(CampaignAnswer answer, IReadOnlyList<string> sent)
    {
        if (answer.Status == 202) return "202"; // how far the job is by now
        var text = answer.Body;
        for (var i = 0; i < sent.Count; i++)
            if (sent[i].Length > 3) text = text.Replace(sent[i], "{" + i + "}", StringComparison.Ordinal);
        return $"{answer.Status} {answer.MediaType}\n{Changing.Replace(text, "…")}";
    }

    private static bool Said(ReadOnlySpan<char> word, IReadOnlyList<string> sent)
    {
        foreach (var one in sent)
            if (one.AsSpan().Contains(word, StringComparison.Ordinal)) return true;
        return false;
    }

    [GeneratedRegex(@"canary0(secret|(?<mark>mark))\d{3}", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Canary { get; }

    [GeneratedRegex("[0-9A-Za-z]{15,64}", RegexOptions.None, 10_000)]
    private static partial Regex Word { get; }

    /// <summary>Traces; of what is made anew also its id, its version, its time.</summary>
    [GeneratedRegex(
        @"""(traceId|next|id)"":""[^""]*""|""version"":[0-9]+|""[0-9]{4}-[0-9]{2}-[0-9]{2}T[^""]*""",
        RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Changing { get; }
}
