using System.Net;
using System.Security.Cryptography;
using System.Text;
using Xingchen.Model;
using Xingchen.Schema.Packages;
using Xingchen.Testing;

namespace Xingchen.Tests.Integration.Delivery;

/// <summary>Keys of publishers and what they sign.</summary>
public sealed class SignatureTests(DeliveryInstallation delivery) : IClassFixture<DeliveryInstallation>
{
    [Fact]
    public async Task A_registered_key_signs_until_it_is_revoked()
    {
        var (name, publisher) = (Sample.NewName(), delivery.NewOrg("acme"));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var file = Sample.Package(key, name, "acme", "1.0.0");
        Assert.Equal(["signature-key-unknown"],
            (await publisher.UploadAsync(file)).Expect(HttpStatusCode.UnprocessableEntity, "package-invalid").Codes);

        var added = (await RegisterAsync(publisher, key)).Expect(HttpStatusCode.Created).Json;
        var id = added.GetProperty("id").GetString()!;
        Assert.Equal(PackageSignature.KeyId(key), id);
        Assert.Equal(id, (await RegisterAsync(publisher, key)).Expect(HttpStatusCode.OK).Json.GetProperty("id")
            .GetString());
        var uploaded = (await publisher.UploadAsync(file)).Expect(HttpStatusCode.Created).Json;
        Assert.Equal(0, uploaded.GetProperty("warnings").GetArrayLength());
        Assert.Equal(id, (await publisher.GetAsync($"/v1/packages/{name}/1.0.0")).Expect(HttpStatusCode.OK).Json
            .GetProperty("signedBy").GetString());

        (await publisher.DeleteAsync("/v1/keys/" + id)).Expect(HttpStatusCode.NoContent);
        (await publisher.DeleteAsync("/v1/keys/" + id)).Expect(HttpStatusCode.NoContent);
        Assert.Equal("revoked", (await RegisterAsync(publisher, key)).Expect(HttpStatusCode.OK).Json
            .GetProperty("status").GetString());
        Assert.Equal(["signature-key-revoked"], (await publisher.UploadAsync(
            Sample.Package(key, name, "acme", "1.0.1"))).Expect(HttpStatusCode.UnprocessableEntity).Codes);
        (await publisher.UploadAsync(file)).Expect(HttpStatusCode.OK); // taken before it was revoked
    }

    [Fact]
    public async Task A_key_is_one_publishers_own()
    {
        var (one, other) = (delivery.NewOrg("acme"), delivery.NewOrg("acme"));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var id = (await RegisterAsync(one, key)).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!;
        Assert.Equal(0, (await other.GetAsync("/v1/keys")).Expect(HttpStatusCode.OK).Json.GetProperty("keys")
            .GetArrayLength());
        var foreign = "/v1/keys/" + id;
        var absent = "/v1/keys/" + id.Replace(id[^1], id[^1] == '0' ? '1' : '0');
        Assert.Equal((await other.DeleteAsync(absent)).Expect(HttpStatusCode.NotFound, "not-found").Bare(absent),
            (await other.DeleteAsync(foreign)).Expect(HttpStatusCode.NotFound, "not-found").Bare(foreign));
        Assert.Equal(["signature-key-unknown"], (await other.UploadAsync(
            Sample.Package(key, Sample.NewName(), "acme", "1.0.0"))).Expect(HttpStatusCode.UnprocessableEntity).Codes);
        Assert.Equal("active", (await one.GetAsync("/v1/keys")).Json.GetProperty("keys")[0].GetProperty("status")
            .GetString());
        (await delivery.NewOrg().GetAsync("/v1/keys")).Expect(HttpStatusCode.Forbidden, "scope-missing");
    }

    [Fact]
    public async Task A_signature_of_something_else_is_refused()
    {
        var (name, publisher) = (Sample.NewName(), delivery.NewOrg("acme"));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        (await RegisterAsync(publisher, key)).Expect(HttpStatusCode.Created);
        using var liar = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var output = new MemoryStream();
        PackageWriter.Pack([new("package.json", Encoding.UTF8.GetBytes(
            $$"""{"name":"{{name}}","namespace":"acme","version":"1.0.0"}"""))], output,
            checksums => PackageSignature.Sign(liar, checksums.Span) with { Key = PackageSignature.KeyId(key) });
        Assert.Equal(["signature-invalid"], (await publisher.UploadAsync(output.ToArray()))
            .Expect(HttpStatusCode.UnprocessableEntity).Codes);
    }

    /// <summary>As the published manifest sets it. The platform's own layers come with the installation.</summary>
    [Fact]
    public async Task Production_takes_nothing_unsigned()
    {
        var (publisher, platform) = (delivery.NewOrg("acme"), delivery.NewOrg(
            org: OrgId.Platform.Value, scopes: [Scopes.Platform, Scopes.Publisher]));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        (await RegisterAsync(publisher, key)).Expect(HttpStatusCode.Created);
        await delivery.RestartAsync(("Delivery__RequireSignature", "true"));
        try
        {
            Assert.Equal(["signature-missing"], (await publisher.UploadAsync(
                Sample.Package(Sample.NewName(), "acme", "1.0.0"))).Expect(HttpStatusCode.UnprocessableEntity).Codes);
            (await publisher.UploadAsync(Sample.Package(key, Sample.NewName(), "acme", "1.0.0")))
                .Expect(HttpStatusCode.Created);
            var layer = new MemoryStream();
            PackageWriter.Pack([new("package.json", """{"name":"platform","version":"1.0.0","layer":"global"}"""u8
                .ToArray())], layer);
            (await platform.UploadAsync(layer.ToArray())).Expect(HttpStatusCode.Created);
        }
        finally
        {
            await delivery.RestartAsync(("Delivery__RequireSignature", "false"));
        }
    }

    [Theory]
    [InlineData("no key at all")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----")]
    [InlineData("private")]
    [InlineData("P-384")]
    public async Task What_is_no_public_key_of_the_curve_is_refused(string text)
    {
        using var key = ECDsa.Create(text == "P-384" ? ECCurve.NamedCurves.nistP384 : ECCurve.NamedCurves.nistP256);
        text = text switch
        {
            "private" => key.ExportPkcs8PrivateKeyPem(), "P-384" => key.ExportSubjectPublicKeyInfoPem(), _ => text,
        };
        var refused = (await delivery.NewOrg("acme").PostAsync("/v1/keys", new { name = "x", publicKey = text }))
            .Expect(HttpStatusCode.UnprocessableEntity);
        Assert.Equal("/publicKey", refused.Json.GetProperty("errors")[0].GetProperty("pointer").GetString());
        Assert.DoesNotContain("PRIVATE", refused.Body, StringComparison.Ordinal);
    }

    private static Task<Reply> RegisterAsync(DeliveryCaller publisher, ECDsa key) =>
        publisher.PostAsync("/v1/keys", new { name = "laptop", publicKey = key.ExportSubjectPublicKeyInfoPem() });
}
