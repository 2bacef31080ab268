using Xingchen.Contracts;
using Xingchen.Hosting;

namespace Xingchen.Delivery.Installations;

/// <summary>Asks the Metadata of an account's site to put a set of packages in force. Asking again changes
/// nothing.</summary>
public sealed class StackActivation(ServiceClient services)
{
    /// <exception cref="ProblemException"><c>definition-invalid</c> with every finding; <c>unavailable</c>.</exception>
    public Task<StackState> PutAsync(OrgContext context, InstallationTarget target, bool dryRun,
        CancellationToken ct) =>
        services.SendAsync<StackState>(HttpMethod.Put, AppIds.Metadata(context.Idc), "/internal/stacks/packages",
            new SetPackages(context.Org.Value, context.Account.Value, target.ToStack(), dryRun),
            context with { Scopes = [Scopes.Internal] }, ct);
}
