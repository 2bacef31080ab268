using System.Security.Cryptography;
using Xingchen.Organization.Tokens;
using Xingchen.Storage;

namespace Xingchen.Organization.Directory;

/// <summary>A client about to be written.</summary>
public sealed record NewClient(string ClientId, string Name, IReadOnlyList<string> Scopes, int? AccountId, ClientSecret Secret)
{
    /// <summary>With a random id and secret.</summary>
    /// <returns>The client, and its secret's text for the one answer that shows it.</returns>
    public static (NewClient Client, string Text) Create(string name, IReadOnlyList<string> scopes, int? accountId)
    {
        var (text, secret) = ClientSecret.Create();
        var id = "cl_" + RandomNumberGenerator.GetString("0123456789abcdefghijklmnopqrstuvwxyz", 22);
        return (new NewClient(id, name, scopes, accountId, secret), text);
    }

    public Task<int> InsertAsync(OrgTransaction transaction, OrgId org, CancellationToken ct) => transaction.ExecuteAsync("""
        insert into directory.clients (org_id, client_id, name, scopes, account_id, salt, hash, iterations)
        values (@Org, @ClientId, @Name, @Scopes, @AccountId, @Salt, @Hash, @Iterations)
        """, new
        {
            Org = org.Value, ClientId, Name, Scopes = Scopes.ToArray(), AccountId, Secret.Salt, Secret.Hash, Secret.Iterations,
        }, ct);
}
