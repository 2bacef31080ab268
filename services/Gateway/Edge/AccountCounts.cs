using System.Collections.Concurrent;
using Xingchen.Contracts;

namespace Xingchen.Gateway.Edge;

/// <summary>Counts, for each account, how its requests end. Thread-safe.</summary>
/// <remarks>Bounded by <see cref="MostAccounts"/> between two reports: accounts beyond are not counted.</remarks>
public sealed class AccountCounts
{
    private const int MostAccounts = 100_000;

    private ConcurrentDictionary<AccountKey, Count> counts = new();

    /// <summary>Counts one answer.</summary>
    public void Add(AccountKey account, int status, TimeSpan took) => Add(account, new AccountHealth(
        account.Org.Value, account.Account.Value, 1, status >= 500 ? 1 : 0, status is 400 or 405 or 415 or 422 ? 1 : 0,
        (long)took.TotalMilliseconds));

    /// <summary>Puts back what could not be reported.</summary>
    public void Add(IEnumerable<AccountHealth> unreported)
    {
        foreach (var account in unreported)
            Add(new AccountKey(new OrgId(account.Org), new AccountId(account.Account)), account);
    }

    /// <summary>What was counted since the last time.</summary>
    public IReadOnlyList<AccountHealth> Take() =>
        [.. Interlocked.Exchange(ref counts, new()).Select(pair => pair.Value.Read(pair.Key))];

    private void Add(AccountKey account, AccountHealth more)
    {
        var now = counts;
        if (now.TryGetValue(account, out var count) || now.Count < MostAccounts)
            (count ?? now.GetOrAdd(account, _ => new Count())).Add(more);
    }

    private sealed class Count
    {
        private readonly Lock gate = new();
        private int requests, failures, refusals;
        private long milliseconds;

        public void Add(AccountHealth more)
        {
            lock (gate)
            {
                requests += more.Requests;
                failures += more.Failures;
                refusals += more.Refusals;
                milliseconds += more.Milliseconds;
            }
        }

        public AccountHealth Read(AccountKey key)
        {
            lock (gate)
                return new(key.Org.Value, key.Account.Value, requests, failures, refusals, milliseconds);
        }
    }
}
