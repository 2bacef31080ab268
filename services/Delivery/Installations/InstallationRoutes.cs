using Microsoft.AspNetCore.Mvc;
using Xingchen.Delivery.Packages;
using Xingchen.Hosting;
using Xingchen.Schema.Packages;

namespace Xingchen.Delivery.Installations;

/// <summary><c>/v1/installations</c>: the packages of the caller's account.</summary>
public static class InstallationRoutes
{
    private const string NoGrants = "[]";

    public static void MapInstallations(this WebApplication app)
    {
        var routes = app.MapGroup("/v1/installations").RequireScope(Scopes.Admin);
        routes.MapPost("/plan", PlanAsync);
        routes.MapPost("", InstallAsync);
        routes.MapGet("", ListAsync);
        routes.MapGet("/{id}", GetAsync);
        routes.MapPatch("/{package}", GrantAsync);
        routes.MapPost("/{package}/upgrade", UpgradeAsync);
        routes.MapPost("/{package}/rollback", RollBackAsync);
        routes.MapDelete("/{package}", UninstallAsync);
    }

    private static async Task<object> PlanAsync(
        [FromBody] InstallRequest request, Caller caller, InstallationDesk desk, InstallationStore store,
        StackActivation activation, RecordImpact impact, PackageLocks locks, CancellationToken ct)
    {
        var (package, range) = request.Read();
        var installed = await store.InstalledAsync(caller.Key, ct);
        InstallationTarget target;
        try
        {
            target = await desk.PlanAsync(caller, package, range, installed, ct);
            request.GrantsOf(target.Packages.First(p => p.Name == package));
        }
        catch (ProblemException problem) when (
            problem.Problem == Problems.ResolutionFailed || problem.Problem == Problems.PackageNotReleased)
        {
            return PlanBody.None(package, [new Finding(problem.Problem.Slug, problem.Detail)]);
        }
        try
        {
            var state = await activation.PutAsync(caller.Context, target, dryRun: true, ct);
            var plan = PlanBody.Of(package, target, installed, state.Difference, []);
            var others = await locks.CompareAsync(target.Packages.ToDictionary(p => p.Name, p => p.Version), ct);
            return plan with
            {
                Warnings = [.. plan.Warnings ?? [], .. others],
                Impact = await impact.AskAsync(caller.Context, target, state.Difference?.Used ?? [], ct),
            };
        }
        catch (ProblemException problem) when (problem.Problem.Status is 409 or 422)
        {
            return PlanBody.Of(package, target, installed, null,
                problem.Errors.Count > 0 ? problem.Errors : [new Finding(problem.Problem.Slug, problem.Detail)]);
        }
    }

    private static async Task<IResult> InstallAsync(
        [FromBody] InstallRequest request, Caller caller, InstallationDesk desk, InstallationStore store,
        CancellationToken ct)
    {
        var (package, range) = request.Read();
        var installed = await store.InstalledAsync(caller.Key, ct);
        var present = installed.FirstOrDefault(i => i.Package == package);
        if (present is not null && range.Contains(NuGet.Versioning.SemanticVersion.Parse(present.Version)))
        {
            if (!present.Requested) await store.RequestAsync(caller.Key, package, ct);
            if (request.Grant is { Count: > 0 } more)
                present = await store.GrantAsync(caller.Key, package, now =>
                    [.. now.Granted, .. GrantRequest.Among(package, present.Version, now.Asked, more)], ct)
                        ?? throw NotFound();
            return await UnchangedAsync(present, caller, store, ct);
        }
        var target = await desk.PlanAsync(caller, package, range, installed, ct);
        var chosen = target.Packages.First(p => p.Name == package);
        var act = present is null ? Acts.Install : Acts.Upgrade;
        return Accepted(await desk.AddAsync(caller, package, chosen.Version, act, request.GrantsOf(chosen), ct));
    }

    private static async Task<object> ListAsync(Caller caller, InstallationStore store, CancellationToken ct)
    {
        var installed = await store.InstalledAsync(caller.Key, ct);
        return new InstallationList(
            [.. (await store.ListAsync(caller.Key, ct)).Select(act => InstallationBody.From(act, installed))], null);
    }

