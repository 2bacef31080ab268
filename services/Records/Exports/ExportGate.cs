using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Xingchen.Records.Exports;

/// <summary>Counts the exports of each org on this instance. Thread-safe.</summary>
internal sealed class ExportGate(IOptions<ExportOptions> options)
{
    private readonly ConcurrentDictionary<OrgId, int> running = new();

    /// <summary>Lets one in; disposed, it is over.</summary>
    /// <exception cref="ProblemException"><c>rate-limited</c></exception>
    public IDisposable Enter(OrgId org)
    {
        if (running.AddOrUpdate(org, 1, (_, n) => n + 1) <= options.Value.PerOrg) return new Place(this, org);
        Leave(org);
        throw new ProblemException(Problems.RateLimited,
            $"An organization has at most {options.Value.PerOrg} exports at a time.") { RetryAfterSeconds = 10 };
    }

    private void Leave(OrgId org)
    {
        if (running.AddOrUpdate(org, 0, (_, n) => n - 1) <= 0)
            running.TryRemove(new KeyValuePair<OrgId, int>(org, 0));
    }

    private sealed class Place(ExportGate gate, OrgId org) : IDisposable
    {
        public void Dispose() => gate.Leave(org);
    }
}
