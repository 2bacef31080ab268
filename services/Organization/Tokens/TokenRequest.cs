using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace Xingchen.Organization.Tokens;

/// <summary>A failure of the token endpoint (RFC 6749 §5.2).</summary>
public sealed class TokenException(string error, string description, int status = 400) : Exception(description)
{
    public string Error { get; } = error;

    public int Status { get; } = status;

    public static TokenException InvalidClient() =>
        new("invalid_client", "The client is unknown, its secret is wrong, or it was revoked.", 401);

    public static TokenException InvalidRequest(string description) => new("invalid_request", description);
}

/// <summary>What <c>POST /oauth/token</c> asks for: the client credentials grant (RFC 6749 §4.4).</summary>
/// <param name="ClientId">From the form or from HTTP Basic (§2.3.1).</param>
/// <param name="ClientSecret">Likewise.</param>
/// <param name="Scopes">Null: all that the client has.</param>
/// <param name="Account">Code of the account set; null: the client's own, else <c>main</c>.</param>
/// <param name="User">The user that the token is for; null: the client itself.</param>
public sealed record TokenRequest(
    string ClientId, string ClientSecret, IReadOnlyList<string>? Scopes, string? Account, string? User = null)
{
    public const string Form = "application/x-www-form-urlencoded";
    public const int MostBytes = 16 * 1024;

    /// <exception cref="TokenException">What is wrong with its form.</exception>
    public static TokenRequest Read(IReadOnlyDictionary<string, StringValues> form, string? authorization)
    {
        if (form.FirstOrDefault(pair => pair.Value.Count > 1) is { Key: { } twice })
            throw TokenException.InvalidRequest($"The parameter {Ascii(twice)} stands there more than once.");
        // §3.2: a parameter without a value is as if it were not there.
        string? Value(string name) => form.TryGetValue(name, out var value) && value.ToString() is { Length: > 0 } text
            ? text : null;

        var grant = Value("grant_type") ?? throw TokenException.InvalidRequest("grant_type is missing.");
        if (grant != "client_credentials")
            throw new TokenException("unsupported_grant_type", "Use grant_type=client_credentials.");
        var (id, secret) = Credentials(Value("client_id"), Value("client_secret"), authorization);
        var scopes = Value("scope")?.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new TokenRequest(id, secret, scopes, Value("account"), Value("user"));
    }

    private static (string Id, string Secret) Credentials(string? id, string? secret, string? authorization)
    {
        if (string.IsNullOrEmpty(authorization))
            return id is not null && secret is not null ? (id, secret) : throw TokenException.InvalidClient();
        if (secret is not null)
            throw TokenException.InvalidRequest("Give the client's secret once: in the form or by HTTP Basic.");
        if (!AuthenticationHeaderValue.TryParse(authorization, out var header)
            || !header.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase)
            || Decode(header.Parameter) is not { } pair) throw TokenException.InvalidClient();
        var colon = pair.IndexOf(':');
        if (colon < 0) throw TokenException.InvalidClient();
        // §2.3.1: both parts are form-encoded before they are joined.
        var user = Unescape(pair[..colon]);
        if (id is not null && id != user)
            throw TokenException.InvalidRequest("client_id differs between the form and HTTP Basic.");
        return (user, Unescape(pair[(colon + 1)..]));
    }

    private static string Unescape(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));

    private static string? Decode(string? base64)
    {
        try
        {
            return base64 is null ? null : Encoding.UTF8.GetString(Convert.FromBase64String(base64));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>§5.2 allows printable ASCII without quote and backslash in a description.</summary>
    private static string Ascii(string text) =>
        string.Concat(text.Take(40).Where(character => character is > ' ' and <= '~' and not '"' and not '\\'));
}
