using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;

namespace Xingchen.Cli;

/// <summary><c>objects</c>, <c>query</c>, <c>import</c> and <c>export</c>.</summary>
internal static class DataCommands
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static IEnumerable<Command> All() => [Objects(), Query(), Import(), ExportCommand.Create()];

    private static Command Objects()
    {
        var name = new Argument<string?>("object")
            { Description = "An object's name, to see its fields", Arity = ArgumentArity.ZeroOrOne };
        var json = new Option<bool>("--json") { Description = "The answer as it came" };
        var command = new Command("objects", "List the account's objects, or the fields of one") { name, json };
        command.SetAction(async (parsed, ct) =>
        {
            using var api = ApiClient.SignedIn();
            var one = parsed.GetValue(name);
            var answer =
                await api.GetAsync(one is null ? "/v1/objects" : "/v1/objects/" + Uri.EscapeDataString(one), ct);
            if (parsed.GetValue(json)) Console.WriteLine(JsonSerializer.Serialize(answer, Indented));
            else Terminal.Table(one is null ? [.. answer.GetProperty("objects").EnumerateArray()] : FieldRows(answer));
        });
        return command;
    }

    private static List<JsonElement> FieldRows(JsonElement describe) =>
        [.. describe.GetProperty("fields").EnumerateArray().Select(field => JsonSerializer.SerializeToElement(
            new[] { "name", "type", "required", "unique", "indexed", "references", "layer", "label" }
                .Where(property => field.TryGetProperty(property, out _))
                .ToDictionary(property => property, property => property == "references"
                    ? string.Join(
                        ", ", field.GetProperty(property).EnumerateArray().Select(target => target.GetString()))
                    : (object)field.GetProperty(property))))];

    private static Command Query()
    {
        var text = new Argument<string>("query") { Description = "SELECT … FROM …; - reads it from standard input" };
        var json = new Option<bool>("--json") { Description = "One JSON document with all records, for programs" };
        var parameters = new Option<string[]>("--param", "-p")
            { Description = "name=value for a :name in the query; the value is JSON, else text" };
        var command = new Command("query", "Run a query and print every record, as a table or as JSON")
            { text, json, parameters };
        command.SetAction(async (parsed, ct) =>
        {
            using var api = ApiClient.SignedIn();
            var query = parsed.GetValue(text) is "-" ? await Console.In.ReadToEndAsync(ct) : parsed.GetValue(text);
            var values = (parsed.GetValue(parameters) ?? []).Select(Parameter).ToDictionary();
            var page = await api.PostAsync("/v1/query", new { q = query, @params = values }, ct);
            var records = new List<JsonElement>(page.GetProperty("records").EnumerateArray());
            while (page.GetProperty("next").GetString() is { } next)
            {
                page = await api.GetAsync("/v1/query?cursor=" + Uri.EscapeDataString(next), ct);
                records.AddRange(page.GetProperty("records").EnumerateArray());
            }
            if (parsed.GetValue(json)) Console.WriteLine(JsonSerializer.Serialize(records, Indented));
            else Terminal.Table(records);
            Terminal.Say($"{records.Count} record{(records.Count == 1 ? "" : "s")}");
        });
        return command;
    }

    internal static KeyValuePair<string, JsonElement> Parameter(string pair)
    {
        var split = pair.IndexOf('=', StringComparison.Ordinal);
        if (split < 1) throw new CliException($"--param takes name=value, not '{pair}'.");
        var value = pair[(split + 1)..];
        try
        {
            return new(pair[..split], JsonDocument.Parse(value).RootElement);
        }
        catch (JsonException)
        {
            return new(pair[..split], JsonSerializer.SerializeToElement(value));
        }
    }

    private static Command Import()
    {
        var file = new Argument<string>("file") { Description = "A .csv or .ndjson file; - reads standard input" };
        var target = new Option<string>("--object")
            { Description = "The object whose records the rows are", Required = true };
        var mode = new Option<string>("--mode")
            { Description = "insert or upsert", DefaultValueFactory = _ => "insert" };
        var by = new Option<string?>("--by")
            { Description = "For upsert: the unique field that tells which record a row is" };
        var format = new Option<string?>("--format")
            { Description = "csv or ndjson; from the file's name where it is not given" };
        var blank = new Option<string?>("--null")
            { Description = "A token in the file that means no value, such as NULL" };
        var empty = new Option<bool>("--empty-text")
            { Description = "In columns of text \"\" is a text of no characters, as xingchen export writes it" };
        mode.AcceptOnlyFromAmong("insert", "upsert");
        format.AcceptOnlyFromAmong("csv", "ndjson");
        var command = new Command("import",
            "Load a file of any size. A column is a field, or reference.uniqueField (such as customer.customerID).")
        { file, target, mode, by, format, blank, empty };
        command.SetAction(async (parsed, ct) =>
        {
            var path = parsed.GetValue(file)!;
            if (path != "-" && !File.Exists(path)) throw new CliException($"There is no file {path}.");
            var mediaType =
                (parsed.GetValue(format) ?? Path.GetExtension(path).TrimStart('.').ToLowerInvariant()) switch
            {
                "csv" => "text/csv",
                "ndjson" or "jsonl" => "application/x-ndjson",
                _ => throw new CliException("Say what the file is: --format csv or --format ndjson."),
            };
            var request = new ImportRequest(parsed.GetValue(target)!, parsed.GetValue(mode)!, parsed.GetValue(by),
                parsed.GetValue(blank), parsed.GetValue(empty) ? "text" : null);
            using var api = ApiClient.SignedIn();
            await using var body = path == "-" ? Console.OpenStandardInput() : File.OpenRead(path);
            return await RunAsync(api, request, body, mediaType, ct) ? 0 : 1;
        });
        return command;
    }

    /// <summary>Uploads, follows the job to its end and says what came of it.</summary>
    /// <returns>Whether every row was written.</returns>
    internal static async Task<bool> RunAsync(
        ApiClient api, ImportRequest request, Stream body, string mediaType, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        var job = await api.UploadAsync("/v1/imports?" + request.Query, body, mediaType, ct);
        var address = "/v1/imports/" + job.GetProperty("id").GetString();
        var delay = TimeSpan.FromMilliseconds(50);
        while (job.GetProperty("status").GetString() is "queued" or "running")
        {
            await Task.Delay(delay, ct);
            if (delay < TimeSpan.FromSeconds(1)) delay *= 1.5;
            job = await api.GetAsync(address, ct);
            Terminal.Progress($"{request.Object}: {job.GetProperty("read").GetInt64():N0} rows read …");
        }
        Terminal.Progress("");
        var failed = job.GetProperty("failed").GetInt64();
        Terminal.Say(
            $"{request.Object}: {job.GetProperty("written").GetInt64():N0} of "
            + $"{job.GetProperty("read").GetInt64():N0} rows written, "
            + $"{failed:N0} failed, {watch.Elapsed.TotalSeconds:0.0} s");
        if (job.GetProperty("status").GetString() == "failed")
            throw new CliException(job.TryGetProperty("problem", out var problem)
                ? problem.GetProperty("detail").GetString()!
                : "The import stopped. What was written stays; run it again with --mode upsert.");
        if (failed > 0) await FailuresAsync(api, address, failed, ct);
        return failed == 0;
    }

    private static async Task FailuresAsync(ApiClient api, string address, long failed, CancellationToken ct)
    {
        const int Most = 20;
        var shown = 0;
        await foreach (var line in api.LinesAsync(address + "/failures", ct))
        {
            var failure = JsonDocument.Parse(line).RootElement;
            Terminal.Say(
                $"  line {failure.GetProperty("line")}: {failure.GetProperty("detail").GetString()} "
                + $"[{failure.GetProperty("code").GetString()}]");
            if (++shown == Most) break;
        }
        if (failed > shown) Terminal.Say($"  … and {failed - shown:N0} more: GET {address}/failures");
    }
}

/// <summary>The query of <c>POST /v1/imports</c>.</summary>
internal sealed record ImportRequest(string Object, string Mode = "insert", string? By = null, string? Null = null,
    string? Empty = null)
{
    public string Query => string.Join('&', new[] { ("object", Object), ("mode", Mode), ("by", By), ("null", Null),
            ("empty", Empty) }
        .Where(pair => pair.Item2 is not null)
        .Select(pair => pair.Item1 + "=" + Uri.EscapeDataString(pair.Item2!)));
}
