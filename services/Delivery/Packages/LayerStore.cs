using System.Text.Json;
using Npgsql;
using Xingchen.Contracts;
using Xingchen.Schema;
using Xingchen.Storage;

namespace Xingchen.Delivery.Packages;

/// <summary>The layers of uploaded packages, for the services that put them in force. Immutable.</summary>
public sealed class LayerStore(NpgsqlDataSource source)
{
    private const string Columns = "l.digest, v.layer as Kind, v.name, v.namespace, v.version, l.content";

    /// <summary>A layer by its address; where several versions have it, the one first uploaded.</summary>
    public Task<LayerDocument?> FindAsync(string digest, CancellationToken ct) => FindAsync($"""
        select {Columns} from delivery.layers l join delivery.versions v on v.layer_digest = l.digest
        where l.digest = @digest order by v.uploaded_at, v.name, v.version limit 1
        """, new { digest }, ct);

    /// <summary>The layer of a package version, released or not.</summary>
    public Task<LayerDocument?> FindAsync(string name, string version, CancellationToken ct) => FindAsync($"""
        select {Columns} from delivery.versions v join delivery.layers l on l.digest = v.layer_digest
        where v.name = @name and v.version = @version
        """, new { name, version }, ct);

    /// <summary>The canonical bytes of a layer that is known to be there.</summary>
    public async Task<byte[]> ReadAsync(string digest, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        var content = await transaction.QuerySingleOrDefaultAsync<string>(
            "select content from delivery.layers where digest = @digest", new { digest }, ct);
        return System.Text.Encoding.UTF8.GetBytes(content ?? throw new InvalidOperationException(
            $"No layer {digest}."));
    }

    /// <summary>The layer of a version, parsed.</summary>
    public async Task<Layer> ReadAsync(PackageVersion version, CancellationToken ct) => Layer.Parse(
        Enum.Parse<LayerKind>(version.Layer, ignoreCase: true), version.Name, version.Namespace, version.Version,
        await ReadAsync(version.LayerDigest, ct), out _);

    private async Task<LayerDocument?> FindAsync(string sql, object parameters, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        if (await transaction.QuerySingleOrDefaultAsync<Row>(sql, parameters, ct) is not { } row) return null;
        using var content = JsonDocument.Parse(row.Content);
        return new LayerDocument(row.Digest, row.Kind, row.Name, row.Namespace, row.Version,
            content.RootElement.Clone());
    }

    private sealed record Row(string Digest, string Kind, string Name, string? Namespace, string Version,
        string Content);
}
