using System.Collections.Frozen;
using System.Net;
using System.Text;

namespace Xingchen.Gateway.Edge;

/// <summary>The page of each problem, at the address that its <c>type</c> is: <c>docs/problems</c>, carried in this
/// assembly.</summary>
public static class ProblemPages
{
    private const string Prefix = "problems/";
    private static readonly FrozenDictionary<string, string> Markdown = Read();

    public static IReadOnlyCollection<string> Slugs => Markdown.Keys;

    public static void MapProblemPages(this WebApplication app) =>
        app.MapGet("/problems/{slug}", (string slug, HttpContext http) =>
    {
        if (!Markdown.TryGetValue(slug, out var page))
            throw new ProblemException(Problems.NotFound, "There is no problem of that name.");
        http.Response.Headers.CacheControl = "public, max-age=3600";
        http.Response.Headers.Vary = "Accept";
        return WantsHtml(http.Request.Headers.Accept.ToString())
            ? Results.Text(ToHtml(page), "text/html", Encoding.UTF8)
            : Results.Text(page, "text/markdown", Encoding.UTF8);
    });

    /// <summary>Renders the few forms that the pages use: headings, paragraphs, lists, code. All text is
    /// escaped.</summary>
    public static string ToHtml(string markdown)
    {
        var html = new StringBuilder();
        var title = "Problem";
        foreach (var block in markdown.ReplaceLineEndings("\n")
            .Split("\n\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var lines = block.Split('\n');
            if (lines[0].StartsWith("# ", StringComparison.Ordinal)) title = lines[0][2..];
            html.Append(Render(block, lines)).Append('\n');
        }
        return $"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>{WebUtility.HtmlEncode(title)}</title>
            <meta name="viewport" content="width=device-width">
            <style>body{"{"}max-width:42rem;margin:3rem auto;padding:0 1rem;font:1rem/1.6
                system-ui,sans-serif{"}"}
                code,pre{"{"}background:#f4f4f4{"}"}pre{"{"}padding:1rem;overflow:auto{"}"}</style>
            </head><body>
            {html}</body></html>
            """;
    }

    private static string Render(string block, string[] lines) => lines[0] switch
    {
        ['#', ' ', .. var text] => $"<h1>{Inline(text)}</h1>",
        ['#', '#', ' ', .. var text] => $"<h2>{Inline(text)}</h2>",
        ['`', '`', '`', ..] =>
            $"<pre>{WebUtility.HtmlEncode(string.Join('\n', lines[1..].Where(line => line != "```")))}</pre>",
        ['-', ' ', ..] =>
            $"<ul>{string.Concat(block[2..].Split("\n- ").Select(item => $"<li>{Inline(item)}</li>"))}</ul>",
        _ => $"<p>{Inline(block)}</p>",
    };

    /// <summary>Code between backticks: every second part.</summary>
    private static string Inline(string text) => string.Concat(text.Split('`').Select((part, i) =>
        i % 2 == 1 ? $"<code>{WebUtility.HtmlEncode(part)}</code>" : WebUtility.HtmlEncode(part)));

    private static bool WantsHtml(string accept) =>
        accept.Contains("text/html", StringComparison.OrdinalIgnoreCase)
            && !accept.Contains("text/markdown", StringComparison.OrdinalIgnoreCase);

    private static FrozenDictionary<string, string> Read()
    {
        var assembly = typeof(ProblemPages).Assembly;
        return assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .ToFrozenDictionary(name => name[Prefix.Length..^".md".Length], name =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                return reader.ReadToEnd();
            });
    }
}
