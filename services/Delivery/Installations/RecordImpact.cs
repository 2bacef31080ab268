using Xingchen.Contracts;
using Xingchen.Hosting;

namespace Xingchen.Delivery.Installations;

/// <summary>Has the Records of an account's cell say what a set of packages would mean for its records.</summary>
public sealed class RecordImpact(ServiceClient services, ILogger<RecordImpact> logger)
{
    /// <returns>Null where Records does not say: a plan is worth having without it.</returns>
    internal async Task<PlanImpact?> AskAsync(
        OrgContext context, InstallationTarget target, IReadOnlyList<StackUse> used, CancellationToken ct)
    {
        try
        {
            var state = await services.SendAsync<ImpactState>(HttpMethod.Post, AppIds.Records(context.Group),
                "/internal/impact", new AskImpact(target.ToStack()), context with { Scopes = [Scopes.Internal] }, ct);
            return new PlanImpact(state.Records, used);
        }
        catch (ProblemException problem)
        {
            logger.LogWarning("What a plan means for records is not known: {Detail}", problem.Detail);
            return null;
        }
    }
}
