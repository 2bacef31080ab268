using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Mvc;
using Xingchen.Delivery.Packages;
using Xingchen.Delivery.Rollouts;
using Xingchen.Hosting;
using Xingchen.Schema.Packages;

namespace Xingchen.Delivery.Deployments;

/// <summary><c>/v1/deployment-packages</c>, <c>/v1/environments</c> and <c>/v1/deployments</c>: the
/// operator's.</summary>
public static partial class DeploymentRoutes
{
    private const int MostPackages = 200;
    private const int MostListed = 200;

    public static void MapDeployments(this WebApplication app)
    {
        var packages = app.MapGroup("/v1/deployment-packages").RequireScope(Scopes.Platform);
        packages.MapPost("", AddPackageAsync);
        packages.MapGet("", async (DeploymentStore store, CancellationToken ct) =>
            new { deploymentPackages = (await store.ListAsync(MostListed, ct)).Select(BodyOf) });
        packages.MapGet("/{name}/{version}", async (
            string name, string version, DeploymentStore store, CancellationToken ct) =>
            BodyOf(await FindAsync(name, version, store, ct)));
        var environments = app.MapGroup("/v1/environments").RequireScope(Scopes.Platform);
        environments.MapGet("", async (DeploymentStore store, CancellationToken ct) =>
            new { environments = (await store.EnvironmentsAsync(ct)).Select(BodyOf) });
        environments.MapPut("/{name}", PutEnvironmentAsync);
        var deployments = app.MapGroup("/v1/deployments").RequireScope(Scopes.Platform);
        deployments.MapGet("", async (DeploymentStore store, DeploymentAgent agent, CancellationToken ct) =>
        {
            var all = await store.EnvironmentsAsync(ct);
            return new { deployments = await Task.WhenAll(all.Select(e => ReportAsync(e, agent, ct))) };
        });
        deployments.MapGet("/{environment}", async (
            string environment, DeploymentStore store, DeploymentAgent agent, CancellationToken ct) =>
            await ReportAsync(await EnvironmentAsync(environment, store, ct), agent, ct));
        deployments.MapPut("/{environment}", DeployAsync);
        deployments.MapPost("/{environment}/promote", PromoteAsync);
        deployments.MapPost("/{environment}/rollback", RollBackAsync);
    }

    private static async Task<IResult> AddPackageAsync(
        HttpContext http, Caller caller, DeploymentStore store, PackageVersionStore versions, TimeProvider time,
        CancellationToken ct)
    {
        var body = await JsonBody.ReadAsync(http, ct);
        var (name, version) = (body.Text("name", Names.Package), body.Text("version", 100));
        if (version.Length > 0 && !VersionRange.TryParseVersion(version, out _))
            body.Find("version", "value-invalid", "Give one version, such as 1.2.0.");
        var packages = new List<DeployedPackage>();
        foreach (var (index, item) in body.Objects("packages", MostPackages).Index())
        {
            var (package, number) = (item.Text("name", Names.Package), item.Text("version", 100));
            if (package.Length == 0 || number.Length == 0 || !Names.Package.IsMatch(package)) continue;
            var found = VersionRange.TryParseVersion(number, out _)
                ? await versions.FindAsync(OrgId.Platform, package, number, ct) : null;
            if (found is not { Status: PackageVersion.Released })
                item.Find("version", "package-not-released", $"There is no released version {number} of {package}.");
            else if (packages.Exists(p => p.Name == package))
                item.Find("name", "value-invalid", $"{package} is in it already.");
            else packages.Add(new DeployedPackage(package, number, found.Layer, found.Digest));
        }
        if (packages.Count == 0) body.Find("packages", "value-invalid", "Give at least one package.");
        body.Done();
        List<string> order = ["global", "idc", "group", PackageManifest.IsvLayer];
        var given = new DeploymentPackage(name, version, JsonSerializer.Serialize(
            packages.OrderBy(p => order.IndexOf(p.Layer)).ThenBy(p => p.Name, StringComparer.Ordinal),
            JsonSerializerOptions.Web), time.GetUtcNow().UtcDateTime, caller.Context.Actor);
        var kept = await store.AddAsync(given, ct);
        if (!kept.ReadPackages().SequenceEqual(given.ReadPackages()))
            throw new ProblemException(Problems.PackageVersionExists,
                $"{name} {version} is there with other packages, and never changes. Give it another version.");
        return Results.Created($"/v1/deployment-packages/{name}/{version}", BodyOf(kept));
    }

