using System.Text.RegularExpressions;
using Npgsql;
using Xingchen.Hosting;
using Xingchen.Storage;

namespace Xingchen.Organization.Directory;

/// <summary>How far a caller sees in the directory: the platform everywhere, anyone else its own org.</summary>
/// <param name="Org">The one org, or null for all.</param>
/// <remarks><b>Invariant</b>: it comes from the signed context alone. It is said twice in every statement's way: by the
/// predicate on org_id, and by row-level security through the transaction.</remarks>
public readonly partial record struct Reach(OrgId? Org)
{
    public static Reach Of(Caller caller) => new(caller.Context.Has(Scopes.Platform) ? null : caller.Context.Org);

    public long? OrgValue => Org?.Value;

    public Task<OrgTransaction> BeginAsync(NpgsqlDataSource source, CancellationToken ct) =>
        Org is { } org ? OrgTransaction.BeginAsync(source, org, ct) : OrgTransaction.BeginPlatformAsync(source, ct);

    /// <summary>The form of codes of accounts, sites and groups.</summary>
    [GeneratedRegex("^[a-z]([a-z0-9-]{0,38}[a-z0-9])?\\z", RegexOptions.ExplicitCapture, 1000)]
    public static partial Regex Code { get; }

    /// <summary>What an unseen and an absent thing alike answer.</summary>
    public static ProblemException Nothing() => new(Problems.NotFound, "There is nothing here.");
}
