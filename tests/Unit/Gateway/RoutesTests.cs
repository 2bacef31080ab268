using Xingchen.Gateway.Forwarding;
using Xingchen.Hosting;
using Xingchen.Model;

namespace Xingchen.Tests.Unit.Gateway;

public sealed class RoutesTests
{
    private static readonly OrgContext Caller =
        new(new OrgId(5), "acme", new AccountId(1), "main", "c", [Scopes.Data], "local", "main");

    private static readonly Dictionary<string, string> Groups = new() { ["main"] = "local", ["g2"] = "east" };

    [Theory]
    [InlineData("GET", "/oauth/jwks", "organization")]
    [InlineData("POST", "/oauth/token", "organization")]
    [InlineData("POST", "/v1/orgs", "organization")]
    [InlineData("GET", "/v1/orgs/acme/clients/x", "organization")]
    [InlineData("GET", "/v1/idcs", "organization")]
    [InlineData("GET", "/v1/groups", "organization")]
    [InlineData("GET", "/v1/topology", "organization")]
    [InlineData("POST", "/v1/groups/g2/release", "metadata-east")]
    [InlineData("POST", "/v1/packages", "delivery")]
    [InlineData("GET", "/v1/packages/p/1.0.0/content", "delivery")]
    [InlineData("GET", "/v1/log/proof", "delivery")]
    [InlineData("POST", "/v1/installations/plan", "delivery")]
    [InlineData("POST", "/v1/rollouts", "delivery")]
    [InlineData("GET", "/v1/objects", "metadata-local")]
    [InlineData("GET", "/v1/objects/Order", "metadata-local")]
    [InlineData("GET", "/v1/objects/Order/indexes", "records-main")]
    [InlineData("PUT", "/v1/metadata/objects/Order/fields/x", "metadata-local")]
    [InlineData("GET", "/v1/pages/Order.list", "metadata-local")]
    [InlineData("GET", "/v1/openapi.json", "metadata-local")]
    [InlineData("POST", "/v1/objects/Order/records", "records-main")]
    [InlineData("GET", "/v1/objects/Order/records/by/name/a%2Fb", "records-main")]
    [InlineData("DELETE", "/v1/records/001", "records-main")]
    [InlineData("GET", "/v1/query", "records-main")]
    [InlineData("POST", "/v1/batch", "records-main")]
    [InlineData("GET", "/v1/imports/x/failures", "records-main")]
    [InlineData("GET", "/v1/exports", "records-main")]
    [InlineData("GET", "/v1/exports/x/Order", "records-main")]
    [InlineData("GET", "/v1/changes", "records-main")]
    [InlineData("PUT", "/v1/functions/p/f", "extensions-main")]
    public void Each_route_has_its_service(string method, string path, string appId) =>
        Assert.Equal(appId, Routes.Find(method, PathSegments.Split(path))!.AppId(Caller, Groups));

    [Theory]
    [InlineData("/internal/revocations")]
    [InlineData("/v1/internal")]
    [InlineData("/health")]
    [InlineData("/v1/objects/Order/fields")]
    [InlineData("/v1%2Forgs")]
    [InlineData("/V1/orgs")]
    [InlineData("/oauth")]
    [InlineData("/oauth/token/x")]
    [InlineData("/v1/query/x")]
    public void Nothing_else_is_reachable(string path) => Assert.Null(Routes.Find("GET", PathSegments.Split(path)));

    [Fact]
    public void A_group_that_there_is_not_has_no_service() =>
        Assert.Null(Routes.Find("GET", ["v1", "groups", "nowhere", "release"])!.AppId(Caller, Groups));

    [Fact]
    public void Only_tokens_are_open_and_only_uploads_are_large()
    {
        Assert.True(Routes.Find("POST", ["oauth", "token"])!.Open);
        Assert.False(Routes.Find("GET", ["v1", "orgs"])!.Open);
        Assert.Equal(BodyLimit.Package, Routes.Find("POST", ["v1", "packages"])!.Limit);
        Assert.Equal(BodyLimit.Unlimited, Routes.Find("POST", ["v1", "imports"])!.Limit);
        Assert.Equal(BodyLimit.Json, Routes.Find("POST", ["v1", "installations"])!.Limit);
    }
}