    private static async Task<object> PutEnvironmentAsync(
        string name, [FromBody] EnvironmentRequest request, Caller caller, DeploymentStore store,
        DeploymentAgent agent, CancellationToken ct)
    {
        if (!EnvironmentName().IsMatch(name))
            throw new ProblemException(Problems.RequestInvalid, $"An environment's name matches {EnvironmentName()}.");
        var findings = new List<Finding>();
        var cells = (await agent.SitesAsync(ct)).Where(g => g.Idc == request.Idc).Select(g => g.Code).ToList();
        if (cells.Count == 0) Add("Give the code of an IDC that has cells.", "/idc");
        else if (request.Groups is { } some && (some.Count == 0 || some.Any(g => !cells.Contains(g))))
            Add($"Give some of {string.Join(", ", cells)}, or leave it out for all.", "/groups");
        if (request.BakeSeconds is < 0 or > RolloutRequest.MostBakeSeconds)
            Add($"Give 0 to {RolloutRequest.MostBakeSeconds}.", "/bakeSeconds");
        var waves = request.Waves is null
            ? RolloutRequest.UsualWaves : RolloutRequest.ReadWaves(request.Waves, isPlatform: true, Add);
        if (findings.Count > 0)
            throw new ProblemException(Problems.ContentInvalid, "Mend what errors lists.", findings);
        await store.PutAsync(new DeploymentEnvironment(name, request.Idc!, request.Groups is null ? null
            : JsonSerializer.Serialize(request.Groups.Distinct()),
            JsonSerializer.Serialize(waves, JsonSerializerOptions.Web),
            request.BakeSeconds ?? RolloutRequest.UsualBakeSeconds, null, null, null, null, null, null),
            caller.Context.Actor, ct);
        return BodyOf(await EnvironmentAsync(name, store, ct));

        void Add(string detail, string pointer) => findings.Add(new("value-invalid", detail, pointer));
    }

    private static async Task<object> DeployAsync(
        string environment, HttpContext http, Caller caller, DeploymentStore store, DeploymentAgent agent,
        CancellationToken ct)
    {
        var found = await EnvironmentAsync(environment, store, ct);
        var body = await JsonBody.ReadAsync(http, ct);
        var (package, version) = (body.Text("package", Names.Package), body.Text("version", 100));
        body.Done();
        if (await store.FindAsync(package, version, ct) is null)
            throw new ProblemException(Problems.ContentInvalid, "Mend what errors lists.",
                [new("value-invalid", $"There is no deployment package {package} {version}.", "/version")]);
        await store.DeployAsync(found.Name, package, version, caller.Context.Actor, "set", ct);
        return await ReportAsync(await EnvironmentAsync(environment, store, ct), agent, ct);
    }

    private static async Task<object> PromoteAsync(
        string environment, HttpContext http, Caller caller, DeploymentStore store, DeploymentAgent agent,
        CancellationToken ct)
    {
        var to = await EnvironmentAsync(environment, store, ct);
        var body = await JsonBody.ReadAsync(http, ct);
        var name = body.Text("from", 100);
        body.Done();
        var from = await store.EnvironmentAsync(name, ct);
        if (from is not { HasDeployment: true } || from.Name == to.Name)
            throw new ProblemException(Problems.ContentInvalid, "Mend what errors lists.",
                [new("value-invalid", "Name another environment in which something is deployed.", "/from")]);
        var report = await ReportAsync(from, agent, ct);
        if (report.State != ItemStates.InSync)
            throw new ProblemException(Problems.Conflict,
                $"{from.Name} is {report.State}: what does not run there is not promoted. "
                    + string.Join(' ', report.Items.Select(item => item.Reason).OfType<string>().Take(3)));
        await store.DeployAsync(
            to.Name, from.Package!, from.Version!, caller.Context.Actor, "promoted from " + from.Name, ct);
        return await ReportAsync(await EnvironmentAsync(environment, store, ct), agent, ct);
    }

