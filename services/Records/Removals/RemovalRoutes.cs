using Xingchen.Contracts;
using Xingchen.Hosting;
using Xingchen.Records.Upkeep;

namespace Xingchen.Records.Removals;

/// <summary>Removals, for Delivery; the exports that they keep, for administrators: <c>/v1/exports/{id}</c>.</summary>
internal static class RemovalRoutes
{
    public static IServiceCollection AddRemovals(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<RemovalOptions>().Bind(configuration.GetSection(RemovalOptions.Section))
            .ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<RemovalStore>().AddSingleton<IUpkeepTask, RemovalTask>();
    }

    public static void MapRemovals(this IEndpointRouteBuilder routes)
    {
        routes.MapPut("/internal/removals/{id:length(32)}", PutAsync).RequireScope(Scopes.Internal);
        routes.MapGet("/v1/exports/{id}", ReadAsync).RequireScope(Scopes.Admin);
        routes.MapGet("/v1/exports/{id}/{file}", DownloadAsync).RequireScope(Scopes.Admin);
    }

    private static async Task<RemovalState> PutAsync(
        string id, RemovePackageData wanted, Caller caller, RemovalStore store, UpkeepQueue upkeep,
        CancellationToken ct)
    {
        var removal = await store.PutAsync(caller.Key, id, wanted.Package, ct);
        if (removal is null) return new RemovalState(true, 0, 0, null, null);
        if (removal.State != Removal.Done) upkeep.Want(caller.Key);
        return new RemovalState(removal.State == Removal.Done, removal.Deleted,
            removal.State == Removal.Exporting ? null : removal.Exported, "/v1/exports/" + id, removal.ExpiresAt);
    }

    private static async Task<ExportBody> ReadAsync(
        string id, Caller caller, RemovalStore store, CancellationToken ct)
    {
        var removal = await FindAsync(id, caller, store, ct);
        var files = await store.FilesAsync(caller.Key, id, ct);
        return new ExportBody(id, removal.Package, removal.State != Removal.Exporting, removal.CreatedAt,
            removal.ExpiresAt, [.. files.Select(file => new ExportFile(
                file.Name, file.Records, file.Bytes, $"/v1/exports/{id}/{file.Name}"))]);
    }

    private static async Task DownloadAsync(
        string id, string file, HttpContext http, Caller caller, RemovalStore store, CancellationToken ct)
    {
        var removal = await FindAsync(id, caller, store, ct);
        if (removal.State == Removal.Exporting)
            throw new ProblemException(Problems.Conflict, "The export is not complete yet. Ask again in a while.");
        if (!Names.Definition.IsMatch(file)) throw NotFound();
        var piece = await store.PieceAsync(caller.Key, id, file, long.MinValue, ct) ?? throw NotFound();
        http.Response.ContentType = "application/x-ndjson";
        http.Response.Headers.CacheControl = "no-store";
        while (true)
        {
            await http.Response.Body.WriteAsync(piece.Content, ct);
            if (await store.PieceAsync(caller.Key, id, file, piece.First, ct) is not { } next) return;
            piece = next;
        }
    }

    /// <exception cref="ProblemException"><c>not-found</c>; <c>permission-missing</c>: an export has what permission
    /// sets may hide.</exception>
    private static async Task<Removal> FindAsync(string id, Caller caller, RemovalStore store, CancellationToken ct)
    {
        if (caller.Context.Grants is not null)
            throw new ProblemException(Problems.PermissionMissing, "Only who sees everything may see an export.");
        return Guid.TryParseExact(id, "N", out _) && await store.FindAsync(caller.Key, id, ct) is { } found
            ? found : throw NotFound();
    }

    private static ProblemException NotFound() => new(Problems.NotFound, "There is nothing here.");

    /// <param name="Complete">Whether all of it is there: then it can be downloaded.</param>
    /// <param name="ExpiresAt">When it is thrown away; null until the data is deleted.</param>
    private sealed record ExportBody(
        string Id, string Package, bool Complete, DateTime CreatedAt, DateTime? ExpiresAt,
        IReadOnlyList<ExportFile> Files);

    private sealed record ExportFile(string Name, long Records, long Bytes, string Href);
}
