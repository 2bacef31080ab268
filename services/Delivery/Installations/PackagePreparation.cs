using Xingchen.Contracts;
using Xingchen.Hosting;

namespace Xingchen.Delivery.Installations;

/// <summary>Has the agent of an account's cell pull and verify the files of a set of packages, before any of it is put
/// in force. Asking again changes nothing.</summary>
public sealed class PackagePreparation(ServiceClient services)
{
    /// <exception cref="ProblemException"><c>package-invalid</c> where a file is not what was released;
    /// <c>unavailable</c>.</exception>
    public async Task PrepareAsync(OrgContext context, InstallationTarget target, CancellationToken ct)
    {
        if (target.Packages.Count == 0) return;
        await services.SendAsync<PreparedPackages>(HttpMethod.Post, AppIds.Extensions(context.Group),
            "/internal/packages/prepare",
            new PreparePackages([.. target.Packages.Select(p => new PackageAddress(p.Name, p.Version, p.Digest))]),
            context with { Scopes = [Scopes.Internal] }, ct);
    }
}
