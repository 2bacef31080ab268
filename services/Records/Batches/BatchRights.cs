using Npgsql;
using Xingchen.Records.Sql;
using Xingchen.Schema;
using Xingchen.Storage;

namespace Xingchen.Records.Batches;

/// <summary>Which records of a stretch the caller sees, and which he has a right for. Asks nothing where he sees and
/// may all.</summary>
internal sealed class BatchRights(BatchRun run, RecordRight right)
{
    private readonly HashSet<long> seen = [];
    private readonly HashSet<long> allowed = [];
    private readonly HashSet<long> asked = [];

    public bool Sees(long id) => !asked.Contains(id) || seen.Contains(id);

    public bool Has(long id) => !asked.Contains(id) || allowed.Contains(id);

    /// <summary>Adds the questions behind what a batch reads.</summary>
    public void Ask(OrgBatch batch, IEnumerable<long> ids)
    {
        var schema = run.Current.Schema;
        asked.UnionWith(ids.Where(id => AccessStatements.IsRestricted(schema, id, right)));
        if (asked.Count == 0) return;
        batch.AddFindExisting(run.Planned, run.Current.Versions, [.. asked.Order()], schema);
        batch.AddFindExisting(run.Planned, run.Current.Versions, [.. asked.Order()], schema, right);
    }

    /// <summary>Reads the answers, which follow the present result.</summary>
    public async Task ReadAsync(NpgsqlDataReader reader, CancellationToken ct)
    {
        if (asked.Count == 0) return;
        await reader.NextResultAsync(ct);
        while (await reader.ReadAsync(ct)) seen.Add(reader.GetInt64(0));
        await reader.NextResultAsync(ct);
        while (await reader.ReadAsync(ct)) allowed.Add(reader.GetInt64(0));
    }
}
