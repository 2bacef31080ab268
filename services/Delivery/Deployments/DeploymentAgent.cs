using System.Text.Json;
using Microsoft.Extensions.Options;
using NuGet.Versioning;
using Xingchen.Contracts;
using Xingchen.Delivery.Installations;
using Xingchen.Delivery.Rollouts;
using Xingchen.Hosting;
using Xingchen.Schema.Packages;

namespace Xingchen.Delivery.Deployments;

/// <summary>Compares what shall run in environments with what runs, and brings the one to the other.</summary>
/// <remarks>Standard layers come first, cell by cell, each in one step; then a rollout for each other package, one
/// after the other. It acts only on what it sees: stopped anywhere, the next look goes on. A rollout that was halted
/// is a person's to resume; nothing is started again behind his back.</remarks>
public sealed class DeploymentAgent(
    DeploymentStore deployments, RolloutStore rollouts, ServiceClient services, IOptions<DeliveryOptions> options,
    TimeProvider time, ILogger<DeploymentAgent> logger) : BackgroundService
{
    private static readonly OrgContext Operator = ServiceClient.Internal(AppIds.Delivery)
        with { Scopes = [Scopes.Platform] };

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = TimeSpan.FromMilliseconds(options.Value.RolloutMilliseconds);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (await deployments.ClaimAsync(pause.TotalSeconds, stoppingToken) is { } environment)
                    await CompareAsync(environment, act: true, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                logger.LogWarning(exception, "An environment could not be compared with what shall run in it");
            }
            await Task.Delay(pause, time, stoppingToken);
        }
    }

    /// <summary>The cells of an environment.</summary>
    /// <exception cref="ProblemException"><c>unavailable</c></exception>
    public async Task<IReadOnlyList<string>> GroupsAsync(DeploymentEnvironment environment, CancellationToken ct) =>
        environment.ReadGroups()
        ?? [.. (await SitesAsync(ct)).Where(g => g.Idc == environment.Idc).Select(g => g.Code)];

    /// <summary>All cells there are.</summary>
    public async Task<IReadOnlyList<GroupView>> SitesAsync(CancellationToken ct) =>
        (await services.GetAsync<GroupList>(AppIds.Organization, "/v1/groups", Operator, ct)).Groups;

    /// <summary>How every package of an environment's deployment stands.</summary>
    /// <param name="environment">With a deployment.</param>
    /// <param name="act">Whether what differs is set going.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task<IReadOnlyList<DeploymentItem>> CompareAsync(
        DeploymentEnvironment environment, bool act, CancellationToken ct)
    {
        var package = await deployments.FindAsync(environment.Package!, environment.Version!, ct);
        var groups = await GroupsAsync(environment, ct);
        var former = await deployments.FormerAsync(environment.Name, ct) is { } before
            ? (await deployments.FindAsync(before.Package, before.Version, ct))?.ReadPackages() : null;
        var items = new List<DeploymentItem>();
        foreach (var wanted in package!.ReadPackages())
        {
            // What stands on something waits for it.
            var go = act && items.TrueForAll(item => item.State == ItemStates.InSync);
            items.Add(wanted.Layer == PackageManifest.IsvLayer
                ? await CompareInstalledAsync(environment, wanted, groups, former, go, ct)
                : await CompareStandardAsync(environment, wanted, groups, go, ct));
        }
        return items;
    }

    private async Task<DeploymentItem> CompareStandardAsync(
        DeploymentEnvironment environment, DeployedPackage wanted, IReadOnlyList<string> groups, bool act,
        CancellationToken ct)
    {
        var observed = new List<string?>();
        string? reason = null;
        foreach (var group in groups)
        {
            var path = $"/v1/groups/{group}/release";
            var app = AppIds.Metadata(environment.Idc);
            try
            {
                var state = await services.GetAsync<ReleaseState>(app, path, Operator, ct);
                if (act && VersionIn(state, wanted) != wanted.Version)
                    state = await services.SendAsync<ReleaseState>(HttpMethod.Post, app, path,
                        new { package = wanted.Name, version = wanted.Version }, Operator, ct);
                observed.Add(VersionIn(state, wanted));
            }
            catch (ProblemException problem)
            {
                observed.Add(null);
                var findings = string.Concat(problem.Errors.Take(5).Select(e => " " + e.Detail));
                reason ??= $"{group}: {problem.Detail}{findings}";
            }
        }
        var versions = observed.GroupBy(v => v).Select(v => new ObservedVersion(v.Key, v.Count())).ToList();
        var isThere = observed.TrueForAll(v => v == wanted.Version);
        return new DeploymentItem(wanted.Name, wanted.Layer, wanted.Version, versions,
            isThere ? ItemStates.InSync : reason is null ? ItemStates.Reconciling : ItemStates.Blocked,
            isThere ? null : reason ?? "It is about to be released to the cells.", null);
    }

    private async Task<DeploymentItem> CompareInstalledAsync(
        DeploymentEnvironment environment, DeployedPackage wanted, IReadOnlyList<string> groups,
        IReadOnlyList<DeployedPackage>? former, bool act, CancellationToken ct)
    {
        var observed = await deployments.ObservedAsync(wanted.Name, groups, ct);
        var last = await deployments.RolloutAsync(
            environment.Name, wanted.Name, wanted.Version, environment.Since!.Value, ct);
        // An account that took a higher version by itself keeps it, unless that was this environment's own before.
        var given = former?.FirstOrDefault(p => p.Name == wanted.Name)?.Version;
        bool IsReplaced(string version) => version != wanted.Version && (version == given
            || SemanticVersion.Parse(version) < SemanticVersion.Parse(wanted.Version));
        var differs = observed.Any(v => IsReplaced(v.Version!));
        var open = last is null
            ? await rollouts.OpenAsync(wanted.Name, JsonSerializer.Serialize(groups), ct) : null;
        // What this environment wanted before is not wanted any more: its rollout goes no further.
        var isOutdated = open?.Environment == environment.Name;
        if (act && isOutdated)
            await rollouts.MoveAsync(open!.Id, RolloutStatuses.Open, RolloutStatuses.Aborted, false, ct);
        if (act && open is null && last is null && differs)
        {
            var rollout = new Rollout(InstallationDesk.NewId(time), OrgId.Platform.Value, wanted.Name, wanted.Version,
                environment.Name, JsonSerializer.Serialize(groups), environment.Waves, environment.BakeSeconds,
                JsonSerializer.Serialize(new HealthLimits(), JsonSerializerOptions.Web), RolloutStatuses.Running, 0,
                null, time.GetUtcNow().UtcDateTime, "environment " + environment.Name, null);
            if (await rollouts.AddAsync(rollout, IsReplaced, ct) is null) last = rollout;
        }
        var isThere = observed.All(v => v.Version == wanted.Version);
        var state = last?.Status switch
        {
            RolloutStatuses.Running => ItemStates.Reconciling,
            RolloutStatuses.Paused => ItemStates.Blocked,
            RolloutStatuses.Halted or RolloutStatuses.Aborted => isThere ? ItemStates.InSync : ItemStates.Blocked,
            // The rollout is over, and what differs still has chosen so.
            RolloutStatuses.Completed => ItemStates.InSync,
            _ => differs || isOutdated ? ItemStates.Reconciling : ItemStates.InSync,
        };
        return new DeploymentItem(wanted.Name, wanted.Layer, wanted.Version, observed, state,
            ReasonOf(isThere, differs, last, open), (last ?? open)?.Id);
    }

    private static string? ReasonOf(bool isThere, bool differs, Rollout? last, Rollout? open) => last?.Status switch
    {
        not (RolloutStatuses.Running or RolloutStatuses.Paused) when isThere && open is null => null,
        RolloutStatuses.Running => $"The rollout {last.Id} is in wave {last.Wave + 1} of {last.ReadWaves().Count}.",
        RolloutStatuses.Paused => $"The rollout {last.Id} is paused. Resume it.",
        RolloutStatuses.Halted => $"The rollout {last.Id} is halted: {last.Reason} Resume or abort it.",
        RolloutStatuses.Aborted => $"The rollout {last.Id} was aborted. Deploy another version.",
        RolloutStatuses.Completed =>
            $"The rollout {last.Id} is over; some accounts keep a version that they chose, or that it went back to.",
        _ when !differs && open is null => "Some accounts keep a higher version that they chose.",
        _ when open is not null => $"The rollout {open.Id} is not over, and stands in the way. Wait, or abort it.",
        _ => "It waits for its turn.",
    };

    private static string? VersionIn(ReleaseState state, DeployedPackage wanted) =>
        state.Packages.FirstOrDefault(p => p.Name == wanted.Name)?.Version;

    private sealed record GroupList(IReadOnlyList<GroupView> Groups);
}

/// <summary>A cell, as the directory tells of it.</summary>
public sealed record GroupView(string Code, string Idc);
