using System.Globalization;
using System.Text;
using Npgsql;
using Xingchen.Hosting;
using Xingchen.Records.Plan;
using Xingchen.Records.Schemas;
using Xingchen.Records.Sql;
using Xingchen.Records.Values;
using Xingchen.Storage;

namespace Xingchen.Records.Execute;

/// <summary>Computes formulas and roll-ups of records that were read by id. Lists and queries compute them in their own
/// statement.</summary>
/// <remarks>One more round trip, for objects that have such fields; the others pay nothing. The values are put into the
/// bodies under the keys of their fields, from where they are written like any other; nothing stores them.</remarks>
internal sealed class ComputedReader(CellDatabase database, SchemaCache schemas, TimeProvider time)
{
    /// <summary>What a view shows, with computed fields.</summary>
    public async ValueTask<ViewResult> FillAsync(
        Caller caller, RecordView view, ViewResult read, CancellationToken ct)
    {
        if (!view.IsComputed) return read;
        var rows = read.Rows.ToArray();
        foreach (var node in view.Nodes)
            if (rows[node.Number] is { } record)
                rows[node.Number] = (await FillAsync(caller, node.Layout, node.Computed, [record], ct))[0];
        var children = new List<List<StoredRecord>>();
        foreach (var (index, relation) in view.Children.Index())
        {
            var layout = view.LayoutOf(relation);
            children.Add(await FillAsync(caller, layout, layout.Computed, read.Children[index], ct));
        }
        return new ViewResult(rows, children);
    }

    /// <summary>A record that was just written, and the children in it, with computed fields.</summary>
    public async ValueTask FillAsync(Caller caller, RecordDraft root, CancellationToken ct)
    {
        foreach (var drafts in root.WithChildren().Where(draft => draft.Shown.Computed.Length > 0)
            .GroupBy(draft => draft.Shown))
        {
            var values = await ReadAsync(
                caller, drafts.Key, drafts.Key.Computed, [.. drafts.Select(draft => draft.Id)], ct);
            foreach (var draft in drafts) draft.Computed = values.GetValueOrDefault(draft.Id, "");
        }
    }

    /// <summary>A body with computed members, each after a comma.</summary>
    public static byte[] With(byte[] body, string members)
    {
        if (members.Length == 0) return body;
        var text = Encoding.UTF8.GetString(body);
        return Encoding.UTF8.GetBytes(text == "{}" ? "{" + members[1..] + "}" : text[..^1] + members + "}");
    }

    private async Task<List<StoredRecord>> FillAsync(
        Caller caller, ObjectLayout layout, IReadOnlyList<int> fields, IReadOnlyList<StoredRecord> records,
        CancellationToken ct)
    {
        if (fields.Count == 0 || records.Count == 0) return [.. records];
        var values = await ReadAsync(caller, layout, fields, [.. records.Select(record => record.Id)], ct);
        return [.. records.Select(record =>
            record with { Body = With(record.Body, values.GetValueOrDefault(record.Id, "")) })];
    }

    private Task<Dictionary<long, string>> ReadAsync(
        Caller caller, ObjectLayout layout, IReadOnlyList<int> fields, IReadOnlyList<long> ids, CancellationToken ct) =>
        schemas.RunAsync(caller, async current =>
        {
            var plan = QueryPlanner.PlanComputed(
                layout, fields, ids, current.Schema, new QueryClock(time.GetUtcNow(), caller.Context.TimeZone));
            var statement = QuerySql.Build(
                plan, caller.Key, null, ids.Count, current.Versions.Table(RecordSql.Table));
            await using var batch = OrgBatch.Enter(database.Records, caller.Key, current.Versions, write: false);
            batch.Add(statement.Text, [.. statement.Parameters.Select(p => OrgBatch.Parameter(p.Value, p.Type))]);
            await using var reader = await batch.ReadAsync(ct);
            var values = new Dictionary<long, string>();
            while (await reader.ReadAsync(ct))
            {
                foreach (var guard in statement.Guards)
                    if (!await reader.IsDBNullAsync(guard, ct))
                        OrgBatch.AssertOrg(reader.GetInt64(guard), caller.Key.Org);
                values[reader.GetInt64(statement.Keys[0].Ordinal)] = Members(reader, statement, layout, fields);
            }
            return values;
        }, ct);

    private static string Members(
        NpgsqlDataReader row, QueryStatement statement, ObjectLayout layout, IReadOnlyList<int> fields)
    {
        var members = new StringBuilder();
        foreach (var (index, column) in statement.Columns.Index())
            if (Value(row, column) is { } value)
                members.Append(",\"").Append(layout.Fields[fields[index]].Field.Place.BodyKey).Append("\":")
                    .Append(value);
        return members.ToString();
    }

    /// <summary>As JSON; null for NULL.</summary>
    private static string? Value(NpgsqlDataReader row, QueryColumn column)
    {
        if (column is ConstantColumn constant) return TextCodec.Quote(constant.Value);
        var leaf = (LeafColumn)column;
        if (row.IsDBNull(leaf.Ordinal)) return null;
        return leaf.Form switch
        {
            ColumnForm.Json => Encoding.UTF8.GetString(row.GetFieldValue<byte[]>(leaf.Ordinal)),
            ColumnForm.Time => Time(DateTime.UnixEpoch.AddTicks(TimeSpan.TicksPerMicrosecond * long.Parse(
                Encoding.UTF8.GetString(row.GetFieldValue<byte[]>(leaf.Ordinal)), CultureInfo.InvariantCulture))),
            ColumnForm.PlainTime => Time(row.GetDateTime(leaf.Ordinal)),
            ColumnForm.PlainNumber => row.GetInt64(leaf.Ordinal).ToString(CultureInfo.InvariantCulture),
            ColumnForm.PlainText => TextCodec.Quote(row.GetString(leaf.Ordinal)),
            _ => throw new InvalidOperationException("No formula gives a record id."),
        };
    }

    private static string Time(DateTime time) => "\"" + TimeCodec.Format(time) + "\"";
}
