using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Xingchen.Contracts;
using Xingchen.Gateway.Identity;
using Xingchen.Organization.Tokens;

namespace Xingchen.Tests.Unit.Gateway;

/// <summary>What Organization signs, the gateway verifies; and nothing else.</summary>
public sealed class TokenTests
{
    private static readonly SigningKey Key = SigningKey.Create();

    private static readonly TokenClaims Claims = new(
        TokenClaims.Issuer, "client", 7, "acme", 1, "main", "admin data", "local", "main", null, 4_000, 400, "j");

    private static ECDsa Public() => ECDsa.Create(new ECParameters
    {
        Curve = ECCurve.NamedCurves.nistP256,
        Q = new ECPoint { X = Base64Url.DecodeFromChars(Key.Public.X), Y = Base64Url.DecodeFromChars(Key.Public.Y) },
    });

    [Fact]
    public void A_token_round_trips()
    {
        var token = Token.Parse(Key.Sign(Claims))!;
        using var key = Public();
        Assert.Equal(Key.Public.Kid, token.Kid);
        Assert.True(token.IsSigned(key));
        Assert.Equal(Claims, token.Claims);
        Assert.Equal(["admin", "data"], Token.ToContext(token.Claims).Scopes);
    }

    [Theory]
    [InlineData("internal")]
    [InlineData("admin internal")]
    [InlineData("")]
    [InlineData("root")]
    public void A_scope_that_no_token_carries_is_refused_however_well_signed(string scope)
    {
        using var key = Public();
        Assert.False(Token.Parse(Key.Sign(Claims with { Scope = scope }))!.IsSigned(key));
    }

    [Fact]
    public void What_is_not_ours_is_refused()
    {
        using var key = Public();
        foreach (var claims in new[]
        {
            Claims with { Iss = "other" }, Claims with { Org = 0 }, Claims with { Account = 0 },
                Claims with { Sub = "" },
            Claims with { Group = "" },
        })
            Assert.False(Token.Parse(Key.Sign(claims))!.IsSigned(key));
        Assert.False(Token.Parse(SigningKey.Create().Sign(Claims))!.IsSigned(key));
    }

    [Fact]
    public void Every_changed_character_breaks_it()
    {
        var text = Key.Sign(Claims);
        using var key = Public();
        for (var i = 0; i < text.Length - 1; i++) // the last character carries padding bits
        {
            if (text[i] == '.') continue;
            var changed = text.ToCharArray();
            changed[i] = changed[i] == 'A' ? 'B' : 'A';
            Assert.False(Token.Parse(new string(changed))?.IsSigned(key) ?? false);
        }
    }

    [Theory]
    [InlineData("""{"alg":"none","kid":"k"}""")]
    [InlineData("""{"alg":"HS256","kid":"k"}""")]
    [InlineData("""{"alg":"es256","kid":"k"}""")]
    [InlineData("""{"alg":"ES256"}""")]
    [InlineData("""{"alg":"ES256","kid":1}""")]
    [InlineData("""{"alg":"ES256","kid":"k","crit":["b64"]}""")]
    [InlineData("[]")]
    [InlineData("x")]
    public void The_algorithm_is_pinned(string header)
    {
        var parts = Key.Sign(Claims).Split('.');
        Assert.Null(Token.Parse($"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{parts[1]}.{parts[2]}"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a.b")]
    [InlineData("a.b.c.d")]
    [InlineData("é.é.é")]
    public void What_has_no_form_is_refused(string text) => Assert.Null(Token.Parse(text));

    [Theory]
    [InlineData(3_999, true)]
    [InlineData(4_000, false)]
    [InlineData(340, true)]
    [InlineData(339, false)]
    public void Lives_from_its_making_to_its_end(long now, bool alive) =>
        Assert.Equal(alive, Token.IsAlive(Claims, DateTimeOffset.FromUnixTimeSeconds(now)));
}
