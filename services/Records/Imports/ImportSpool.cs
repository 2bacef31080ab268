using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Unicode;
using CsvHelper;
using Xingchen.Schema;

namespace Xingchen.Records.Imports;

/// <summary>Rows as they wait for a worker: a JSON list each, <c>[line, written, …cells]</c> or <c>[line, written,
/// record]</c>.</summary>
/// <remarks><c>written</c> is how many rows the job had written when the row was put off; -1 for a row that was
/// not.</remarks>
internal sealed class ImportSpool(ImportStore store, AccountKey account, long job, int rowsInChunk)
{
    /// <summary>Bytes of a row at most.</summary>
    public const int MostRowBytes = 4_000_000;

    /// <summary>Bytes of a chunk after which it is written, however few its rows.</summary>
    private const int MostChunkBytes = 4_000_000;

    private readonly ArrayBufferWriter<byte> rows = new(64 * 1024);
    private readonly List<ImportFailure> failures = [];
    private int count;
    private int seq;

    /// <summary>Reads a CSV file whose header was read.</summary>
    public async Task ReadAsync(CsvReader csv, string? nullToken, Func<long> bytes, CancellationToken ct)
    {
        while (await NextAsync(csv, ct))
        {
            if (csv.FieldCount != csv.Headers.Count)
                Fail(csv.LineNumber, "field-count",
                    $"The row has {csv.FieldCount} fields, the header {csv.Headers.Count}.");
            else if (!Utf8.IsValid(csv.RawRecord))
                Fail(csv.LineNumber, "invalid-utf8", "The row is not UTF-8. Save the file as UTF-8.");
            else
                AddCells(csv, nullToken);
            await FlushAsync(bytes(), full: false, ct);
        }
        await FlushAsync(bytes(), full: true, ct);
    }

    private static async Task<bool> NextAsync(CsvReader csv, CancellationToken ct)
    {
        try
        {
            return await csv.ReadAsync(ct);
        }
        catch (CsvFormatException)
        {
            throw new ProblemException(Problems.ContentInvalid, "The file cannot be read on.",
                [new Finding(
                    "malformed-csv",
                        $"After line {csv.LineNumber}: an unclosed quote, or a row of over {MostRowBytes} bytes.")]);
        }
    }

    private void AddCells(CsvReader csv, string? nullToken)
    {
        using var writer = Begin(csv.LineNumber);
        for (var i = 0; i < csv.FieldCount; i++)
        {
            var cell = csv.GetSpan(i);
            if (cell.IsEmpty
                || (nullToken is not null
                    && cell.SequenceEqual(System.Text.Encoding.UTF8.GetBytes(nullToken)))) writer.WriteNullValue();
            else writer.WriteStringValue(cell);
        }
        writer.WriteEndArray();
    }

    /// <summary>Reads JSON records, one a line.</summary>
    public async Task ReadAsync(PipeReader body, Func<long> bytes, CancellationToken ct)
    {
        for (long line = 1; ; line++)
        {
            var (text, done) = await LineAsync(body, ct);
            if (text is null && done) break;
            AddRecord(line, text ?? default);
            await FlushAsync(bytes(), full: false, ct);
            if (done) break;
        }
        await FlushAsync(bytes(), full: true, ct);
    }

    private static async Task<(byte[]? Line, bool Done)> LineAsync(PipeReader body, CancellationToken ct)
    {
        while (true)
        {
            var read = await body.ReadAsync(ct);
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = read.Buffer.Slice(0, end).ToArray();
                body.AdvanceTo(read.Buffer.GetPosition(1, end));
                return (line, false);
            }
            if (read.Buffer.Length > MostRowBytes)
                throw new ProblemException(Problems.ContentInvalid, $"A line has over {MostRowBytes} bytes.");
            if (read.IsCompleted)
            {
                var rest = read.Buffer.IsEmpty ? null : read.Buffer.ToArray();
                body.AdvanceTo(read.Buffer.End);
                return (rest, true);
            }
            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private void AddRecord(long line, ReadOnlySpan<byte> text)
    {
        text = text.Trim(" \t\r"u8);
        if (line == 1 && text.StartsWith("\uFEFF"u8)) text = text[3..];
        if (text.IsEmpty) return;
        try
        {
            using var parsed =
                JsonDocument.Parse(
                    text.ToArray(), new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 64 });
            if (parsed.RootElement.ValueKind != JsonValueKind.Object
                || JsonText.FindHalf(parsed.RootElement) is not null)
                throw new JsonException();
            using var writer = Begin(line);
            parsed.RootElement.WriteTo(writer);
            writer.WriteEndArray();
        }
        catch (JsonException)
        {
            Fail(line, "malformed-json", "The line is not one JSON object with each member once.");
        }
    }

    private Utf8JsonWriter Begin(long line)
    {
        if (rows.WrittenCount > 0) rows.Write("\n"u8);
        var writer = new Utf8JsonWriter(rows);
        writer.WriteStartArray();
        writer.WriteNumberValue(line);
        writer.WriteNumberValue(-1);
        count++;
        return writer;
    }

    private void Fail(long line, string code, string detail) => failures.Add(new ImportFailure(line, code, detail));

    private async Task FlushAsync(long bytes, bool full, CancellationToken ct)
    {
        if (!full && count < rowsInChunk && rows.WrittenCount < MostChunkBytes && failures.Count < rowsInChunk) return;
        await store.SpoolAsync(account, job, seq++, rows.WrittenSpan.ToArray(), bytes, failures, ct);
        rows.ResetWrittenCount();
        failures.Clear();
        count = 0;
    }
}
