using System.Data;
using Npgsql;
using NpgsqlTypes;
using Xingchen.Storage;

namespace Xingchen.Records.Removals;

/// <summary>A removal as the database has it.</summary>
/// <param name="SchemaAt">When the last stack with the package came into force.</param>
/// <param name="Part">Of <see cref="PackagePart"/>s, which the present state is at.</param>
/// <param name="AfterId">The last record of the part that is done.</param>
internal sealed record Removal(
    string Id, string Package, DateTime SchemaAt, string State, int Part, long AfterId, long Exported, long Deleted,
    DateTime CreatedAt, DateTime? ExpiresAt)
{
    public const string Exporting = "exporting";
    public const string Deleting = "deleting";
    public const string Done = "done";
}

/// <summary>A file of an export.</summary>
/// <param name="Name">Of the object.</param>
internal sealed record RemovalFile(string Name, long Records, long Bytes);

/// <summary>The tables <c>records.removals</c> and <c>records.removal_files</c>.</summary>
internal sealed class RemovalStore(CellDatabase database, TimeProvider time)
{
    private const int MostForgotten = 20;

    private const string Columns = """
        id, package, schema_at as "schemaAt", state, part, after_id as "afterId", exported, deleted,
        created_at as "createdAt", expires_at as "expiresAt"
        """;

    /// <summary>True where an account has a removal to go on with, or an export to forget: $1 org, $2
    /// account.</summary>
    public const string Due = """
        exists (select from records.removals r where r.org_id = $1 and r.account_id = $2
            and (r.state <> 'done' or r.expires_at < now()))
        """;

    /// <summary>Begins to remove what a package has left in an account, or tells how far that is.</summary>
    /// <returns>Null where the account never had the package: there is nothing to remove.</returns>
    public async Task<Removal?> PutAsync(AccountKey account, string id, string package, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(database.Records, account.Org, ct);
        var key = new { org = account.Org.Value, account = account.Account.Value, id, package, now = time.GetUtcNow() };
        await transaction.ExecuteAsync("""
            insert into records.removals (org_id, account_id, id, package, schema_at, state, created_at)
            select @org, @account, @id, @package, h.at, 'exporting', @now
            from metadata.stack_history h
            where h.org_id = @org and h.account_id = @account
                and h.packages @> jsonb_build_array(jsonb_build_object('name', @package))
            order by h.version desc limit 1
            on conflict do nothing
            """, key, ct);
        var removal = await transaction.QuerySingleOrDefaultAsync<Removal>(
            $"select {Columns} from records.removals where org_id = @org and account_id = @account and id = @id",
            key, ct);
        await transaction.CommitAsync(ct);
        return removal;
    }

    /// <summary>A removal whose export is kept; null where there is none.</summary>
    public async Task<Removal?> FindAsync(AccountKey account, string id, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(database.Records, account.Org, ct);
        return await transaction.QuerySingleOrDefaultAsync<Removal>($"""
            select {Columns} from records.removals where org_id = @org and account_id = @account and id = @id
                and (expires_at is null or expires_at > now())
            """, new { org = account.Org.Value, account = account.Account.Value, id }, ct);
    }

    /// <summary>The oldest removal that is not done; null where there is none.</summary>
    public async Task<Removal?> FindOpenAsync(AccountKey account, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(database.Records, account.Org, ct);
        return await transaction.QuerySingleOrDefaultAsync<Removal>($"""
            select {Columns} from records.removals
            where org_id = @org and account_id = @account and state <> 'done' order by created_at, id limit 1
            """, new { org = account.Org.Value, account = account.Account.Value }, ct);
    }

    public async Task<IReadOnlyList<RemovalFile>> FilesAsync(AccountKey account, string id, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(database.Records, account.Org, ct);
        return await transaction.QueryAsync<RemovalFile>("""
            select object as name, sum(records)::bigint as records, sum(length(content))::bigint as bytes
            from records.removal_files where org_id = @org and account_id = @account and removal_id = @id
            group by object order by object
            """, new { org = account.Org.Value, account = account.Account.Value, id }, ct);
    }

