using System.Globalization;
using System.Text;
using Npgsql;
using Xingchen.Records.Plan;
using Xingchen.Records.Sql;
using Xingchen.Records.Values;
using Xingchen.Storage;

namespace Xingchen.Records.Execute;

/// <summary>Computes formulas and roll-ups of records that are read by id or written. Lists and queries compute them in
/// their own statement.</summary>
/// <remarks>One statement for each object that has such fields; the others pay nothing. The values are put into the
/// bodies under the keys of their fields, from where they are written like any other; nothing stores them. For one
/// request; not thread-safe.</remarks>
/// <param name="schema">Whose fields they are: that of the caller, and of the time as of which is read.</param>
/// <param name="clock">What days and <c>NOW()</c> are reckoned from.</param>
internal sealed class ComputedReader(Schema.Schema schema, QueryClock clock)
{
    private readonly Dictionary<ObjectLayout, (SortedSet<int> Fields, SortedSet<long> Ids)> asked = [];
    private readonly List<(QueryStatement Statement, ObjectLayout Layout, int[] Fields)> statements = [];
    private readonly Dictionary<long, string> members = [];
    private int next;

    /// <summary>Key prefixes of the objects that are read as they were.</summary>
    public int[] AsOf => [.. statements.SelectMany(one => one.Statement.AsOf).Distinct()];

    /// <summary>Asks for fields of a record.</summary>
    /// <param name="fields">Ordinals; none asks nothing.</param>
    public void Ask(ObjectLayout layout, IReadOnlyList<int> fields, long id)
    {
        if (fields.Count == 0) return;
        if (!asked.TryGetValue(layout, out var of)) asked[layout] = of = ([], []);
        of.Fields.UnionWith(fields);
        of.Ids.Add(id);
    }

    /// <summary>Asks for what a view shows of what was read.</summary>
    public void Ask(RecordView view, ViewResult read)
    {
        foreach (var node in view.Nodes)
            if (read.Rows[node.Number] is { } record) Ask(node.Layout, node.Computed, record.Id);
        foreach (var (relation, children) in view.Children.Zip(read.Children))
            foreach (var child in children)
                Ask(view.LayoutOf(relation), view.LayoutOf(relation).Computed, child.Id);
    }

    /// <summary>Makes the statements for what was asked so far.</summary>
    /// <param name="at">The time as of which is read; null for now.</param>
    public void Plan(AccountKey planned, StackVersions versions, DateTimeOffset? at = null, Schema.Schema? now = null)
    {
        statements.Clear();
        next = 0;
        foreach (var (layout, (fields, ids)) in asked)
            statements.Add((QuerySql.Build(
                QueryPlanner.PlanComputed(layout, [.. fields], ids, schema, clock), planned, null, ids.Count,
                versions.Table(RecordSql.Table), at, present: now), layout, [.. fields]));
    }

    /// <summary>Adds the statements to a batch on generic plans, behind what it writes: they see that.</summary>
    public void AddBehind(OrgBatch batch, AccountKey planned, StackVersions versions)
    {
        if (asked.Count == 0) return;
        Plan(planned, versions);
        batch.AddFreePlans();
        AddTo(batch);
    }

    /// <summary>Adds the statements to a batch.</summary>
    public void AddTo(OrgBatch batch)
    {
        foreach (var (statement, _, _) in statements) batch.AddComputed(statement);
    }

    /// <summary>Reads the present result of a batch where it is one of these statements.</summary>
    public async Task<bool> TryReadAsync(NpgsqlDataReader reader, OrgId org, CancellationToken ct)
    {
        if (!ComputedSql.IsComputed(reader)) return false;
        var (statement, layout, fields) = statements[next++];
        while (await reader.ReadAsync(ct))
        {
            foreach (var guard in statement.Guards)
                if (!await reader.IsDBNullAsync(guard, ct)) OrgBatch.AssertOrg(reader.GetInt64(guard), org);
            members[reader.GetInt64(statement.Keys[0].Ordinal)] = Members(reader, statement, layout, fields);
        }
        return true;
    }

    /// <summary>Reads all results that are left of a batch.</summary>
    public async Task ReadAsync(NpgsqlDataReader reader, OrgId org, CancellationToken ct)
    {
        do await TryReadAsync(reader, org, ct);
        while (await reader.NextResultAsync(ct));
    }

    /// <summary>Members of a record's body, each after a comma.</summary>
    public string MembersOf(long id) => members.GetValueOrDefault(id, "");

    /// <summary>What was read, with what was computed of it.</summary>
    public ViewResult Fill(ViewResult read) => new(
        [.. read.Rows.Select(row => row is null ? null : Fill(row))],
        [.. read.Children.Select(children => children.ConvertAll(Fill))]);

    private StoredRecord Fill(StoredRecord record) =>
        members.TryGetValue(record.Id, out var computed) ? record with { Body = With(record.Body, computed) } : record;

    /// <summary>A body with more members, each after a comma.</summary>
    public static byte[] With(byte[] body, string more)
    {
        if (more.Length == 0) return body;
        var text = Encoding.UTF8.GetString(body);
        return Encoding.UTF8.GetBytes(text == "{}" ? "{" + more[1..] + "}" : text[..^1] + more + "}");
    }

    private static string Members(
        NpgsqlDataReader row, QueryStatement statement, ObjectLayout layout, IReadOnlyList<int> fields)
    {
        var written = new StringBuilder();
        foreach (var (index, column) in statement.Columns.Index())
            if (Value(row, column) is { } value)
                written.Append(",\"").Append(layout.Fields[fields[index]].Field.Place.BodyKey).Append("\":")
                    .Append(value);
        return written.ToString();
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
