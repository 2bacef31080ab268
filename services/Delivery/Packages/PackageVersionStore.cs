using Npgsql;
using Xingchen.Delivery.Transparency;
using Xingchen.Schema.Transparency;
using Xingchen.Storage;

namespace Xingchen.Delivery.Packages;

/// <summary>Package versions in the database. Every reading is in the name of an org, whose unreleased ones are seen
/// too.</summary>
public sealed class PackageVersionStore(NpgsqlDataSource source)
{
    private const string Columns = """
        name, version, namespace, publisher, layer, digest, layer_digest as LayerDigest, size, status,
        manifest::text as Manifest, warnings::text as Warnings, uploaded_at as UploadedAt, uploaded_by as UploadedBy,
        released_at as ReleasedAt, yanked_at as YankedAt, yank_reason as YankReason, signed_by as SignedBy
        """;

    public async Task<PackageVersion?> FindAsync(OrgId org, string name, string version, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(source, org, ct);
        return await transaction.QuerySingleOrDefaultAsync<PackageVersion>(
            $"select {Columns} from delivery.versions where name = @name and version = @version",
                new { name, version }, ct);
    }

    /// <summary>A version of this publisher with exactly these bytes.</summary>
    public async Task<PackageVersion?> FindByDigestAsync(OrgId publisher, Digest digest, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(source, publisher, ct);
        return await transaction.QuerySingleOrDefaultAsync<PackageVersion>(
            $"select {Columns} from delivery.versions where digest = @digest and publisher = @publisher",
            new { digest = digest.Value, publisher = publisher.Value }, ct);
    }

    /// <summary>All versions of some packages that the org may see, yanked ones too; in no order.</summary>
    public async Task<IReadOnlyList<PackageVersion>> ListAsync(OrgId org, IReadOnlyCollection<string> names,
        CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(source, org, ct);
        return await transaction.QueryAsync<PackageVersion>(
            $"select {Columns} from delivery.versions where name = any(@names)", new { names = names.ToArray() }, ct);
    }

    /// <summary>Names after <paramref name="after"/>, in order, of packages with a version that the org may
    /// see.</summary>
    /// <param name="search">Part of a name, title or description, in any case; null for all.</param>
    public async Task<IReadOnlyList<string>> NamesAsync(OrgId org, string? search, string after, int limit,
        CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(source, org, ct);
        return await transaction.QueryAsync<string>("""
            select distinct name from delivery.versions
            where name > @after and (@search::text is null or strpos(lower(name), lower(@search)) > 0
                or strpos(lower((manifest->'title')::text), lower(@search)) > 0
                or strpos(lower((manifest->'description')::text), lower(@search)) > 0)
            order by name limit @limit
            """, new { search, after, limit }, ct);
    }

    /// <summary>Adds a version with its layer, and its package's name where it is the first.</summary>
    /// <returns>False where the name is another publisher's, or the version is there.</returns>
    public async Task<bool> AddAsync(PackageVersion version, string layer, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(source, new OrgId(version.Publisher), ct);
        await transaction.ExecuteAsync(
            "insert into delivery.names (name, namespace, publisher) values (@Name, @Namespace, @Publisher) on "
                + "conflict do nothing",
            version, ct);
        if (!await OwnsAsync(transaction, version, ct)) return false;
        await transaction.ExecuteAsync(
            "insert into delivery.layers (digest, content) values (@LayerDigest, @layer) on conflict do nothing",
            new { version.LayerDigest, layer }, ct);
        var added = await transaction.ExecuteAsync("""
            insert into delivery.versions (name, version, namespace, publisher, layer, digest, layer_digest, size,
                status, manifest, warnings, uploaded_at, uploaded_by, signed_by)
            values (@Name, @Version, @Namespace, @Publisher, @Layer, @Digest, @LayerDigest, @Size, @Status,
                @Manifest::jsonb, @Warnings::jsonb, @UploadedAt, @UploadedBy, @SignedBy)
            on conflict do nothing
            """, version, ct);
        await transaction.CommitAsync(ct);
        return added == 1;
    }

    /// <summary>Whether a package's name is free or the publisher's own.</summary>
    public async Task<bool> IsFreeAsync(PackageVersion version, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(source, new OrgId(version.Publisher), ct);
        var taken = await transaction.QuerySingleOrDefaultAsync<long?>(
            "select publisher from delivery.names where name = @Name", version, ct);
        return taken is null || await OwnsAsync(transaction, version, ct);
    }

    /// <summary>Releases a publisher's own version and enters it in the log, in one transaction. Where it is released
    /// already, the log is made to say so.</summary>
    public async Task ReleaseAsync(OrgId publisher, string name, string version, DateTimeOffset at,
        CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(source, publisher, ct);
        await transaction.ExecuteAsync("""
            update delivery.versions set status = 'released', released_at = @at
            where name = @name and version = @version and publisher = @publisher and status = 'uploaded'
            """, new { publisher = publisher.Value, name, version, at }, ct);
        await LogAsync(transaction, publisher, LogEntry.Release, name, version, PackageVersion.Released, ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>Yanks a publisher's own version that is released, and enters that in the log.</summary>
    /// <inheritdoc cref="ReleaseAsync"/>
    public async Task YankAsync(
        OrgId publisher, string name, string version, string reason, DateTimeOffset at, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(source, publisher, ct);
        await transaction.ExecuteAsync("""
            update delivery.versions set status = 'yanked', yanked_at = @at, yank_reason = @reason
            where name = @name and version = @version and publisher = @publisher and status = 'released'
            """, new { publisher = publisher.Value, name, version, at, reason }, ct);
        await LogAsync(transaction, publisher, LogEntry.Yank, name, version, PackageVersion.Yanked, ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>Enters what has become of a version, where it has become that.</summary>
    private static async Task LogAsync(
        OrgTransaction transaction, OrgId publisher, string @event, string name, string version, string status,
        CancellationToken ct)
    {
        var row = await transaction.QuerySingleOrDefaultAsync<PackageVersion>($"""
            select {Columns} from delivery.versions
            where name = @name and version = @version and publisher = @publisher and status = @status
            """, new { publisher = publisher.Value, name, version, status }, ct);
        if (row is null) return;
        var at = @event == LogEntry.Release ? row.ReleasedAt : row.YankedAt;
        await LogStore.AppendAsync(transaction, publisher, new LogEntry(@event, row.Name, row.Namespace, row.Version,
            row.Digest, row.SignedBy, LogHead.Time(new DateTimeOffset(at!.Value, TimeSpan.Zero))), ct);
    }

    /// <summary>The highest released version of each of the platform's own packages comes from these.</summary>
    public async Task<IReadOnlyList<PackageVersion>> StandardAsync(CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(source, OrgId.Platform, ct);
        return await transaction.QueryAsync<PackageVersion>(
            $"select {Columns} from delivery.versions where layer <> 'isv' and status = 'released'", null, ct);
    }

    private static async Task<bool> OwnsAsync(OrgTransaction transaction, PackageVersion version,
        CancellationToken ct) =>
        await transaction.QuerySingleOrDefaultAsync<bool>("""
            select publisher = @Publisher and namespace is not distinct from @Namespace
            from delivery.names where name = @Name
            """, version, ct);
}