    private static async Task<object> RollBackAsync(
        string environment, Caller caller, DeploymentStore store, DeploymentAgent agent, CancellationToken ct)
    {
        var found = await EnvironmentAsync(environment, store, ct);
        if (await store.FormerAsync(found.Name, ct) is not { } former)
            throw new ProblemException(Problems.Conflict, $"Nothing else was ever deployed in {found.Name}.");
        await store.DeployAsync(
            found.Name, former.Package, former.Version, caller.Context.Actor, "rolled back", ct);
        return await ReportAsync(await EnvironmentAsync(environment, store, ct), agent, ct);
    }

    private static async Task<DeploymentBody> ReportAsync(
        DeploymentEnvironment environment, DeploymentAgent agent, CancellationToken ct)
    {
        if (!environment.HasDeployment)
            return new DeploymentBody(environment.Name, environment.Idc, environment.ReadGroups(), null,
                ItemStates.InSync, []);
        var items = await agent.CompareAsync(environment, act: false, ct);
        return new DeploymentBody(environment.Name, environment.Idc, environment.ReadGroups(),
            new DesiredBody(environment.Package!, environment.Version!, environment.Revision!.Value,
                environment.Since!.Value, environment.By!, environment.Why!),
            ItemStates.Worst(items.Select(item => item.State)), items);
    }

    private static async Task<DeploymentPackage> FindAsync(
        string name, string version, DeploymentStore store, CancellationToken ct) =>
        (name.Contains('\0') || version.Contains('\0') ? null : await store.FindAsync(name, version, ct))
        ?? throw NotFound();

    private static async Task<DeploymentEnvironment> EnvironmentAsync(
        string name, DeploymentStore store, CancellationToken ct) =>
        (EnvironmentName().IsMatch(name) ? await store.EnvironmentAsync(name, ct) : null) ?? throw NotFound();

    private static PackageBody BodyOf(DeploymentPackage p) =>
        new(p.Name, p.Version, p.ReadPackages(), p.CreatedAt, p.CreatedBy);

    private static EnvironmentBody BodyOf(DeploymentEnvironment e) => new(e.Name, e.Idc, e.ReadGroups(),
        JsonSerializer.Deserialize<List<Wave>>(e.Waves, JsonSerializerOptions.Web)!, e.BakeSeconds);

    private static ProblemException NotFound() => new(Problems.NotFound, "There is nothing here.");

    [GeneratedRegex(@"^[a-z][a-z0-9-]{0,38}[a-z0-9]\z")]
    private static partial Regex EnvironmentName();

    /// <param name="Groups">Cells of the IDC; all where they are left out.</param>
    /// <param name="Waves">As of a rollout.</param>
    private sealed record EnvironmentRequest(
        string? Idc, IReadOnlyList<string>? Groups, IReadOnlyList<WaveRequest>? Waves, int? BakeSeconds);

    private sealed record PackageBody(
        string Name, string Version, IReadOnlyList<DeployedPackage> Packages, DateTime CreatedAt, string CreatedBy);

    private sealed record EnvironmentBody(
        string Name, string Idc, IReadOnlyList<string>? Groups, IReadOnlyList<Wave> Waves, int BakeSeconds);

    /// <param name="Desired">Null where nothing was ever deployed.</param>
    /// <param name="State">The worst of the items'.</param>
    private sealed record DeploymentBody(
        string Environment, string Idc, IReadOnlyList<string>? Groups, DesiredBody? Desired, string State,
        IReadOnlyList<DeploymentItem> Items);

    private sealed record DesiredBody(
        string Package, string Version, int Revision, DateTime Since, string By, string Why);
}
