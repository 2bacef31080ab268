using System.Buffers;
using System.Text.Json;
using Npgsql;
using Xingchen.Records.Plan;
using Xingchen.Records.Response;
using Xingchen.Records.Sql;

namespace Xingchen.Records.Exports;

/// <summary>Rows of a statement as lines of a file, one after the other into one buffer.</summary>
/// <remarks>What a value looks like, and that each row is of the caller's org, is <see cref="QueryWriter"/>'s; CSV is
/// the same record laid flat.</remarks>
internal sealed class ExportWriter : IDisposable
{
    private readonly ArrayBufferWriter<byte> record = new(4 * 1024);
    private readonly Utf8JsonWriter json;
    private readonly QueryWriter rows;
    private readonly CsvColumns? csv;

    /// <param name="csv">The columns of a CSV file; null for JSON lines.</param>
    public ExportWriter(SelectPlan plan, QueryStatement statement, OrgId org, ExportFormat format)
    {
        csv = format == ExportFormat.Csv ? new CsvColumns(plan.Output) : null;
        json = new Utf8JsonWriter(csv is null ? Output : record, RecordWriter.Json);
        rows = new QueryWriter(json, statement, org);
        csv?.WriteHeader(Output);
    }

    /// <summary>What is written and not yet taken.</summary>
    public ArrayBufferWriter<byte> Output { get; } = new(128 * 1024);

    public void Write(NpgsqlDataReader row)
    {
        rows.Write(row);
        json.Flush();
        json.Reset();
        if (csv is null)
        {
            Output.Write("\n"u8);
            return;
        }
        csv.WriteRow(record.WrittenSpan, Output);
        record.ResetWrittenCount();
    }

    public void Dispose() => json.Dispose();
}
