using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Xingchen.Records.Plan;

namespace Xingchen.Records.Imports;

/// <summary>Spooled rows, read and bound to the schema that is in force now.</summary>
internal sealed class ImportRowReader(ImportTarget target, ImportJob job, ImportColumn[] columns)
{
    /// <summary>Rows are a list of lists around what a request may nest 64 levels deep.</summary>
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 128 };

    /// <summary>How spooled rows are written: as short as can be, for nobody but us reads them.</summary>
    public static readonly JsonWriterOptions Writing = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true,
    };

    /// <remarks>One document for all: between rows stands a line break, and nowhere in them.</remarks>
    public List<ImportRow> Read(ReadOnlySpan<byte> spooled)
    {
        byte[] list = [(byte)'[', .. spooled, (byte)']'];
        list.AsSpan().Replace((byte)'\n', (byte)',');
        return [.. JsonDocument.Parse(list, Deep).RootElement.EnumerateArray().Select(ReadRow)];
    }

    /// <summary>Rows for the next pass, with how much the job had written when they were put off.</summary>
    public static byte[] PutOff(IReadOnlyList<ImportRow> rows, long writtenBefore)
    {
        var buffer = new ArrayBufferWriter<byte>();
        foreach (var row in rows)
        {
            if (buffer.WrittenCount > 0) buffer.Write("\n"u8);
            using var writer = new Utf8JsonWriter(buffer, Writing);
            writer.WriteStartArray();
            writer.WriteNumberValue(row.Line);
            writer.WriteNumberValue(writtenBefore);
            foreach (var value in row.Json.EnumerateArray().Skip(2)) value.WriteTo(writer);
            writer.WriteEndArray();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private ImportRow ReadRow(JsonElement json)
    {
        var row = new ImportRow(json, hasCells: job.Columns is not null);
        if (row.Cells is not null) ReadCells(row);
        else ReadMembers(row);
        if (job.By is not null && row is { Key: null, IsKeyWrong: false, Findings.Count: 0 })
            row.Fail("required", $"{job.By}: a value is required to upsert by.", "/" + job.By);
        return row;
    }

    private void ReadCells(ImportRow row)
    {
        foreach (var (i, column) in columns.Index())
        {
            if (row.Cells![i] is not { } text) continue;
            if (column.By is { Field: var key })
            {
                if (key.Codec.TryParse(target.Schema, key.Field, text, out var stored, out var fault))
                    row.Lookups.Add((column, stored.Key!));
                else
                    row.Fail(fault.Code, $"{column.Name}: {fault.Detail}", "/" + column.Name);
            }
            else if (column.Name == job.By)
            {
                var by = target.UniqueField(job.By);
                if (by.Codec.TryParse(target.Schema, by.Field, text, out var stored, out var fault))
                    row.Key = stored.Key;
                else
                    row.Fail(fault.Code, $"{column.Name}: {fault.Detail}", "/" + column.Name);
            }
        }
    }

    private void ReadMembers(ImportRow row)
    {
        foreach (var member in row.Json[2].EnumerateObject())
        {
            if (member.Name == job.By) ReadKey(row, member);
            if (member.Name.Contains('.')) ReadLookup(row, member);
        }
    }

    private void ReadKey(ImportRow row, JsonProperty member)
    {
        var by = target.UniqueField(job.By!);
        if (member.Value.ValueKind != JsonValueKind.Null
            && by.Codec.TryRead(target.Schema, by.Field, member.Value, out var key, out _))
            row.Key = key.Key; // the planner says what is wrong with another value
        else if (member.Value.ValueKind != JsonValueKind.Null)
            row.IsKeyWrong = true;
    }

    private void ReadLookup(ImportRow row, JsonProperty member)
    {
        if (target.Bind(member.Name, out var wrong) is not { By: { Field: var key } } column)
        {
            row.Fail([wrong!]);
            return;
        }
        var field = target.Layout.Fields[column.Ordinal].Field.Name;
        if (row.Json[2].TryGetProperty(field, out _) || row.Named.Contains(column.Ordinal))
            row.Fail("duplicate-column", $"{member.Name}: another member is already \"{field}\".", "/" + field);
        row.Named.Add(column.Ordinal);
        if (member.Value.ValueKind == JsonValueKind.Null) return;
        if (key.Codec.TryRead(target.Schema, key.Field, member.Value, out var stored, out var fault))
            row.Lookups.Add((column, stored.Key!));
        else
            row.Fail(fault.Code, $"{member.Name}: {fault.Detail}", "/" + field);
    }
}
