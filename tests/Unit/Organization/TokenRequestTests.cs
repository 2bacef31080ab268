using Microsoft.Extensions.Primitives;
using Xingchen.Organization;
using Xingchen.Organization.Tokens;

namespace Xingchen.Tests.Unit.Organization;

public sealed class TokenRequestTests
{
    private static Dictionary<string, StringValues> Form(params (string Name, string Value)[] values) =>
        values.Append(("grant_type", "client_credentials"))
            .ToDictionary(pair => pair.Item1, pair => new StringValues(pair.Item2));

    private static string Basic(string pair) =>
        "Basic " + Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(pair));

    [Fact]
    public void Reads_the_form()
    {
        var request =
            TokenRequest.Read(Form(("client_id", "a"), ("client_secret", "s"), ("scope", "x  y"), ("account", "b")),
                null);
        Assert.Equal(("a", "s", "b"), (request.ClientId, request.ClientSecret, request.Account));
        Assert.Equal(["x", "y"], request.Scopes);
    }

    [Theory]
    [InlineData("a:s", "a", "s")]
    [InlineData("a%3Ab:s+t", "a:b", "s t")]
    [InlineData("a:s:t", "a", "s:t")]
    [InlineData("a:", "a", "")]
    public void Reads_HTTP_Basic(string pair, string id, string secret)
    {
        var request = TokenRequest.Read(Form(), Basic(pair));
        Assert.Equal((id, secret), (request.ClientId, request.ClientSecret));
    }

    [Theory]
    [InlineData("Basic !!!")]
    [InlineData("Basic")]
    [InlineData("Bearer x")]
    [InlineData("Basic YQ==")] // no colon
    public void A_header_that_is_no_Basic_is_no_client(string header) =>
        Assert.Equal("invalid_client", Assert.Throws<TokenException>(() => TokenRequest.Read(Form(), header)).Error);

    [Fact]
    public void One_client_one_way()
    {
        Assert.Equal("invalid_request",
            Assert.Throws<TokenException>(() => TokenRequest.Read(Form(("client_secret", "s")), Basic("a:s"))).Error);
        Assert.Equal("invalid_request",
            Assert.Throws<TokenException>(() => TokenRequest.Read(Form(("client_id", "b")), Basic("a:s"))).Error);
    }

    [Fact]
    public void Secrets_are_random_salted_and_compared_whole()
    {
        var (text, stored) = ClientSecret.Create();
        var (other, _) = ClientSecret.Create();
        Assert.NotEqual(text, other);
        Assert.True(text.Length >= 43);
        Assert.True(ClientSecret.Verify(stored, text));
        Assert.False(ClientSecret.Verify(stored, text + "x"));
        Assert.False(ClientSecret.Verify(stored, ""));
        Assert.False(ClientSecret.Verify(null, text));
        Assert.NotEqual(ClientSecret.Of("a", 1).Hash, ClientSecret.Of("a", 1).Hash);
    }

    [Fact]
    public void A_sealed_key_opens_with_its_own_seal_alone()
    {
        var key = SigningKey.Create();
        var seal = Enumerable.Repeat((byte)1, 32).ToArray();
        var whole = key.Seal(seal);
        Assert.Equal(key.Public, SigningKey.Unseal(whole, seal)!.Public);
        Assert.Equal(key.Public, SigningKey.ReadPublic(key.ExportPublic()));
        Assert.Null(SigningKey.Unseal(whole, Enumerable.Repeat((byte)2, 32).ToArray()));
        whole[^1] ^= 1;
        Assert.Null(SigningKey.Unseal(whole, seal));
    }

    [Fact]
    public void Defaults_are_these()
    {
        var options = new OrganizationOptions();
        Assert.Equal((100_000, 2), (options.ChosenSecretIterations, options.TopologySeconds));
    }
}
