using System.Text.Json;
using Xingchen.Delivery.Packages;
using Xingchen.Hosting;
using Xingchen.Schema.Packages;

namespace Xingchen.Delivery.Installations;

/// <summary>Takes wishes of an account: says at once what cannot be, and leaves the rest to the worker.</summary>
public sealed class InstallationDesk(
    InstallationStore store, PackageVersionStore versions, TargetPlanner planner, StackActivation activation,
    InstallationSignal signal, TimeProvider time)
{
    private const int FollowSteps = 250;
    private static readonly TimeSpan FollowStep = TimeSpan.FromMilliseconds(20);

    /// <summary>An id: 32 hexadecimal digits that begin with the time.</summary>
    public static string NewId(TimeProvider time) => Guid.CreateVersion7(time.GetUtcNow()).ToString("N");

    /// <summary>What would be installed.</summary>
    /// <exception cref="ProblemException"><c>not-found</c>: no version that the caller may see;
    /// <c>package-not-released</c>; <c>resolution-failed</c>; <c>content-invalid</c>: a standard layer.</exception>
    public async Task<InstallationTarget> PlanAsync(
        Caller caller, string package, VersionRange range, IReadOnlyList<InstalledPackage> installed,
            CancellationToken ct)
    {
        var seen = await versions.ListAsync(caller.Context.Org, [package], ct);
        if (seen.Count == 0) throw new ProblemException(Problems.NotFound, "There is nothing here.");
        if (seen.Any(v => v.Layer != PackageManifest.IsvLayer))
            throw new ProblemException(Problems.ContentInvalid, "Mend what errors lists.",
                [new("value-invalid", $"{package} is a standard layer: every account of the cell has it.",
                    "/package")]);
        if (seen.All(v => v.Status == PackageVersion.Uploaded))
            throw new ProblemException(Problems.PackageNotReleased, $"{package} has no released version yet.");
        return await planner.WithAsync(installed, package, range, ct);
    }

    /// <exception cref="ProblemException"><c>package-in-use</c>: by another package, or by the account's own
    /// metadata.</exception>
    public async Task RequireRemovableAsync(
        Caller caller, string package, IReadOnlyList<InstalledPackage> installed, CancellationToken ct)
    {
        var target = await planner.WithoutAsync(installed, package, ct);
        try
        {
            await activation.PutAsync(caller.Context, target, dryRun: true, ct);
        }
        catch (ProblemException problem) when (problem.Problem.Status is 409 or 422)
        {
            throw new ProblemException(
                Problems.PackageInUse, $"This account's own metadata needs {package}.", problem.Errors);
        }
    }

    /// <summary>Writes a wish down and wakes the worker.</summary>
    /// <param name="grants">JSON: a list of permissions.</param>
    /// <param name="deleteData">Whether what the package leaves behind shall be exported and deleted.</param>
    public async Task<Installation> AddAsync(
        Caller caller, string package, string version, string act, string grants, CancellationToken ct,
        bool deleteData = false)
    {
        var context = caller.Context with { Scopes = [Scopes.Internal] };
        var added = await store.AddAsync(new Installation(
            caller.Key.Org.Value, NewId(time), caller.Key.Account.Value, package, version, act, Statuses.Pending,
            JsonSerializer.Serialize(context, JsonSerializerOptions.Web), grants, null, null, 0,
            time.GetUtcNow().UtcDateTime, caller.Context.Actor, DeleteData: deleteData), ct);
        signal.Ring();
        return added;
    }

    /// <summary>Waits a few seconds for an act to end; gives it as it is then.</summary>
    public async Task<Installation> FollowAsync(Caller caller, Installation act, CancellationToken ct)
    {
        for (var i = 0; i < FollowSteps && act.Status is Statuses.Pending or Statuses.Activating; i++)
        {
            await Task.Delay(FollowStep, time, ct);
            act = (await store.FindAsync(caller.Key, act.Id, ct))!;
        }
        return act;
    }
}
