using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using Xingchen.Contracts;
using Xingchen.Delivery.Installations;
using Xingchen.Delivery.Packages;
using Xingchen.Hosting;
using Xingchen.Schema.Packages;

namespace Xingchen.Delivery.Rollouts;

/// <summary><c>/v1/rollouts</c>: of one's own packages; the operator's, of all.</summary>
public static class RolloutRoutes
{
    private const int DefaultLimit = 50;
    private const int MostLimit = 200;
    private const int MostTroubles = 100;

    private static readonly string[] Stopped = [RolloutStatuses.Paused, RolloutStatuses.Halted];

    public static void MapRollouts(this WebApplication app)
    {
        var routes = app.MapGroup("/v1/rollouts").RequireScope(Scopes.Publisher, Scopes.Platform);
        routes.MapPost("", StartAsync);
        routes.MapGet("", ListAsync);
        routes.MapGet("/{id}", async (string id, Caller caller, RolloutStore store, CancellationToken ct) =>
            await BodyOfAsync(await FindAsync(id, caller, store, ct), caller, store, ct));
        routes.MapPost("/{id}/pause", (string id, Caller caller, RolloutStore store, CancellationToken ct) =>
            MoveAsync(id, caller, store, [RolloutStatuses.Running], RolloutStatuses.Paused, false, ct));
        routes.MapPost("/{id}/resume", (string id, Caller caller, RolloutStore store, CancellationToken ct) =>
            MoveAsync(id, caller, store, Stopped, RolloutStatuses.Running, false, ct));
        routes.MapPost("/{id}/abort", (
            string id, [FromBody] AbortRequest? request, Caller caller, RolloutStore store, CancellationToken ct) =>
            request?.RollBack == true
                ? MoveAsync(id, caller, store, [.. RolloutStatuses.Open, RolloutStatuses.Aborted],
                    RolloutStatuses.Aborted, true, ct)
                : MoveAsync(id, caller, store, RolloutStatuses.Open, RolloutStatuses.Aborted, false, ct));
        app.MapPost("/internal/health", async (HealthReport report, HealthStore store, CancellationToken ct) =>
        {
            if (report.Instance is not { Length: > 0 and <= 100 } || report.Accounts is not { } accounts
                || accounts.Count > HealthReport.MostAccounts)
                throw new ProblemException(Problems.ContentInvalid, "This is no report of a gateway.");
            await store.AddAsync(report, ct);
            return Results.NoContent();
        }).RequireScope(Scopes.Internal);
    }

    private static async Task<IResult> StartAsync(
        [FromBody] RolloutRequest request, Caller caller, RolloutStore store, PackageVersionStore versions,
        TimeProvider time, CancellationToken ct)
    {
        var rollout = request.Read(caller, InstallationDesk.NewId(time), time.GetUtcNow().UtcDateTime);
        var version = await versions.FindAsync(caller.Context.Org, rollout.Package, rollout.Version, ct)
            ?? throw NotFound();
        if (version.Publisher != caller.Context.Org.Value && !caller.Context.Has(Scopes.Platform))
            throw new ProblemException(Problems.NamespaceNotYours, "Only its publisher rolls a package out.");
        if (version.Layer != PackageManifest.IsvLayer)
            throw new ProblemException(Problems.ContentInvalid, "Mend what errors lists.",
                [new("value-invalid", $"{version.Name} is a standard layer. Try it with single orgs "
                    + "(PATCH /v1/orgs/{code} with standard), then release it to a group.", "/package")]);
        if (version.Status != PackageVersion.Released)
            throw new ProblemException(Problems.PackageNotReleased,
                $"{version.Name} {version.Version} is {version.Status}: only a released version can be rolled out.");
        if (await store.AddAsync(rollout, other => IsLower(other, version.Semantic), ct) is { } open)
            throw new ProblemException(Problems.Conflict,
                $"The rollout {open} of {version.Name} is not over. Wait for its end, or abort it.");
        var added = await FindAsync(rollout.Id, caller, store, ct);
        return Results.Created($"/v1/rollouts/{rollout.Id}", await BodyOfAsync(added, caller, store, ct));
    }

    private static bool IsLower(string other, NuGet.Versioning.SemanticVersion version) =>
        NuGet.Versioning.SemanticVersion.Parse(other) < version;

    private static async Task<object> ListAsync(
        Caller caller, RolloutStore store, CursorSigner cursors, CancellationToken ct, string? package = null,
        string? cursor = null, int limit = DefaultLimit)
    {
        if (limit is < 1 or > MostLimit || (package is not null && !Names.Package.IsMatch(package)))
            throw new ProblemException(Problems.RequestInvalid,
                $"limit is 1 to {MostLimit}, package the name of a package.");
        var purpose = "rollouts " + package;
        var before = cursor is null ? null : cursors.Open(purpose, caller.Key, cursor);
        var found = await store.ListAsync(OwnerOf(caller), package, before, limit + 1, ct);
        var page = found.Take(limit).ToList();
        return new RolloutList([.. page.Select(SummaryOf)],
            found.Count > limit ? cursors.Sign(purpose, caller.Key, page[^1].Id) : null);
    }

