namespace Xingchen.Contracts;

/// <summary>An account of a cell.</summary>
public sealed record CellAccount(long Org, int Account);

/// <summary>A page of the accounts that a cell serves, in the order of org and account; fewer than asked for is the
/// last.</summary>
/// <remarks>Served by Organization at <c>GET /internal/accounts?group=…&amp;org=…&amp;account=…&amp;limit=…</c>
/// (after that org and account), for the scope <c>internal</c>. Suspended orgs are among them: their data is still
/// kept.</remarks>
public sealed record CellAccounts(IReadOnlyList<CellAccount> Accounts);
