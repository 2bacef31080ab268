using System.Net;
using Xingchen.Model;
using Xingchen.Schema.Packages;

namespace Xingchen.Tests.Integration.Delivery;

/// <summary>The packages of this repository pass the intake, in the order in which a first run uploads them.</summary>
public sealed class ShippedPackageTests(DeliveryInstallation delivery) : IClassFixture<DeliveryInstallation>
{
    [Fact]
    public async Task The_standard_layers_and_the_sample_are_taken_and_released()
    {
        var platform = delivery.NewOrg(org: 1, scopes: Scopes.Platform);
        foreach (var folder in (string[])["global", "idc/bedrock", "group/trade"]) await platform.PublishAsync(
            Pack(folder));
        await delivery.NewOrg("northwind").PublishAsync(Pack("isv/northwind"));
        (await delivery.NewOrg("publisher").UploadAsync(Pack("group/trade")))
            .Expect(HttpStatusCode.Forbidden, "scope-missing");
        (await delivery.NewOrg().PostAsync("/v1/installations", new { package = "trade" }))
            .Expect(HttpStatusCode.UnprocessableEntity, "content-invalid");
        var org = delivery.NewOrg();
        var done = await org.FollowAsync(await org.PostAsync("/v1/installations", new { package = "northwind" }));
        Assert.Equal("active", done.GetProperty("status").GetString());
        Assert.Equal(["northwind"], delivery.Metadata.StackOf(org.Org).Select(package => package.Name));
    }

    private static byte[] Pack(string folder)
    {
        var root =
            AppContext.BaseDirectory[..AppContext.BaseDirectory.LastIndexOf("/tests/", StringComparison.Ordinal)];
        var home = Path.Combine(root, "metadata", folder);
        var output = new MemoryStream();
        PackageWriter.Pack(
            from file in Directory.EnumerateFiles(home, "*", SearchOption.AllDirectories)
            let path = Path.GetRelativePath(home, file).Replace('\\', '/')
            where PackageLayout.Belongs(path)
            select new PackageFile(path, File.ReadAllBytes(file)), output);
        return output.ToArray();
    }
}
