using System.Diagnostics;
using System.IO.Pipelines;
using System.Text.Json;
using CsvHelper;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Xingchen.Hosting;
using Xingchen.Records.Plan;
using Xingchen.Records.Schemas;
using Xingchen.Records.Values;
using Xingchen.Schema;

namespace Xingchen.Records.Imports;

/// <summary><c>/v1/imports</c>: a file of any size becomes records, row by row, over restarts.</summary>
internal static class ImportRoutes
{
    /// <summary>Findings about a header told at most: the file is another's than was meant.</summary>
    private const int MostFindings = 100;

    private static readonly StreamPipeReaderOptions Pipe = new(bufferSize: 64 * 1024, leaveOpen: true);
    private static readonly string[] Modes = ["insert", "upsert"];
    private static readonly string[] Empties = ["null", "text"];

    public static IServiceCollection AddImports(this IServiceCollection services) => services
        .AddSingleton<ImportStore>().AddSingleton<ImportSignal>().AddHostedService<ImportWorker>();

    public static void MapImports(this IEndpointRouteBuilder app)
    {
        app.MapPost("/v1/imports", ReceiveAsync).RequireScope(Scopes.Data);
        app.MapGet("/v1/imports/{id}", ReadAsync).RequireScope(Scopes.Data);
        app.MapGet("/v1/imports/{id}/failures", FailuresAsync).RequireScope(Scopes.Data);
    }

    private static async Task<IResult> ReceiveAsync(
        HttpContext http, Caller caller, SchemaCache schemas, RecordNumbers numbers, ImportStore store,
            ImportSignal signal,
        IOptions<CellOptions> options, TimeProvider time, CancellationToken ct)
    {
        var request = http.Request;
        var parameters = Parameters(request);
        var isCsv = MediaType(request) == "text/csv";
        var schema = schemas.For(
            await schemas.LoadAsync(caller.Key, ct), caller.Context.Grants, caller.Context.Actor).Schema;
        var target = new ImportTarget(schema, Object(schema, parameters["object"]!, parameters["mode"]!));
        if (parameters["by"] is { } by) _ = target.UniqueField(by);
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
        var body = new CountingStream(request.Body);
        await using var csv = isCsv ? CsvReader.Create(body, Csv(), leaveOpen: true) : null;
        var columns = csv is null ? null : await HeaderAsync(csv, target, parameters["by"], ct);
        var job = new ImportJob(caller.Key, await numbers.NextAsync(ct), target.Layout.Object.Name, parameters["mode"]!,
            parameters["by"], columns,
            "receiving", caller.Context.Actor, Activity.Current?.TraceId.ToString() ?? "", 0, 0, 0, 0, null,
                time.GetUtcNow().UtcDateTime, null, caller.Context.Grants)
        {
            Zone = caller.Context.TimeZone, Language = http.WantedLanguages(),
        };
        await store.CreateAsync(caller.Key, job, ct);
        await using var lease = store.Lend(job.Id);
        try
        {
            var spool = new ImportSpool(store, caller.Key, job.Id, options.Value.ImportBatchRows);
            if (csv is not null)
                await spool.ReadAsync(csv, parameters["null"], Texts(target, columns!, parameters), () => body.Bytes,
                    ct);
            else await spool.ReadAsync(PipeReader.Create(body, Pipe), () => body.Bytes, ct);
            await store.QueueAsync(caller.Key, job.Id, ct);
        }
        catch (Exception exception)
        {
            // The caller is gone, or the file is broken: nothing was written, nothing shall wait.
            await store.EndAsync(
                caller.Key, job.Id, exception is ProblemException problem
                    ? string.Join(' ', problem.Errors.Select(finding => finding.Detail).Prepend(problem.Detail))
                    : "The upload was cut.",
                CancellationToken.None);
            throw;
        }
        signal.Set();
        var queued = await store.FindAsync(caller.Key, job.Id, ct);
        http.Response.Headers.Location = "/v1/imports/" + job.PublicId;
        return Results.Json(Describe(queued!), statusCode: StatusCodes.Status202Accepted);
    }

    /// <exception cref="ProblemException"><c>content-invalid</c> with everything wrong with the query's
    /// parameters.</exception>
    private static Dictionary<string, string?> Parameters(HttpRequest request)
    {
        var parameters = new Dictionary<string,
            string?> { ["object"] = null, ["mode"] = "insert", ["by"] = null, ["null"] = null, ["empty"] = "null" };
        var findings = new List<Finding>();
        foreach (var (name, values) in request.Query)
            if (!parameters.ContainsKey(name)) findings.Add(
                new Finding("unknown-parameter", $"There is no parameter \"{name}\" here.", "/" + name));
            else if (values.Count != 1) findings.Add(
                new Finding("duplicate-parameter", $"Give \"{name}\" once.", "/" + name));
            else parameters[name] = values[0];
        if (string.IsNullOrEmpty(parameters["object"])) findings.Add(
            new Finding("required", "Name the object whose records the rows are.", "/object"));
        if (!Modes.Contains(parameters["mode"])) findings.Add(
            new Finding("invalid-value", "mode is insert or upsert.", "/mode"));
        if (!Empties.Contains(parameters["empty"])) findings.Add(
            new Finding("invalid-value", "empty is null or text.", "/empty"));
        if (parameters["mode"] == "upsert" && string.IsNullOrEmpty(parameters["by"]))
            findings.Add(
                new Finding("required", "An upsert needs by: the unique field that tells which record a row is.",
                    "/by"));
        if (parameters["mode"] == "insert" && parameters["by"] is not null)
            findings.Add(new Finding("invalid-value", "by goes with mode=upsert.", "/by"));
        return findings.Count == 0
            ? parameters : throw new ProblemException(Problems.ContentInvalid, "The import cannot begin.", findings);
    }

