using Npgsql;
using Xingchen.Records.Plan;
using Xingchen.Records.Sql;
using Xingchen.Storage;

namespace Xingchen.Records.Execute;

/// <summary>Reads records from a result; asserts the org of each (the third lock).</summary>
internal static class RecordReader
{
    /// <summary>The record at some column of the row that the reader stands on; null where a joined parent is not
    /// there.</summary>
    public static StoredRecord? Read(NpgsqlDataReader row, int column, OrgId org)
    {
        if (row.IsDBNull(column)) return null;
        OrgBatch.AssertOrg(row.GetInt64(column), org);
        return new StoredRecord(
            row.GetInt64(column + 1), row.GetInt64(column + 2),
            row.GetDateTime(column + 3), row.GetString(column + 4),
            row.GetDateTime(column + 5), row.GetString(column + 6), row.GetFieldValue<byte[]>(column + 7));
    }

    /// <summary>Every record of the present result.</summary>
    public static async Task<List<StoredRecord>> ReadAllAsync(NpgsqlDataReader reader, OrgId org, CancellationToken ct)
    {
        var records = new List<StoredRecord>();
        while (await reader.ReadAsync(ct)) records.Add(Read(reader, 0, org)!);
        return records;
    }

    /// <summary>What a view shows: the record with its parents, then a result of children by relationship; null where
    /// the record is not there.</summary>
    /// <exception cref="ProblemException"><c>request-invalid</c>: more children than a view shows.</exception>
    public static async Task<ViewResult?> ReadViewAsync(
        NpgsqlDataReader reader, RecordView view, OrgId org, CancellationToken ct)
    {
        if (!await reader.ReadAsync(ct) || await reader.IsDBNullAsync(0, ct)) return null;
        var rows = new StoredRecord?[view.Parents.Count + 1];
        for (var i = 0; i < rows.Length; i++) rows[i] = Read(reader, i * RecordSql.Columns, org);
        var children = new List<List<StoredRecord>>();
        foreach (var child in view.Children)
        {
            await reader.NextResultAsync(ct);
            children.Add(await ReadAllAsync(reader, org, ct));
            if (children[^1].Count > RecordEngine.MostChildren)
                throw new ProblemException(Problems.RequestInvalid,
                    $"The record has more than {RecordEngine.MostChildren} {child.Name}: list them by a filter "
                        + "instead.");
        }
        return new ViewResult(rows, children);
    }

    /// <summary>Reads the rows of a write, each of which gives back its org, and counts them.</summary>
    public static async Task<int> CountAsync(NpgsqlDataReader reader, OrgId org, CancellationToken ct)
    {
        var rows = 0;
        for (; await reader.ReadAsync(ct); rows++) OrgBatch.AssertOrg(reader.GetInt64(0), org);
        return rows;
    }
}
