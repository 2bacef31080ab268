using System.Buffers;
using System.IO.Pipelines;
using System.Text;
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

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    private readonly ArrayBufferWriter<byte> rows = new(64 * 1024);
    private readonly List<ImportFailure> failures = [];
    private int count;
    private int seq;

    /// <summary>Reads a CSV file whose header was read.</summary>
    /// <param name="nullToken">A word that is null too, or null.</param>
    /// <param name="texts">By column: whether <c>""</c> is a text and not null.</param>
    /// <param name="bytes">How many were read so far.</param>
    public async Task ReadAsync(
        CsvReader csv, string? nullToken, bool[] texts, Func<long> bytes, CancellationToken ct)
    {
        var missing = Encoding.UTF8.GetBytes(nullToken ?? "");
        while (await NextAsync(csv, ct))
        {
            if (csv.FieldCount != csv.Headers.Count)
                Fail(csv.LineNumber, "field-count",
                    $"The row has {csv.FieldCount} fields, the header {csv.Headers.Count}.");
            else if (!Utf8.IsValid(csv.RawRecord))
                Fail(csv.LineNumber, "invalid-utf8", "The row is not UTF-8. Save the file as UTF-8.");
            else
                AddCells(csv, missing, texts);
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
                [new Finding("malformed-csv",
                    $"After line {csv.LineNumber}: an unclosed quote, or a row of over {MostRowBytes} bytes.")]);
        }
    }

    private void AddCells(CsvReader csv, ReadOnlySpan<byte> nullToken, bool[] texts)
    {
        using var writer = Begin(csv.LineNumber);
        for (var i = 0; i < csv.FieldCount; i++)
        {
            var cell = csv.GetSpan(i);
            var isText = cell.IsEmpty && texts[i] && !csv.GetRawSpan(i).IsEmpty;
            if (!isText && (cell.IsEmpty || cell.SequenceEqual(nullToken))) writer.WriteNullValue();
            else writer.WriteStringValue(cell);
        }
        writer.WriteEndArray();
    }

    /// <summary>Reads JSON records, one a line.</summary>
    public async Task ReadAsync(PipeReader body, Func<long> bytes, CancellationToken ct)
    {
        var done = false;
        for (long line = 1; !done; line++)
        {
            (var text, done) = await LineAsync(body, ct);
            if (text is null) Fail(line, "too-long", $"A line has at most {MostRowBytes} bytes.");
            else AddRecord(line, text);
            await FlushAsync(bytes(), full: false, ct);
        }
        await FlushAsync(bytes(), full: true, ct);
    }

    /// <summary>The next line, null where it is too long: it is read over, and never held whole.</summary>
    private static async Task<(byte[]? Line, bool Done)> LineAsync(PipeReader body, CancellationToken ct)
    {
        var isTooLong = false;
        while (true)
        {
            var read = await body.ReadAsync(ct);
            var end = read.Buffer.PositionOf((byte)'\n');
            if (end is null && !read.IsCompleted)
            {
                isTooLong |= read.Buffer.Length > MostRowBytes;
                body.AdvanceTo(isTooLong ? read.Buffer.End : read.Buffer.Start, read.Buffer.End);
                continue;
            }
            var text = end is { } found ? read.Buffer.Slice(0, found) : read.Buffer;
            var line = isTooLong || text.Length > MostRowBytes ? null : text.ToArray();
            body.AdvanceTo(end is { } next ? read.Buffer.GetPosition(1, next) : read.Buffer.End);
            return (line, end is null);
        }
    }

    private void AddRecord(long line, ReadOnlySpan<byte> text)
    {
        if (line == 1 && text.StartsWith("\uFEFF"u8)) text = text[3..];
        text = text.Trim(" \t\r"u8);
        if (text.IsEmpty) return;
        try
        {
            if (!Utf8.IsValid(text)) throw new JsonException();
            using var parsed = JsonDocument.Parse(text.ToArray(), Strict);
            if (parsed.RootElement.ValueKind != JsonValueKind.Object
                || JsonText.FindHalf(parsed.RootElement) is not null)
                throw new JsonException();
            using var writer = Begin(line);
            parsed.RootElement.WriteTo(writer);
            writer.WriteEndArray();
        }
        catch (JsonException)
        {
            Fail(line, "malformed-json", "The line is not one JSON object in UTF-8 with each member once.");
        }
    }

    private Utf8JsonWriter Begin(long line)
    {
        if (rows.WrittenCount > 0) rows.Write("\n"u8);
        var writer = new Utf8JsonWriter(rows, ImportRowReader.Writing);
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
