using Xingchen.Storage;

namespace Xingchen.Records.Sql;

/// <summary>What every write does for the relay.</summary>
internal static class RelaySql
{
    /// <summary>Names the account in a text, for the tables that stand outside row-level security.</summary>
    public static string Context(AccountKey account) => $"{account.Org.Value}/{account.Account.Value}";

    /// <summary>Tells the relay that the account's log has grown, where no ticket that nobody has taken says
    /// so.</summary>
    /// <remarks>
    /// Stands behind the entries of the log in their own batch, <b>never before them</b>: their positions are drawn
    /// when this looks for a ticket. Whoever takes the ticket later finds those positions among the drawn ones, and
    /// waits for them to settle. However many entries a batch writes, it is sent once. A test in <c>tests/Tidy</c>
    /// counts that no statement that writes the log goes without it.
    /// </remarks>
    public static void Announce(this OrgBatch batch, AccountKey account) => batch.AddLast("""
        insert into records.relay_tickets (context)
        select $1 where not exists (
            select from records.relay_tickets t where t.context = $1 and not t.taken)
        """, OrgBatch.Parameter(Context(account)));
}
