using System.Security.Cryptography;
using Xingchen.Organization.Tokens;

namespace Xingchen.Organization.Directory;

/// <summary>A client about to be written.</summary>
public sealed record NewClient(string ClientId, string Name, IReadOnlyList<string> Scopes, int? AccountId,
    ClientSecret Secret)
{
    /// <summary>Whether it gets tokens for users of its org.</summary>
    public bool ActsForUsers { get; init; }

    /// <summary>Null: everything that its scopes allow.</summary>
    public IReadOnlyList<string>? PermissionSets { get; init; }

    /// <summary>A flat JSON object.</summary>
    public string Attributes { get; init; } = "{}";

    /// <summary>With a random id and secret.</summary>
    /// <returns>The client, and its secret's text for the one answer that shows it.</returns>
    public static (NewClient Client, string Text) Create(string name, IReadOnlyList<string> scopes, int? accountId)
    {
        var (text, secret) = ClientSecret.Create();
        var id = "cl_" + RandomNumberGenerator.GetString("0123456789abcdefghijklmnopqrstuvwxyz", 22);
        return (new NewClient(id, name, scopes, accountId, secret), text);
    }
}
