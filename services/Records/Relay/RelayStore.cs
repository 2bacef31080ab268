using System.Globalization;
using System.Security.Cryptography;
using Dapper;
using Microsoft.Extensions.Options;
using Xingchen.Records.Sql;
using Xingchen.Storage;

namespace Xingchen.Records.Relay;

/// <summary>Tickets of one account that an instance has taken.</summary>
/// <param name="Tries">How often publishing has failed since it last went well.</param>
internal sealed record RelayClaim(AccountKey Account, long[] Tickets, int Tries);

/// <summary>An account's line, held by one instance.</summary>
/// <param name="Account">As the row of the account says.</param>
/// <param name="Holder">Whoever holds it has another number.</param>
/// <param name="Position">Behind the last change that was published.</param>
internal sealed record RelayHold(AccountKey Account, long Holder, long Position);

/// <summary>Tickets (outside row-level security, naming accounts) and positions (within it).</summary>
internal sealed class RelayStore(CellDatabase database, IOptions<RelayOptions> options)
{
    private readonly TimeSpan lease = TimeSpan.FromSeconds(options.Value.LeaseSeconds);

    /// <summary>Takes the tickets of the account that has waited longest; null where none is due.</summary>
    /// <remarks>An account of which a ticket is not due yet is at work elsewhere, or waits after a failure.</remarks>
    public async Task<RelayClaim?> ClaimAsync(CancellationToken ct)
    {
        await using var connection = await database.Records.OpenConnectionAsync(ct);
        var rows = (await connection.QueryAsync<TicketRow>(new CommandDefinition("""
            with first as (
                select t.context from records.relay_tickets t
                where t.due_at <= now() and not exists (
                    select from records.relay_tickets o where o.context = t.context and o.due_at > now())
                order by t.due_at, t.id limit 1 for update skip locked),
            mine as (
                select t.id from records.relay_tickets t
                where t.context = (select context from first) for update skip locked)
            update records.relay_tickets set taken = true, due_at = now() + @lease
            where id = any (array(select id from mine))
            returning id, context, tries
            """, new { lease }, cancellationToken: ct))).AsList();
        return rows.Count == 0
            ? null
            : new RelayClaim(Account(rows[0].Context), [.. rows.Select(row => row.Id)], rows.Max(row => row.Tries));
    }

    /// <summary>Holds an account's line; null where another holds it.</summary>
    public async Task<RelayHold?> HoldAsync(AccountKey account, CancellationToken ct)
    {
        var holder = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(8));
        await using var transaction = await OrgTransaction.BeginAsync(database.Records, account.Org, ct);
        var row = await transaction.QuerySingleOrDefaultAsync<PositionRow>("""
            insert into records.relay_positions as p (org_id, account_id, holder, held_until)
            values (@org, @account, @holder, now() + @lease)
            on conflict (org_id, account_id) do update
            set holder = excluded.holder, held_until = excluded.held_until
            where p.held_until <= now()
            returning org_id as "org", account_id as "account", position
            """, new { org = account.Org.Value, account = account.Account.Value, holder, lease }, ct);
        await transaction.CommitAsync(ct);
        if (row is null) return null;
        OrgBatch.AssertOrg(row.Org, account.Org);
        return new RelayHold(
            new AccountKey(new OrgId(row.Org), new AccountId(row.Account)), holder, row.Position);
    }

    /// <summary>Writes down how far it is, and holds the line on.</summary>
    /// <returns>False where another has it by now.</returns>
    public Task<bool> AdvanceAsync(RelayClaim claim, RelayHold hold, long position, CancellationToken ct) =>
        MoveAsync(hold, position, lease, """
            update records.relay_tickets set due_at = now() + @lease, tries = 0 where id = any (@tickets)
            """, new { lease, tickets = claim.Tickets }, ct);

    /// <summary>Everything that the tickets stood for is published: they go, and the line is free.</summary>
    public Task<bool> CloseAsync(RelayClaim claim, RelayHold hold, long position, CancellationToken ct) =>
        MoveAsync(hold, position, TimeSpan.Zero, """
            delete from records.relay_tickets where id = any (@tickets)
            """, new { tickets = claim.Tickets }, ct);

    /// <summary>Something is left: the line is free, and the tickets are due in a while.</summary>
    public Task<bool> LeaveAsync(
        RelayClaim claim, RelayHold hold, long position, TimeSpan pause, int tries, CancellationToken ct) =>
        MoveAsync(hold, position, TimeSpan.Zero, """
            update records.relay_tickets set due_at = now() + @pause, tries = @tries where id = any (@tickets)
            """, new { pause, tries, tickets = claim.Tickets }, ct);

    /// <summary>Gives tickets back whose account another holds.</summary>
    public async Task PutBackAsync(RelayClaim claim, TimeSpan pause, CancellationToken ct)
    {
        await using var connection = await database.Records.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition(
            "update records.relay_tickets set due_at = now() + @pause where id = any (@tickets)",
            new { pause, tickets = claim.Tickets }, cancellationToken: ct));
    }

    /// <summary>Moves the position and, in the same transaction, does what that means for the tickets.</summary>
    private async Task<bool> MoveAsync(
        RelayHold hold, long position, TimeSpan held, string tickets, object parameters, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(database.Records, hold.Account.Org, ct);
        var moved = await transaction.ExecuteAsync("""
            update records.relay_positions set position = @position, held_until = now() + @held
            where org_id = @org and account_id = @account and holder = @Holder
            """,
            new
            {
                org = hold.Account.Org.Value, account = hold.Account.Account.Value, hold.Holder, position, held,
            }, ct);
        if (moved == 0) return false;
        await transaction.ExecuteAsync(tickets, parameters, ct);
        await transaction.CommitAsync(ct);
        return true;
    }

    private static AccountKey Account(string context)
    {
        var parts = context.Split('/');
        return new AccountKey(
            new OrgId(long.Parse(parts[0], CultureInfo.InvariantCulture)),
            new AccountId(int.Parse(parts[1], CultureInfo.InvariantCulture)));
    }

    private sealed record TicketRow(long Id, string Context, int Tries);

    private sealed record PositionRow(long Org, int Account, long Position);
}
