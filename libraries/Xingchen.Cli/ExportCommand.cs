using System.CommandLine;
using System.Diagnostics;

namespace Xingchen.Cli;

/// <summary><c>export</c>.</summary>
internal static class ExportCommand
{
    private const string Csv = "text/csv";
    private const string Lines = "application/x-ndjson";

    public static Command Create()
    {
        var text = new Argument<string>("query") { Description = "SELECT … FROM …; - reads it from standard input" };
        var file = new Option<string?>("--out", "-o")
            { Description = "The file to write; standard output where it is not given" };
        var format = new Option<string?>("--format")
            { Description = "csv or ndjson; from the file's name where it is not given, else ndjson" };
        var parameters = new Option<string[]>("--param", "-p")
            { Description = "name=value for a :name in the query; the value is JSON, else text" };
        var asOf = new Option<string?>("--as-of")
            { Description = "A time such as 2026-11-20T08:00:00Z: everything as it was then" };
        format.AcceptOnlyFromAmong("csv", "ndjson");
        var command = new Command("export",
            "Write all that a query gives to a file, of any size. What was selected by fields imports again.")
            { text, file, format, parameters, asOf };
        command.SetAction(async (parsed, ct) =>
        {
            var query = parsed.GetValue(text) is "-" ? await Console.In.ReadToEndAsync(ct) : parsed.GetValue(text)!;
            var path = parsed.GetValue(file);
            var form = parsed.GetValue(format) ?? Path.GetExtension(path ?? "").TrimStart('.').ToLowerInvariant();
            var values = (parsed.GetValue(parameters) ?? []).Select(DataCommands.Parameter).ToDictionary();
            using var api = ApiClient.SignedIn();
            var body = new Dictionary<string, object> { ["q"] = query, ["params"] = values };
            if (parsed.GetValue(asOf) is { } then) body["asOf"] = then;
            await RunAsync(api, body, form == "csv" ? Csv : Lines, path, ct);
        });
        return command;
    }

    /// <summary>The file has its name only when it is whole; until then it is <c>NAME.part</c>.</summary>
    private static async Task RunAsync(
        ApiClient api, object body, string mediaType, string? path, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        long bytes;
        if (path is null)
        {
            await using var output = Console.OpenStandardOutput();
            bytes = await api.DownloadAsync("/v1/exports", body, mediaType, output, Told, ct);
        }
        else
        {
            var part = path + ".part";
            await using (var output = File.Create(part))
                bytes = await api.DownloadAsync("/v1/exports", body, mediaType, output, Told, ct);
            File.Move(part, path, overwrite: true);
        }
        Terminal.Progress("");
        Terminal.Say($"{bytes:N0} bytes{(path is null ? "" : " in " + path)}, {watch.Elapsed.TotalSeconds:0.0} s");
    }

    private static void Told(long bytes) => Terminal.Progress($"{bytes / 1_000_000.0:N1} MB …");
}