    private static async Task<object> GetAsync(string id, Caller caller, InstallationStore store, CancellationToken ct)
    {
        if (!Guid.TryParseExact(id, "N", out _) || await store.FindAsync(caller.Key, id, ct) is not { } found)
            throw NotFound();
        return InstallationBody.From(found, await store.InstalledAsync(caller.Key, ct));
    }

    private static async Task<object> GrantAsync(
        string package, [FromBody] GrantRequest request, Caller caller, InstallationStore store, CancellationToken ct)
    {
        var grant = request.Read();
        var present = Present(await store.InstalledAsync(caller.Key, ct), package);
        present = await store.GrantAsync(caller.Key, package,
            now => GrantRequest.Among(package, present.Version, now.Asked, grant), ct) ?? throw NotFound();
        return InstallationBody.From((await store.FindAsync(caller.Key, present.Installation, ct))!, [present]);
    }

    private static async Task<IResult> UpgradeAsync(
        string package, [FromBody] UpgradeRequest request, Caller caller, InstallationDesk desk,
            InstallationStore store,
        CancellationToken ct)
    {
        var installed = await store.InstalledAsync(caller.Key, ct);
        var present = Present(installed, package);
        var (_, range) = new InstallRequest(package, request.Version, null).Read();
        var target = await desk.PlanAsync(caller, package, range, installed, ct);
        var chosen = target.Packages.First(p => p.Name == package);
        return chosen.Version == present.Version
            ? await UnchangedAsync(present, caller, store, ct)
            : Accepted(await desk.AddAsync(caller, package, chosen.Version, Acts.Upgrade, NoGrants, ct));
    }

    private static async Task<IResult> RollBackAsync(
        string package, Caller caller, InstallationDesk desk, InstallationStore store, CancellationToken ct)
    {
        var installed = await store.InstalledAsync(caller.Key, ct);
        if (Present(installed, package).Former is not { } former)
            throw new ProblemException(Problems.Conflict, $"{package} has had no other version here to go back to.");
        await desk.PlanAsync(caller, package, TargetPlanner.Exactly(former), installed, ct);
        return Accepted(await desk.AddAsync(caller, package, former, Acts.Rollback, NoGrants, ct));
    }

    private static async Task<IResult> UninstallAsync(
        string package, Caller caller, InstallationDesk desk, InstallationStore store, CancellationToken ct,
        string data = "keep")
    {
        if (data is not ("keep" or "delete"))
            throw new ProblemException(Problems.RequestInvalid, "data is keep or delete.");
        var installed = await store.InstalledAsync(caller.Key, ct);
        var present = Present(installed, package);
        await desk.RequireRemovableAsync(caller, package, installed, ct);
        var act = await desk.AddAsync(caller, package, present.Version, Acts.Uninstall, NoGrants, ct,
            deleteData: data == "delete");
        act = await desk.FollowAsync(caller, act, ct);
        return act.Status switch
        {
            Statuses.Removed => Results.NoContent(),
            Statuses.Failed when act.ReadProblem() is { } problem =>
                throw new ProblemException(Problems.InstallationFailed, problem.Detail, problem.Errors),
            _ => Accepted(act),
        };
    }

    private static InstalledPackage Present(IReadOnlyList<InstalledPackage> installed, string package) =>
        installed.FirstOrDefault(i => i.Package == package) ?? throw NotFound();

    private static async Task<IResult> UnchangedAsync(
        InstalledPackage present, Caller caller, InstallationStore store, CancellationToken ct) => Results.Ok(
        InstallationBody.From((await store.FindAsync(caller.Key, present.Installation, ct))!, [present]));

    private static IResult Accepted(Installation act) =>
        Results.Accepted($"/v1/installations/{act.Id}", InstallationBody.From(act, []));

    private static ProblemException NotFound() => new(Problems.NotFound, "There is nothing here.");
}