    private static async Task<object> MoveAsync(
        string id, Caller caller, RolloutStore store, IReadOnlyList<string> from, string to, bool backwards,
        CancellationToken ct)
    {
        var found = await FindAsync(id, caller, store, ct);
        var moved = (found.Status == to && !backwards) || await store.MoveAsync(found.Id, from, to, backwards, ct);
        found = await FindAsync(id, caller, store, ct);
        return moved ? await BodyOfAsync(found, caller, store, ct)
            : throw new ProblemException(Problems.Conflict, $"The rollout is {found.Status}.");
    }

    private static async Task<Rollout> FindAsync(string id, Caller caller, RolloutStore store, CancellationToken ct) =>
        (Guid.TryParseExact(id, "N", out _) ? await store.FindAsync(OwnerOf(caller), id, ct) : null)
        ?? throw NotFound();

    /// <summary>The operator sees all; others what they started.</summary>
    private static OrgId? OwnerOf(Caller caller) => caller.Context.Has(Scopes.Platform) ? null : caller.Context.Org;

    private static async Task<RolloutBody> BodyOfAsync(
        Rollout rollout, Caller caller, RolloutStore store, CancellationToken ct)
    {
        var counts = await store.CountsAsync(rollout.Id, ct);
        var troubles = await store.TroublesAsync(rollout.Id, MostTroubles, ct);
        var seesAll = caller.Context.Has(Scopes.Platform);
        return new RolloutBody(rollout.Id, rollout.Package, rollout.Version, rollout.Status, rollout.Reason,
            rollout.ReadGroups(), rollout.BakeSeconds, rollout.ReadLimits(),
            [.. rollout.ReadWaves().Select((wave, index) => WaveBody.Of(wave, index, rollout, counts))],
            [.. troubles.Select(t => seesAll || t.OrgId == caller.Context.Org.Value
                ? new TroubleBody(t.Org, t.Account, t.Wave, t.Status, t.Reason, t.Detail)
                : new TroubleBody(null, null, t.Wave, t.Status, t.Reason, null))],
            rollout.CreatedAt, rollout.CreatedBy, rollout.EndedAt);
    }

    private static RolloutSummary SummaryOf(Rollout r) =>
        new(r.Id, r.Package, r.Version, r.Status, r.Reason, r.ReadGroups(), r.CreatedAt, r.CreatedBy, r.EndedAt);

    private static ProblemException NotFound() => new(Problems.NotFound, "There is nothing here.");

    /// <param name="RollBack">Whether accounts that have the new version go back.</param>
    private sealed record AbortRequest(bool? RollBack);

    private sealed record RolloutSummary(
        string Id, string Package, string Version, string Status, string? Reason, IReadOnlyList<string>? Groups,
        DateTime CreatedAt, string CreatedBy, DateTime? EndedAt);

    private sealed record RolloutList(IReadOnlyList<RolloutSummary> Rollouts, string? Next);

    private sealed record RolloutBody(
        string Id, string Package, string Version, string Status, string? Reason, IReadOnlyList<string>? Groups,
        int BakeSeconds, HealthLimits Limits, IReadOnlyList<WaveBody> Waves, IReadOnlyList<TroubleBody> Troubles,
        DateTime CreatedAt, string CreatedBy, DateTime? EndedAt);

    /// <param name="Status"><c>waiting</c>, <c>running</c> or <c>done</c>.</param>
    /// <param name="Accounts">How many are how far.</param>
    private sealed record WaveBody(
        string Name, string Status, bool? Own, IReadOnlyList<string>? Orgs, double? Percent,
        IReadOnlyDictionary<string, long> Accounts)
    {
        public static WaveBody Of(Wave wave, int index, Rollout rollout, IReadOnlyList<WaveCount> counts) => new(
            wave.Name, index > rollout.Wave ? "waiting"
                : index < rollout.Wave || rollout.Status == RolloutStatuses.Completed ? "done" : "running",
            wave.Own ? true : null, wave.Orgs, wave.Percent,
            counts.Where(c => c.Wave == index).ToDictionary(c => c.Status, c => c.Accounts));
    }

    /// <param name="Org">Null where the caller may not know whose it is.</param>
    /// <param name="Detail">Null where the caller may not know it, or where there is none.</param>
    private sealed record TroubleBody(
        string? Org, string? Account, int Wave, string Status, string Reason, string? Detail);
}
