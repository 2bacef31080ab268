using Xingchen.Contracts;
using Xingchen.Hosting;

namespace Xingchen.Delivery.Installations;

/// <summary>Has the agent of an account's cell pull and verify the files of packages that are to come into force,
/// before any of it does. Asking again changes nothing.</summary>
/// <remarks>What is in force already was verified when it came: an act on one package, and above all the way back from
/// one, does not wait for the files of others.</remarks>
public sealed class PackagePreparation(ServiceClient services)
{
    /// <exception cref="ProblemException"><c>package-invalid</c> where a file is not what was released;
    /// <c>unavailable</c>.</exception>
    public async Task PrepareAsync(
        OrgContext context, InstallationTarget target, IReadOnlyList<InstalledPackage> installed, CancellationToken ct)
    {
        var coming = target.Packages
            .Where(p => !installed.Any(i => i.Package == p.Name && i.Version == p.Version)).ToList();
        if (coming.Count == 0) return;
        await services.SendAsync<PreparedPackages>(HttpMethod.Post, AppIds.Extensions(context.Group),
            "/internal/packages/prepare",
            new PreparePackages([.. coming.Select(p => new PackageAddress(p.Name, p.Version, p.Digest))]),
            context with { Scopes = [Scopes.Internal] }, ct);
    }
}
