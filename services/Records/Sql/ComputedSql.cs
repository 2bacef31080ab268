using Npgsql;
using Xingchen.Storage;

namespace Xingchen.Records.Sql;

/// <summary>Statements that compute formulas and roll-ups of single records, behind whatever else a batch
/// asks.</summary>
internal static class ComputedSql
{
    private const string Marker = "computed";

    /// <summary>Leaves the choice of plans to PostgreSQL until the transaction ends: a roll-up over few children and
    /// one over many want different ones, where the record path has one for all.</summary>
    public static void AddFreePlans(this OrgBatch batch) =>
        batch.Add("select set_config('plan_cache_mode', 'auto', true)");

    /// <summary>A statement whose result can be told from those of writes.</summary>
    public static void AddComputed(this OrgBatch batch, QueryStatement statement) => batch.Add(
        $"select q.* from ({statement.Text}) q({Marker})",
        [.. statement.Parameters.Select(value => OrgBatch.Parameter(value.Value, value.Type))]);

    /// <summary>Whether a reader stands before the rows of such a statement.</summary>
    public static bool IsComputed(NpgsqlDataReader reader) => reader.FieldCount > 0 && reader.GetName(0) == Marker;
}
