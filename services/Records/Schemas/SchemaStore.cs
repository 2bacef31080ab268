using System.Globalization;
using System.Text;
using System.Text.Json;
using Npgsql;
using Xingchen.Contracts;
using Xingchen.Records.Upkeep;
using Xingchen.Schema;
using Xingchen.Storage;

namespace Xingchen.Records.Schemas;

/// <summary>An account's stack as the cell's database has it now.</summary>
/// <param name="Standard">Digests of the global, idc and group layers in force; those not released are missing.</param>
/// <param name="PrivateLayer">The content of the private layer, or null.</param>
internal sealed record StackRow(
    StackVersions Versions, IReadOnlyList<string> Standard, StandardPlaces StandardPlaces,
    string Packages, string AccountPlaces, string? PrivateDigest, string? PrivateLayer, string[] Filled)
{
    /// <summary>The index rounds that are filled.</summary>
    public IReadOnlySet<IndexRound> Ready() => Filled.Select(text =>
    {
        var parts = text.Split(' ');
        return new IndexRound(int.Parse(parts[0], CultureInfo.InvariantCulture), parts[1],
            FillKind.Parse(parts[2]), int.Parse(parts[3], CultureInfo.InvariantCulture));
    }).ToHashSet();
}

/// <summary>Places of the standard product's fields: the same for every account of the cell.</summary>
/// <param name="Version">Of the standard product; what has it has the same text.</param>
/// <param name="Address">SHA-256 of the text.</param>
internal sealed record StandardPlaces(long Version, string Text, string Address)
{
    public static StandardPlaces Of(long version, string text) =>
        new(version, text, Digest.Of(Encoding.UTF8.GetBytes(text)).Value);
}

/// <summary>Reads stacks and layers, which Metadata writes, in the cell's own database.</summary>
/// <param name="database">The cell's.</param>
/// <param name="layers">How many parsed layers are kept; immutable, under content addresses, so that none is
/// stale.</param>
internal sealed class SchemaStore(CellDatabase database, int layers)
{
    private readonly BoundedCache<LayerName, Layer> shared = new(layers);

    /// <summary>Those last read: an account that nobody has asked for yet does not bring them once more.</summary>
    private volatile StandardPlaces? places;

    private const string Stack = """
        select m.version, m.global_digest, m.idc_digest, coalesce(n.group_digest, m.group_digest),
            case when m.version <> $3 then m.places::text end,
            coalesce(s.version, 0), coalesce(s.packages::text, '[]'), coalesce(s.places::text, '{}'),
            s.private_digest, p.content::text,
            case when r.relkind = 'p' then (
                select i from generate_series(0, 15) i where satisfies_hash_partition(r.oid, 16, i, $1::bigint)) end,
            array(select f.kp || ' ' || f.field_key || ' ' || f.kind || ' ' || f.round from records.fills f
                where f.org_id = $1 and f.account_id = $2 and f.state = 'ready' order by 1)
        from metadata.standard m
        left join lateral (
            select i.group_digest from metadata.pins i where i.org_id = $1 order by i.version desc limit 1) n on true
        left join metadata.stacks s on s.org_id = $1 and s.account_id = $2
        left join metadata.private_layers p on p.org_id = $1 and p.account_id = $2 and p.digest = s.private_digest
        cross join (select oid, relkind from pg_class where oid = 'records.records'::regclass) r
        where m.id = 1
        """;

    /// <summary>The same as of a time. The standard release has a row from the beginning of time.</summary>
    private const string StackAt = """
        select m.version, m.global_digest, m.idc_digest, coalesce(n.group_digest, m.group_digest), m.places::text,
            coalesce(s.version, 0), coalesce(s.packages::text, '[]'), coalesce(s.places::text, '{}'),
            s.private_digest, p.content::text, null::int, '{}'::text[]
        from (select * from metadata.standard_history h where h.at <= $3 order by h.version desc limit 1) m
        left join lateral (
            select i.group_digest from metadata.pins i where i.org_id = $1 and i.at <= $3
            order by i.version desc limit 1) n on true
        left join lateral (
            select * from metadata.stack_history h where h.org_id = $1 and h.account_id = $2 and h.at <= $3
            order by h.version desc limit 1) s on true
        left join metadata.private_layers p on p.org_id = $1 and p.account_id = $2 and p.digest = s.private_digest
        """;

    private const string Layers =
        "select digest, kind, name, namespace, version, content::text from metadata.layers where digest = any ($1)";

    /// <summary>The stack of an account: one row of one statement, so that its parts are of one moment.</summary>
    public Task<StackRow> ReadAsync(AccountKey account, CancellationToken ct)
    {
        var known = places;
        return ReadAsync(account, Stack, OrgBatch.Parameter(known?.Version ?? -1), known, ct);
    }

