using System.Net;
using System.Security.Cryptography;
using Npgsql;
using Xingchen.Schema.Packages;
using Xingchen.Testing;

namespace Xingchen.Tests.Integration.Delivery;

/// <summary><c>xingchen verify</c>: what it says of packages that are as they should be, and of those that are
/// not.</summary>
public sealed class VerifyTests(DeliveryInstallation delivery) : IClassFixture<DeliveryInstallation>
{
    private const int Wrong = 3;

    [Fact]
    public async Task A_signed_package_is_checked_from_its_bytes_to_the_log()
    {
        var (name, publisher) = (Sample.NewName(), delivery.NewOrg("acme"));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var id = await RegisterAsync(publisher, key);
        var bytes = Sample.Package(key, name, "acme", "1.0.0");
        await publisher.PublishAsync(bytes);
        await using var front = await delivery.NewOrg().FrontAsync();
        var file = await front.WriteAsync("a.xcpkg", bytes);

        await SaysAsync(front, 0, ["file", "head", "history", "digest", "log", "entry", "signature"], "WRONG", file);
        await publisher.PublishAsync(Sample.Package(key, Sample.NewName(), "acme", "1.0.0"));
        await SaysAsync(front, 0, ["grown from the"], "WRONG", $"{name}@1.0.0", "--log");

        (await publisher.PostAsync($"/v1/packages/{name}/1.0.0/yank", new { reason = "it leaks" }))
            .Expect(HttpStatusCode.OK);
        (await publisher.DeleteAsync("/v1/keys/" + id)).Expect(HttpStatusCode.NoContent);
        await SaysAsync(front, 0, ["note   yanked     it leaks", "note   key        revoked at", "after this version"],
            "WRONG", file);
        await SaysAsync(front, 1, [], "WRONG", "no-such-file");
    }

    [Fact]
    public async Task What_was_released_after_its_key_was_revoked_is_wrong()
    {
        var (name, publisher) = (Sample.NewName(), delivery.NewOrg("acme"));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var id = await RegisterAsync(publisher, key);
        (await publisher.UploadAsync(Sample.Package(key, name, "acme", "1.0.0"))).Expect(HttpStatusCode.Created);
        (await publisher.DeleteAsync("/v1/keys/" + id)).Expect(HttpStatusCode.NoContent);
        await ExecuteAsync("update delivery.keys set revoked_at = revoked_at - interval '1 minute' where id = @p", id);
        (await publisher.PostAsync($"/v1/packages/{name}/1.0.0/release")).Expect(HttpStatusCode.OK);
        await using var front = await publisher.FrontAsync();
        await SaysAsync(front, Wrong, ["WRONG  key        revoked at"], "note   key", $"{name}@1.0.0");
    }

    [Fact]
    public async Task Other_bytes_and_other_keys_are_wrong()
    {
        var (name, publisher) = (Sample.NewName(), delivery.NewOrg("acme"));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var liar = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await RegisterAsync(publisher, key);
        var good = Sample.Package(key, name, "acme", "1.0.0");
        await publisher.PublishAsync(good);
        await using var front = await publisher.FrontAsync();
        var resigned = await front.WriteAsync("b.xcpkg", Sample.Package(liar, name, "acme", "1.0.0"));
        await SaysAsync(front, Wrong, ["WRONG  digest", "WRONG  entry", "WRONG  signature"], "ok     signature",
            resigned);
        var bent = (byte[])good.Clone();
        bent[good.Length / 2] ^= 1;
        await SaysAsync(front, Wrong, ["WRONG  file"], "ok     digest", await front.WriteAsync("c.xcpkg", bent));
        var other = await front.WriteAsync("d.xcpkg", Sample.Package(key, Sample.NewName(), "acme", "1.0.0"));
        await SaysAsync(front, Wrong, ["WRONG  server"], "ok     digest", other);

        // Without any server.
        var file = await front.WriteAsync("a.xcpkg", good);
        var own = await front.WriteAsync("own.pem", Pem(key));
        await SaysAsync(front, 0, ["ok     file", "ok     signature"], "WRONG", file, "--offline", "--key", own);
        await SaysAsync(front, 0, ["note   signature"], "WRONG", file, "--offline");
        await SaysAsync(front, Wrong, ["WRONG  signature"], "ok     signature", resigned, "--offline", "--key", own);
        await SaysAsync(front, Wrong, ["WRONG  signature  the package is not signed"], "ok     signature",
            await front.WriteAsync("e.xcpkg", Sample.Package(name, "acme", "1.0.0")), "--offline", "--key", own);
    }

