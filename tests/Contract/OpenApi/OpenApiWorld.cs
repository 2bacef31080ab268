using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Xingchen.Testing;
using Xingchen.Testing.Http;

namespace Xingchen.Tests.Contract.OpenApi;

/// <summary>Three callers with documents of their own: one of an account that has the standard product alone, one of an
/// account with the Northwind package and private fields, and one of the same account with a permission set.</summary>
public sealed class OpenApiWorld(HostFixture host) : IAsyncLifetime
{
    public ApiCaller Standard { get; private set; } = null!;

    public ApiCaller Whole { get; private set; } = null!;

    public ApiCaller Restricted { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        using var @operator = await host.OperatorAsync();
        Standard = await @operator.CreateOrgAsync("openapi-plain");
        Whole = await @operator.CreateOrgAsync("openapi-full", "northwind");
        var cli = new CommandLine(host.Url, Whole.ClientId, Whole.ClientSecret);
        await cli.RunAsync("push", Path.Combine(HostProcess.Repository, "metadata/isv/northwind"));
        await cli.RunAsync("release", "northwind@1.0.0");
        await cli.RunAsync("install", "northwind@^1.0.0");
        await DefineAsync("objects/Customer/fields/c__color", """{"type":"text","length":20}""");
        await DefineAsync("objects/Customer/fields/c__tier", """
            {"type":"picklist","values":[{"value":"gold","label":{"en":"Gold","zh-CN":"金"}},{"value":"silver"}]}
            """);
        await DefineAsync("objects/c__Everything", """
            {"name":"c__Everything","nameField":"title","fields":[
              {"name":"title","type":"text","length":5,"required":true},{"name":"number","type":"autoNumber"},
              {"name":"count","type":"integer","precision":3},{"name":"price","type":"number","precision":5,"scale":2},
              {"name":"open","type":"boolean"},{"name":"day","type":"date"},{"name":"at","type":"dateTime"},
              {"name":"kinds","type":"multiPicklist","values":[{"value":"a"},{"value":"b"}]},
              {"name":"about","type":"reference","references":["Customer","Product"]},
              {"name":"mail","type":"email"},{"name":"site","type":"url"},{"name":"data","type":"json"},
              {"name":"order","type":"phone","unique":true},
              {"name":"state","type":"picklist","default":"on","values":[{"value":"on"},{"value":"off"}]},
              {"name":"due","type":"date","required":true,"default":{"expression":"TODAY() + 30"}},
              {"name":"cost","type":"formula","result":"currency","scale":2,"formula":"price * count"},
              {"name":"late","type":"formula","result":"boolean","formula":"day > due"},
              {"name":"since","type":"formula","result":"dateTime","formula":"at"},
              {"name":"head","type":"formula","result":"text","formula":"UPPER(title)"}]}
            """);
        await DefineAsync("permission-sets/c__Clerk", """
            {"name":"c__Clerk","objects":[
              {"object":"Customer","read":true,"edit":true,"otherFields":"see",
               "fields":[{"field":"creditLimit","see":false},{"field":"phone","edit":true}]},
              {"object":"c__Everything","read":true,"create":true,"otherFields":"edit"}]}
            """);
        var client = (await Whole.PostAsync("/v1/orgs/openapi-full/clients",
            new { name = "clerk", scopes = new[] { "admin", "data" } })).Expect(HttpStatusCode.Created).Json;
        var id = client.GetProperty("clientId").GetString()!;
        (await Whole.PatchAsync("/v1/orgs/openapi-full/clients/" + id, new { permissionSets = new[] { "c__Clerk" } }))
            .Expect(HttpStatusCode.OK);
        Restricted = await ApiCaller.SignInAsync(host.Url, id, client.GetProperty("clientSecret").GetString()!);
    }

    public ValueTask DisposeAsync()
    {
        Standard?.Dispose();
        Whole?.Dispose();
        Restricted?.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The programs that judge and use documents.</summary>
    public static Task<NodeProject> NodeAsync() => NodeProject.InstallAsync(
        Path.Combine(Path.GetDirectoryName(ThisFile())!, "js"), "openapi-js", "for clients made from OpenAPI");

    private async Task DefineAsync(string path, string definition) =>
        (await Whole.PutAsync("/v1/metadata/" + path, JsonDocument.Parse(definition).RootElement)).Expect2xx();

    private static string ThisFile([CallerFilePath] string path = "") => path;
}

/// <summary>One world for all who look at documents.</summary>
[CollectionDefinition(Name)]
public sealed class OpenApiCollection : ICollectionFixture<OpenApiWorld>
{
    public const string Name = "OpenAPI";
}
