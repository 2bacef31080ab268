using Npgsql;
using Xingchen.Storage;

namespace Xingchen.Records.Sql;

/// <summary>The statements that read the log as a feed.</summary>
internal static class ChangeSql
{
    /// <summary>The last position that was drawn.</summary>
    public const string LastPosition =
        "select case when is_called then last_value else last_value - 1 end from records.change_positions";

    /// <summary>The oldest transaction in flight and, where <c>$1</c> wants one, a new transaction id.</summary>
    /// <remarks>A snapshot's own <c>xmax</c> will not do for the new id: it is one past the last transaction that has
    /// <b>ended</b>, and some with higher ids may be in flight.</remarks>
    public const string Snapshot = """
        select pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
            case when $1 then pg_current_xact_id()::text::bigint end
        """;

    /// <remarks>A baseline stands for all that was before it: who comes late is told of the record as of something
    /// new, or that it is gone.</remarks>
    private const string Columns = """
        c.org_id, c.seq, c.record_id, c.version, c.kp,
            case when c.created_at is null then c.kind when c.kind in ('deleted', 'purged') then 'deleted'
                else 'created' end,
            c.at, c.actor, c.before, c.after
        """;

    /// <summary>What purges a record from the recycle bin is left out, unless it stands for its deletion too.</summary>
    private const string Told = "(c.kind <> 'purged' or c.created_at is not null)";

    /// <summary>An account's changes of a stretch of positions, in their order.</summary>
    /// <remarks>What purges a record from the recycle bin is left out: for the feed the record went when it was
    /// deleted.</remarks>
    /// <param name="after">The position before the first.</param>
    /// <param name="upTo">The last position, which must be settled.</param>
    /// <param name="prefixes">Key prefixes of the objects that are asked for; null for all.</param>
    public static void AddReadChanges(
        this OrgBatch batch, AccountKey account, long after, long upTo, int[]? prefixes, int limit,
        Schema.Schema schema)
    {
        NpgsqlParameter[] range =
        [
            OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
            OrgBatch.Parameter(after), OrgBatch.Parameter(upTo), OrgBatch.Parameter((long)limit),
        ];
        var rules = new AccessSql(schema, account, prefixes is null ? 5 : 6);
        NpgsqlParameter[] kinds = prefixes is null ? [] : [new NpgsqlParameter<int[]> { TypedValue = prefixes }];
        batch.Add($"""
            select {Columns} from records.changes c
            where c.org_id = $1 and c.account_id = $2 and c.seq > $3 and c.seq <= $4 and {Told}
                {(prefixes is null ? "" : "and c.kp = any ($6)")}{rules.AndAny("c.kp", "c.record_id",
                    withDeleted: true)}
            order by c.seq limit $5
            """, [.. range, .. kinds, .. rules.Parameters]);
    }
}
