namespace Xingchen.Contracts;

/// <summary>What the gateway must know of the directory to refuse a token that is still well signed.</summary>
/// <param name="Version">Grows with every change; equal versions are equal content.</param>
/// <param name="RevokedClients">Clients revoked within the lifetime of a token.</param>
/// <param name="SuspendedOrgs">Ids of orgs that are suspended or erased.</param>
/// <remarks>Served by Organization at <c>GET /internal/revocations</c>, for the scope <c>internal</c>.</remarks>
public sealed record Revocations(long Version, IReadOnlyList<string> RevokedClients, IReadOnlyList<long> SuspendedOrgs);
