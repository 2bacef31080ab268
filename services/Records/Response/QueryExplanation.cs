using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xingchen.Records.Plan;

namespace Xingchen.Records.Response;

/// <summary>The server's plan of a query in the words of objects and fields: no SQL, no name of what lies
/// below.</summary>
internal static partial class QueryExplanation
{
    /// <summary>Writes <c>{"plan": […], "estimatedCost", "estimatedRows"}</c>, and where the account's statistics know
    /// <c>"estimatedReads", "mostReads", "refused"</c>.</summary>
    /// <param name="explained">What PostgreSQL says (EXPLAIN, FORMAT JSON).</param>
    public static void Write(Utf8JsonWriter json, string explained, SelectPlan plan, QueryDriver? driver,
        long mostReads)
    {
        using var document = JsonDocument.Parse(explained);
        var top = document.RootElement[0].GetProperty("Plan");
        var sources = new Dictionary<string, QuerySource>();
        Collect(plan, sources);
        json.WriteStartObject();
        json.WriteStartArray("plan");
        Steps(json, top, sources, 0);
        json.WriteEndArray();
        json.WriteNumber("estimatedCost", top.GetProperty("Total Cost").GetDouble());
        json.WriteNumber("estimatedRows",
            driver is null || plan.Grouped ? top.GetProperty("Plan Rows").GetInt64() : (long)Math.Ceiling(driver.Rows));
        if (driver is not null)
        {
            json.WriteNumber("estimatedReads", (long)Math.Ceiling(driver.Reads));
            json.WriteNumber("mostReads", mostReads);
            json.WriteBoolean("refused", driver.Reads > mostReads);
        }
        json.WriteEndObject();
    }

    /// <summary>Innermost first, as the server does them.</summary>
    private static void Steps(Utf8JsonWriter json, JsonElement node, Dictionary<string, QuerySource> sources, int depth)
    {
        if (depth < 100 && node.TryGetProperty("Plans", out var below))
            foreach (var child in below.EnumerateArray()) Steps(json, child, sources, depth + 1);
        if (Words(node, sources) is not { } words) return;
        json.WriteStartObject();
        json.WriteString("step", words);
        json.WriteNumber("estimatedRows", node.GetProperty("Plan Rows").GetInt64());
        json.WriteNumber("estimatedCost", node.GetProperty("Total Cost").GetDouble());
        json.WriteEndObject();
    }

    private static string? Words(JsonElement node, Dictionary<string, QuerySource> sources)
    {
        var type = node.GetProperty("Node Type").GetString()!;
        if (node.TryGetProperty("Alias", out var alias) && Source(alias.GetString()!, sources) is { } source)
        {
            var objects = string.Join(" or ", source.Objects.Select(item => item.Name));
            return $"read {objects}{Path(source)}{By(node, source)}";
        }
        if (node.TryGetProperty("Relation Name", out var relation)
            && relation.GetString()!.StartsWith("search_grams", StringComparison.Ordinal))
            return "look up parts of texts";
        return type switch
        {
            "Sort" or "Incremental Sort" => "sort",
            "Aggregate" or "Group" => "group",
            "Nested Loop" or "Hash Join" or "Merge Join" => "join",
            "Limit" => "take a page",
            _ => null,
        };
    }

    private static string By(JsonElement node, QuerySource source)
    {
        if (!Index(node, out var index)) return ", all its records";
        if (Slot.Match(index.GetString()!) is not { Success: true } match) return " by id";
        var slot = match.Groups["slot"].Value;
        return source.Object.Fields.FirstOrDefault(field => field.Place.Slot == slot) is { } found
            ? " by " + found.Name : " by an index";
    }

    /// <summary>A bitmap comes of an index one step below, or of several two below: the first tells.</summary>
    private static bool Index(JsonElement node, out JsonElement index)
    {
        if (node.TryGetProperty("Index Name", out index)) return true;
        return node.GetProperty("Node Type").GetString()!.StartsWith("Bitmap", StringComparison.Ordinal)
            && node.TryGetProperty("Plans", out var below) && Index(below.EnumerateArray().First(), out index);
    }

    private static string Path(QuerySource source)
    {
        if (source.Via is null) return "";
        var path = source.Via.Name;
        for (var child = source.Child; child?.Via is { } via; child = child.Child) path = via.Name + "." + path;
        return $" ({path})";
    }

    /// <summary>A partition's alias is its parent's with a number behind.</summary>
    private static QuerySource? Source(string alias, Dictionary<string, QuerySource> sources) =>
        sources.GetValueOrDefault(alias.Split('_')[0]);

    private static void Collect(SelectPlan plan, Dictionary<string, QuerySource> sources)
    {
        foreach (var source in plan.Joins.Append(plan.Root))
            sources["t" + source.Index.ToString(CultureInfo.InvariantCulture)] = source;
        foreach (var children in plan.Output.OfType<OutputChildren>()) Collect(children.Select, sources);
        if (plan.Where is { } where) Collect(where, sources);
    }

    private static void Collect(QueryCondition condition, Dictionary<string, QuerySource> sources)
    {
        switch (condition)
        {
            case InSelect select: Collect(select.Select, sources); break;
            case Negation negation: Collect(negation.Condition, sources); break;
            case Junction junction:
                foreach (var term in junction.Terms) Collect(term, sources);
                break;
        }
    }

    [GeneratedRegex("_kp_(?<slot>[tndr][0-9])_id_|records_(?<slot>[tndr][0-9])\\z",
        RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Slot { get; }
}