    /// <summary>The stack that was in force at a time.</summary>
    public Task<StackRow> ReadAsync(AccountKey account, DateTimeOffset at, CancellationToken ct) =>
        ReadAsync(account, StackAt, OrgBatch.Parameter(at), null, ct);

    private async Task<StackRow> ReadAsync(
        AccountKey account, string sql, NpgsqlParameter third, StandardPlaces? known, CancellationToken ct)
    {
        await using var batch = database.Records.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("select set_config('xingchen.org_id', $1, true)")
        {
            Parameters = { OrgBatch.Parameter(account.Org.ToString()) },
        });
        var stack = new NpgsqlBatchCommand(sql)
        {
            Parameters = { OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value), third },
        };
        batch.BatchCommands.Add(stack);
        await using var reader = await batch.ExecuteReaderAsync(ct);
        await reader.NextResultAsync(ct);
        if (!await reader.ReadAsync(ct))
            throw new InvalidOperationException("metadata.standard has no row: run the migrations of Metadata.");
        var standard = PlacesOf(reader, known);
        if (sql == Stack) places = standard;
        return Row(reader, standard);
    }

    private static StandardPlaces PlacesOf(NpgsqlDataReader reader, StandardPlaces? known) =>
        reader.IsDBNull(4) ? known! : StandardPlaces.Of(reader.GetInt64(0), reader.GetString(4));

    private static StackRow Row(NpgsqlDataReader reader, StandardPlaces standard) =>
        new(
            new StackVersions(Stack: reader.GetInt64(5), Standard: reader.GetInt64(0),
                Partition: reader.IsDBNull(10) ? null : reader.GetInt32(10)),
            [.. Enumerable.Range(1, 3).Where(i => !reader.IsDBNull(i)).Select(reader.GetString)],
            standard, reader.GetString(6), reader.GetString(7),
            reader.IsDBNull(8) ? null : reader.GetString(8), reader.IsDBNull(9) ? null : reader.GetString(9),
            reader.GetFieldValue<string[]>(11));

    /// <summary>The layers of a stack, from the lowest up, parsed: those that others have too, once.</summary>
    public async Task<IReadOnlyList<Layer>> ReadLayersAsync(StackRow row, CancellationToken ct)
    {
        var packages = JsonSerializer.Deserialize<List<StackPackage>>(row.Packages, JsonSerializerOptions.Web) ?? [];
        LayerName[] wanted = [.. row.Standard.Select(digest => new LayerName(digest)),
            .. packages.Select(package => new LayerName(package.Layer, package))];
        var found = wanted.Select(name => shared.TryGet(name, out var layer) ? layer : null).ToArray();
        var missing = wanted.Where((_, at) => found[at] is null).Select(name => name.Digest).Distinct().ToArray();
        var stored = missing.Length == 0 ? [] : await ReadStoredAsync(missing, ct);
        var read = wanted.Select((name, at) => found[at] ?? Share(name, stored)).ToList();
        if (row.PrivateLayer is not null)
            read.Add(Parse(LayerKind.Account, "private", null, "0.0.0", row.PrivateLayer));
        return read;
    }

    private Layer Share(LayerName name, Dictionary<string, StoredLayer> stored)
    {
        var layer = Of(stored, name.Digest);
        var parsed = name.Package is { } package
            ? Parse(LayerKind.Isv, package.Name, package.Namespace, package.Version, layer.Content)
            : Parse(Enum.Parse<LayerKind>(layer.Kind, ignoreCase: true), layer.Name, null, layer.Version,
                layer.Content);
        shared.Set(name, parsed);
        return parsed;
    }

    private async Task<Dictionary<string, StoredLayer>> ReadStoredAsync(string[] digests, CancellationToken ct)
    {
        await using var command = database.Records.CreateCommand(Layers);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = digests });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var stored = new Dictionary<string, StoredLayer>();
        while (await reader.ReadAsync(ct))
            stored[reader.GetString(0)] = new StoredLayer(
                reader.GetString(1), reader.GetString(2), reader.GetString(4), reader.GetString(5));
        return stored;
    }

    private static StoredLayer Of(Dictionary<string, StoredLayer> stored, string digest) =>
        stored.TryGetValue(digest, out var layer)
            ? layer
            : throw new InvalidOperationException($"The layer {digest} is in force and not in metadata.layers.");

    /// <remarks>What Metadata put in force was checked there; a layer's parts that this build does not know are left
    /// out.</remarks>
    private static Layer Parse(LayerKind kind, string name, string? prefix, string version, string content) =>
        Layer.Parse(kind, name, prefix, version, Encoding.UTF8.GetBytes(content), out _);

    /// <summary>Content under the name that a stack gives it: findings and blame carry names.</summary>
    /// <param name="Package">Null for the standard product, whose layers have one name each.</param>
    private sealed record LayerName(string Digest, StackPackage? Package = null);

    private sealed record StoredLayer(string Kind, string Name, string Version, string Content);
}