    /// <summary>The next piece of a file; null behind the last.</summary>
    public async Task<(long First, byte[] Content)?> PieceAsync(
        AccountKey account, string id, string file, long after, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(database.Records, account.Org, ct);
        var pieces = await transaction.QueryAsync<(long, byte[])>("""
            select first_id, content from records.removal_files
            where org_id = @org and account_id = @account and removal_id = @id and object = @file and first_id > @after
            order by first_id limit 1
            """, new { org = account.Org.Value, account = account.Account.Value, id, file, after }, ct);
        return pieces.Count == 0 ? null : pieces[0];
    }

    /// <summary>Deletes some of what is kept of removals that are long done.</summary>
    /// <returns>Whether there is more.</returns>
    public async Task<bool> ForgetAsync(AccountKey account, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(database.Records, account.Org, ct);
        var key = new { org = account.Org.Value, account = account.Account.Value, most = MostForgotten };
        var gone = await transaction.ExecuteAsync("""
            delete from records.removal_files f using (
                select p.removal_id, p.object, p.first_id from records.removal_files p
                join records.removals r on r.org_id = p.org_id and r.account_id = p.account_id and r.id = p.removal_id
                where r.org_id = @org and r.account_id = @account and r.state = 'done' and r.expires_at < now()
                limit @most) o
            where f.org_id = @org and f.account_id = @account and f.removal_id = o.removal_id and f.object = o.object
                and f.first_id = o.first_id
            """, key, ct);
        if (gone == 0)
            await transaction.ExecuteAsync("""
                delete from records.removals
                where org_id = @org and account_id = @account and state = 'done' and expires_at < now()
                """, key, ct);
        await transaction.CommitAsync(ct);
        return gone > 0;
    }

    /// <summary>Holds a removal until the transaction ends; no row where it is gone.</summary>
    public static void AddHold(OrgBatch batch, AccountKey account, string id) => batch.Add("""
        select org_id, id, package, schema_at, state, part, after_id, exported, deleted, created_at, expires_at
        from records.removals where org_id = $1 and account_id = $2 and id = $3 for update
        """, OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value), OrgBatch.Parameter(id));

    public static async Task<Removal?> ReadHeldAsync(NpgsqlDataReader reader, AccountKey account, CancellationToken ct)
    {
        if (!await reader.ReadAsync(ct)) return null;
        OrgBatch.AssertOrg(reader.GetInt64(0), account.Org);
        return new Removal(reader.GetString(1), reader.GetString(2), reader.GetDateTime(3), reader.GetString(4),
            reader.GetInt32(5), reader.GetInt64(6), reader.GetInt64(7), reader.GetInt64(8), reader.GetDateTime(9),
            await reader.IsDBNullAsync(10, ct) ? null : reader.GetDateTime(10));
    }

    /// <summary>Notes how far a removal is, in the transaction that did it.</summary>
    public static void AddProgress(OrgBatch batch, AccountKey account, Removal now) => batch.Add("""
        update records.removals set state = $4, part = $5, after_id = $6, exported = $7, deleted = $8, expires_at = $9
        where org_id = $1 and account_id = $2 and id = $3
        """,
        OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value), OrgBatch.Parameter(now.Id),
        OrgBatch.Parameter(now.State), OrgBatch.Parameter(now.Part), OrgBatch.Parameter(now.AfterId),
        OrgBatch.Parameter(now.Exported), OrgBatch.Parameter(now.Deleted),
        OrgBatch.Parameter(now.ExpiresAt, NpgsqlDbType.TimestampTz));

    /// <summary>Adds lines to a file of the export.</summary>
    public static void AddPiece(
        OrgBatch batch, AccountKey account, string id, string file, long first, int records, byte[] content) =>
        batch.Add("""
            insert into records.removal_files (org_id, account_id, removal_id, object, first_id, records, content)
            values ($1, $2, $3, $4, $5, $6, $7)
            """,
            OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
            OrgBatch.Parameter(id), OrgBatch.Parameter(file),
            OrgBatch.Parameter(first), OrgBatch.Parameter(records),
            new NpgsqlParameter<byte[]> { TypedValue = content });
}
