namespace Xingchen.Records.Plan;

/// <summary>What a misspelt name may have meant.</summary>
internal static class QueryNames
{
    /// <summary>A sentence that proposes the nearest of <paramref name="known"/>, or nothing.</summary>
    public static string Hint(string wrong, IEnumerable<string> known)
    {
        if (wrong.Length > 80) return "";
        var nearest = known.Select(name => (Name: name, Distance: Distance(wrong, name)))
            .Where(near => near.Distance <= (wrong.Length < 4 ? 1 : Math.Max(2, wrong.Length / 3)))
            .OrderBy(near => near.Distance).ThenBy(near => near.Name, StringComparer.Ordinal)
            .FirstOrDefault();
        return nearest.Name is null ? "" : $" Did you mean {nearest.Name}?";
    }

    /// <summary>Edits (Levenshtein) between the names, a difference of case alone counting nothing, a namespace prefix
    /// one.</summary>
    private static int Distance(string a, string b)
    {
        var plain = b[(b.IndexOf("__", StringComparison.Ordinal) is var at && at >= 0 ? at + 2 : 0)..];
        if (plain.Length < b.Length && string.Equals(a, plain, StringComparison.OrdinalIgnoreCase)) return 1;
        if (Math.Abs(a.Length - b.Length) > a.Length / 3 + 1) return int.MaxValue;
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]) ? 0 : 1;
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + cost));
            }
        }
        return row[b.Length];
    }
}
