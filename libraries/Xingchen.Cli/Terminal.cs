using System.Text.Json;
using Spectre.Console;

namespace Xingchen.Cli;

/// <summary>What a person sees: tables on standard output, progress and errors on standard error.</summary>
internal static class Terminal
{
    /// <summary>The language of labels, from the environment: <c>zh-CN</c> or <c>en</c>.</summary>
    public static string Language =>
        (Environment.GetEnvironmentVariable("LC_ALL") ?? Environment.GetEnvironmentVariable("LANG") ?? "")
        .StartsWith("zh", StringComparison.OrdinalIgnoreCase) ? "zh-CN" : "en";

    public static void Fail(CliException problem)
    {
        Console.Error.WriteLine("error: " + problem.Message);
        Findings(problem.Findings);
    }

    /// <summary>Every finding, a line each: where, what, and the code to look it up by.</summary>
    public static void Findings(IReadOnlyList<Finding> findings)
    {
        foreach (var finding in findings)
        {
            var place = string.Join(
                ' ', new[] { finding.File, finding.Pointer, finding.Position is { } at ? $"at {at}" : null }
                .Where(part => !string.IsNullOrEmpty(part)));
            Console.Error.WriteLine($"  {(place.Length > 0 ? place + ": " : "")}{finding.Detail} [{finding.Code}]");
        }
    }

    public static void Say(string line) => Console.Error.WriteLine(line);

    /// <summary>A line that the next one replaces; nothing where standard error is no terminal.</summary>
    public static void Progress(string line)
    {
        if (!Console.IsErrorRedirected) Console.Error.Write($"\r{line}\u001b[K");
    }

    /// <summary>Records as a table; a nested parent's members become columns of their own path.</summary>
    public static void Table(IReadOnlyList<JsonElement> records)
    {
        var rows = records.Select(Flatten).ToList();
        var columns = rows.SelectMany(row => row.Keys).Distinct().ToList();
        var table = new Table { Border = TableBorder.Simple };
        foreach (var column in columns)
            table.AddColumn(new TableColumn(Markup.Escape(column))
            {
                Alignment = rows.Exists(row => row.GetValueOrDefault(column).ValueKind is JsonValueKind.Number)
                    ? Justify.Right : Justify.Left,
            });
        foreach (var row in rows)
            table.AddRow(columns.Select(column => Markup.Escape(Text(row.GetValueOrDefault(column)))).ToArray());
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = 4000; // a file has no edge to wrap at
        AnsiConsole.Write(table);
    }

    private static Dictionary<string, JsonElement> Flatten(JsonElement record)
    {
        var flat = new Dictionary<string, JsonElement>();
        Add("", record);
        return flat;

        void Add(string prefix, JsonElement value)
        {
            foreach (var member in value.EnumerateObject())
                if (member.Value.ValueKind is JsonValueKind.Object) Add(prefix + member.Name + ".", member.Value);
                else flat[prefix + member.Name] = member.Value;
        }
    }

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => "",
        JsonValueKind.String => Shorten(value.GetString()!),
        JsonValueKind.Array => $"({value.GetArrayLength()})",
        _ => value.GetRawText(),
    };

    private static string Shorten(string text)
    {
        var line = text.ReplaceLineEndings(" ");
        return line.Length <= 60 ? line : line[..59] + "…";
    }
}
