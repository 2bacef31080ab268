using Xingchen.Contracts;
using Xingchen.Hosting;

namespace Xingchen.Delivery.Installations;

/// <summary>Has the Records of an account's cell export and delete what a package has left behind. Asking again, for
/// the same act, tells how far that is.</summary>
public sealed class DataRemoval(ServiceClient services)
{
    /// <exception cref="ProblemException"><c>unavailable</c></exception>
    public Task<RemovalState> PutAsync(Installation act, CancellationToken ct)
    {
        var context = act.ReadContext();
        return services.SendAsync<RemovalState>(HttpMethod.Put, AppIds.Records(context.Group),
            "/internal/removals/" + act.Id, new RemovePackageData(act.Package),
            context with { Scopes = [Scopes.Internal] }, ct);
    }
}