    [Fact]
    public async Task A_log_that_was_tampered_with_shrunk_or_forked_is_told_loudly()
    {
        var publisher = delivery.NewOrg("acme");
        var names = Enumerable.Range(0, 3).Select(_ => Sample.NewName()).ToList();
        foreach (var name in names) await publisher.PublishAsync(Sample.Package(name, "acme", "1.0.0"));
        await using var front = await publisher.FrontAsync();
        await SaysAsync(front, 0, ["ok     log"], "WRONG", $"{names[0]}@1.0.0");

        // The owner of the database changes what an entry says.
        await ExecuteAsync("update delivery.log set entry = replace(entry, 'acme', 'evil') where name = @p", names[0]);
        await SaysAsync(front, Wrong, ["tampered with"], "ok     log", $"{names[0]}@1.0.0");
        await SaysAsync(front, Wrong, ["WRONG  entries"], "ok     entries", "--log");
        await SaysAsync(front, 0, ["ok     log"], "WRONG", $"{names[1]}@1.0.0"); // what proves another is as it was
        await ExecuteAsync("update delivery.log set entry = replace(entry, 'evil', 'acme') where name = @p", names[0]);
        await SaysAsync(front, 0, ["ok     entries"], "WRONG", "--log");

        // He takes the last one away, and puts another in its place.
        await ExecuteAsync("delete from delivery.log where name = @p", names[2]);
        await SaysAsync(front, Wrong, ["THE LOG HAS SHRUNK"], "ok     log", $"{names[1]}@1.0.0");
        await publisher.PublishAsync(Sample.Package(Sample.NewName(), "acme", "1.0.0"));
        await SaysAsync(front, Wrong, ["THE LOG IS FORKED"], "ok     log", $"{names[1]}@1.0.0");
        await publisher.PublishAsync(Sample.Package(Sample.NewName(), "acme", "1.0.0"));
        await SaysAsync(front, Wrong, ["THE LOG IS FORKED"], "ok     log", $"{names[1]}@1.0.0");
        await using var stranger = await publisher.FrontAsync(); // who saw nothing before has nothing to compare
        await SaysAsync(stranger, 0, ["first time"], "WRONG", $"{names[1]}@1.0.0");

        // He signs with a key of his own.
        await ExecuteAsync("delete from delivery.log_keys where id <> @p", "");
        await delivery.RestartAsync();
        await SaysAsync(stranger, Wrong, ["another key"], "ok     log", $"{names[1]}@1.0.0");
    }

    private async Task ExecuteAsync(string sql, string value)
    {
        await using var source = NpgsqlDataSource.Create(delivery.Owner);
        await using var command = source.CreateCommand(sql);
        command.Parameters.AddWithValue("p", value);
        Assert.NotEqual(0, await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
    }

    private static async Task<string> RegisterAsync(DeliveryCaller publisher, ECDsa key)
    {
        var publicKey = key.ExportSubjectPublicKeyInfoPem();
        (await publisher.PostAsync("/v1/keys", new { name = "laptop", publicKey })).Expect(HttpStatusCode.Created);
        return PackageSignature.KeyId(key);
    }

    private static byte[] Pem(ECDsa key) => System.Text.Encoding.ASCII.GetBytes(key.ExportSubjectPublicKeyInfoPem());

    private static async Task SaysAsync(
        DeliveryFront front, int code, string[] says, string never, params string[] arguments)
    {
        var (ended, output, error) = await front.Cli.TryAsync(["verify", .. arguments]);
        Assert.True(ended == code, $"{ended}: {output}{error}");
        foreach (var text in says) Assert.Contains(text, output, StringComparison.Ordinal);
        Assert.DoesNotContain(never, output, StringComparison.Ordinal);
    }
}
