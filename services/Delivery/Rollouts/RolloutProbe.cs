using System.Text.Json;
using Xingchen.Contracts;
using Xingchen.Delivery.Packages;
using Xingchen.Hosting;

namespace Xingchen.Delivery.Rollouts;

/// <summary>Uses what a package brings, in the name of an account whose people do not just then.</summary>
public sealed class RolloutProbe(PackageVersionStore versions, LayerStore layers, ServiceClient services)
{
    private const int MostObjects = 5;
    private const int Seconds = 20;

    /// <summary>Lists the account's objects and reads one record of the package's first ones.</summary>
    /// <param name="context">Of the account.</param>
    /// <param name="package">Its name.</param>
    /// <param name="version">That the account has now.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="ProblemException">It does not answer as it should.</exception>
    public async Task UseAsync(OrgContext context, string package, string version, CancellationToken ct)
    {
        var found = await versions.FindAsync(OrgId.Platform, package, version, ct)
            ?? throw new ProblemException(Problems.NotFound, $"There is no {package} {version}.");
        using var layer = JsonDocument.Parse(await layers.ReadAsync(found.LayerDigest, ct));
        var caller = context with { Scopes = [Scopes.Data], Grants = null, Actor = AppIds.Delivery };
        using var late = CancellationTokenSource.CreateLinkedTokenSource(ct);
        late.CancelAfter(TimeSpan.FromSeconds(Seconds));
        await services.GetAsync<JsonElement>(AppIds.Metadata(context.Idc), "/v1/objects", caller, late.Token);
        foreach (var name in NamesOf(layer.RootElement))
            await services.GetAsync<JsonElement>(
                AppIds.Records(context.Group), $"/v1/objects/{name}/records?limit=1", caller, late.Token);
    }

    private static List<string> NamesOf(JsonElement layer) => layer.TryGetProperty("objects", out var objects)
        ? [.. objects.EnumerateArray().Take(MostObjects).Select(item => item.GetProperty("name").GetString()!)] : [];
}