    /// <summary>The columns in which <c>""</c> is a text without characters, or a set without choices, and not
    /// nothing; none where the caller does not say so, for many programs quote every cell.</summary>
    private static bool[] Texts(ImportTarget target, string[] columns, Dictionary<string, string?> parameters) =>
        parameters["empty"] == "text"
            ? [.. columns.Select(name => target.Bind(name, out _) is { By: null } column
                && target.Layout.Fields[column.Ordinal].Field.Type
                    is FieldType.Text or FieldType.LongText or FieldType.Phone or FieldType.MultiPicklist)]
            : new bool[columns.Length];

    private static string MediaType(HttpRequest request) =>
        request.ContentType?.Split(';')[0].Trim().ToLowerInvariant() switch
    {
        "text/csv" => "text/csv",
        "application/x-ndjson" or "application/ndjson" or "application/jsonl" => "application/x-ndjson",
        _ => throw new ProblemException(Problems.MediaTypeUnsupported, "Send text/csv or application/x-ndjson."),
    };

    /// <exception cref="ProblemException"><c>content-invalid</c>, <c>permission-missing</c>.</exception>
    private static SchemaObject Object(Schema.Schema schema, string name, string mode)
    {
        schema.RequireSeen(name);
        var item = schema.Find(name)
            ?? throw new ProblemException(Problems.ContentInvalid, "The import cannot begin.",
                [new Finding("unknown-object", $"There is no object \"{name}\".", "/object")]);
        if (mode == "insert" || !schema.May(item, RecordRight.Edit)) schema.Require(item, RecordRight.Create);
        return item;
    }

    private static CsvReaderOptions Csv() => new()
    {
        HasHeader = true, TrackLineNumbers = true, MaxRecordSize = ImportSpool.MostRowBytes, SkipEmptyLines = true,
        IncludeValuesInExceptions = false, FieldCountMismatch = default,
    };

    private static async Task<string[]> HeaderAsync(
        CsvReader csv, ImportTarget target, string? by, CancellationToken ct)
    {
        string[] names;
        try
        {
            await csv.ReadHeaderAsync(ct);
            names = [.. csv.Headers];
        }
        catch (CsvFormatException)
        {
            throw new ProblemException(
                Problems.ContentInvalid, "The file's first line cannot be read as a CSV header.");
        }
        var findings = new List<Finding>();
        if (names.Length == 0) findings.Add(new Finding("required", "The first line must name the columns."));
        target.Bind(names, findings);
        if (by is not null && !names.Contains(by)) findings.Add(
            new Finding("required", $"The file has no column \"{by}\" to upsert by.", "/" + by));
        return findings.Count == 0
            ? names
            : throw new ProblemException(
                Problems.ContentInvalid, "The import cannot begin.", [.. findings.Take(MostFindings)]);
    }

    private static async Task<IResult> ReadAsync(
        string id, HttpRequest request, Caller caller, ImportStore store, CancellationToken ct)
    {
        RefuseParameters(request);
        return Results.Json(Describe(await FindAsync(id, caller, store, ct)));
    }

    private static void RefuseParameters(HttpRequest request)
    {
        if (request.Query.Count > 0)
            throw new ProblemException(Problems.RequestInvalid, "There are no parameters here.",
                [.. request.Query.Keys.Select(name =>
                    new Finding("unknown-parameter", $"There is no parameter \"{name}\" here.", "/" + name))]);
    }

    private static async Task<ImportJob> FindAsync(string id, Caller caller, ImportStore store, CancellationToken ct) =>
        (ImportJob.TryParse(id, out var number) ? await store.FindAsync(caller.Key, number, ct) : null) is { } job
            // What went wrong with rows tells of records: to whom is restricted, of his own imports only.
            && (caller.Context.Grants is null || job.Actor == caller.Context.Actor) ? job
            : throw new ProblemException(Problems.NotFound, "There is nothing here.");

    private static ImportState Describe(ImportJob job) => new(
        job.PublicId, job.Object, job.Mode, job.By, job.Status == "receiving" ? "queued" : job.Status,
        job.Read, job.Written, job.Failed, job.Bytes, TimeCodec.Format(job.CreatedAt),
        job.FinishedAt is { } finished ? TimeCodec.Format(finished) : null,
        job.Status == "failed"
            ? new ImportProblem("/problems/content-invalid", "The import stopped", 422, job.Detail ?? "") : null);

    private static async Task FailuresAsync(
        string id, HttpContext http, Caller caller, ImportStore store, CancellationToken ct)
    {
        const int Page = 1000;
        RefuseParameters(http.Request);
        var job = await FindAsync(id, caller, store, ct);
        http.Response.ContentType = "application/x-ndjson";
        for (long after = 0; ;)
        {
            var failures = await store.FailuresAsync(caller.Key, job.Id, after, Page, ct);
            foreach (var failure in failures)
            {
                await JsonSerializer.SerializeAsync(http.Response.BodyWriter, failure, Lines, ct);
                await http.Response.BodyWriter.WriteAsync("\n"u8.ToArray(), ct);
                after = failure.Line;
            }
            await http.Response.BodyWriter.FlushAsync(ct);
            if (failures.Count < Page) return;
        }
    }

    private static readonly JsonSerializerOptions Lines = new(JsonSerializerDefaults.Web)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private sealed record ImportProblem(string Type, string Title, int Status, string Detail);

    private sealed record ImportState(
        string Id, string Object, string Mode, string? By, string Status, long Read, long Written, long Failed,
            long Bytes,
        string CreatedAt, string? FinishedAt, ImportProblem? Problem);
}
