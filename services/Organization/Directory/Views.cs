using System.Text.Json;

namespace Xingchen.Organization.Directory;

/// <summary>An org as the API shows it. <c>client</c> only in the answer that creates it.</summary>
/// <param name="Standard">The release of the standard product that it is pinned to; null where it has its
/// group's.</param>
public sealed record OrgView(
    string Code, string Name, string Group, string Idc, string Status, PublisherView? Publisher,
    IReadOnlyList<AccountView> Accounts, LimitsView? Limits, DateTime CreatedAt, string? Standard,
    NewClientView? Client = null);

public sealed record PublisherView(string Namespace);

public sealed record LimitsView(int RequestsPerSecond);

/// <param name="TimeZone">IANA name.</param>
public sealed record AccountView(string Code, string Name, string TimeZone);

/// <summary>A client, without its secret, which nobody can read again.</summary>
/// <param name="PermissionSets">Null where the client may do all that its scopes allow.</param>
/// <param name="ActsForUsers">Whether it gets tokens for users.</param>
public sealed record ClientView(string ClientId, string Name, IReadOnlyList<string> Scopes, string? Account,
    bool ActsForUsers, IReadOnlyList<string>? PermissionSets, JsonElement Attributes, DateTime CreatedAt);

/// <summary>A user of an org.</summary>
public sealed record UserView(
    string Id, string Name, string Email, JsonElement Attributes, IReadOnlyList<string> PermissionSets,
    DateTime CreatedAt);

/// <summary>The secret is shown in this answer and never again.</summary>
public sealed record NewClientView(
    string ClientId, string ClientSecret, string? Name = null, IReadOnlyList<string>? Scopes = null,
        string? Account = null);

/// <summary>Proof that an org was erased from the directory.</summary>
/// <param name="Receipt">Kept with the erasure.</param>
public sealed record ErasureView(Guid Receipt, string Code, DateTime ErasedAt, int Accounts, int Clients);

public sealed record IdcView(string Code, string Name, IReadOnlyList<string> Groups);

public sealed record GroupView(string Code, string Name, string Idc);

/// <summary>Parts of views.</summary>
internal static class Views
{
    public static JsonElement Attributes(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
