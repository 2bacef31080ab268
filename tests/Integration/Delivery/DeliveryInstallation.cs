using System.Net;
using System.Net.Http.Headers;
using System.Reflection;
using System.Reflection.Emit;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Xingchen.Delivery.Packages;
using Xingchen.Hosting;
using Xingchen.Model;
using Xingchen.Schema.Packages;
using Xingchen.Testing;

namespace Xingchen.Tests.Integration.Delivery;

/// <summary>Delivery as it really runs: its own process, a real database, a store in a directory of its own.</summary>
public sealed class DeliveryInstallation : IAsyncLifetime
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(60) };
    private static int orgs = 1_000;

    private readonly string key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
    private readonly DirectoryInfo store = Directory.CreateTempSubdirectory("xingchen-delivery-");
    private Dictionary<string, string> environment = [];

    public MetadataStandIn Metadata { get; } = new();

    /// <summary>Where Delivery calls others; null for the stand-in, which speaks the sidecar's protocol.</summary>
    public Uri? Sidecar { get; init; }

    public ServiceProcess Process { get; private set; } = null!;

    public string StorePath => store.FullName;

    /// <summary>The owner's connection string of the database.</summary>
    public string Owner { get; private set; } = "";

    /// <summary>The serving role's.</summary>
    public string Serving => environment["ConnectionStrings__delivery"];

    public async ValueTask InitializeAsync()
    {
        Owner = await TestPostgres.CreateDatabaseAsync();
        var serving = await TestPostgres.MigrateAsync(Owner, typeof(PackageIntake).Assembly, "xingchen_delivery");
        await Metadata.StartAsync();
        environment = new Dictionary<string, string>
        {
            ["ConnectionStrings__delivery"] = serving, ["Xingchen__ContextKey"] = key,
                ["Delivery__StorePath"] = StorePath,
            ["Delivery__RolloutMilliseconds"] = "50", ["Delivery__SilenceSeconds"] = "3",
            ["Delivery__LeaseSeconds"] = "2", ["Delivery__PackageBytes"] = (4 << 20).ToString(),
            ["DAPR_HTTP_ENDPOINT"] = (Sidecar ?? Metadata.Url).ToString().TrimEnd('/'),
        };
        Process = await ServiceProcess.StartAsync("Delivery", environment);
    }

    /// <param name="settings">That differ from now on.</param>
    public async Task RestartAsync(params (string Name, string Value)[] settings)
    {
        foreach (var (name, value) in settings) environment[name] = value;
        await Process.DisposeAsync();
        Process = await ServiceProcess.StartAsync("Delivery", environment);
    }

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        await Metadata.DisposeAsync();
        store.Delete(recursive: true);
    }

    /// <summary>A caller of an org of its own.</summary>
    public DeliveryCaller NewOrg(string? ns = null, long? org = null, params string[] scopes) =>
        new(this, new OrgContext(
        new OrgId(org ?? Interlocked.Increment(ref orgs)), "acme", new AccountId(1), "main", "client",
        scopes.Length > 0 ? scopes : [Scopes.Admin, Scopes.Data, .. ns is null ? Array.Empty<string>()
            : [Scopes.Publisher]],
        "local", "main", ns));

    /// <summary>The key that signs contexts between the services of this installation.</summary>
    internal string ContextKey => key;

    /// <summary>Signs a context as a service of this installation does.</summary>
    internal string Sign(OrgContext context) =>
        new ContextSigner(Options.Create(new ServiceOptions { ContextKey = key }), TimeProvider.System).Sign(context);

    internal async Task<Reply> SendAsync(
        OrgContext? context, HttpMethod method, string path, HttpContent? body, (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(Process.Address, path)) { Content = body };
        if (context is not null) request.Headers.Add(ContextSigner.Header, Sign(context));
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await Http.SendAsync(request);
        return new Reply(response.StatusCode, await response.Content.ReadAsByteArrayAsync(),
            response.Headers.Location?.ToString(), response.Headers.ETag?.Tag);
    }
}

/// <summary>A caller, as the gateway would present it.</summary>
public sealed class DeliveryCaller(DeliveryInstallation delivery, OrgContext context)
{
    public long Org => context.Org.Value;

    /// <summary>Delivery as this caller's command line reaches it.</summary>
    public Task<DeliveryFront> FrontAsync() => DeliveryFront.StartAsync(this);

    internal Task<Reply> SendAsync(HttpMethod method, string path, HttpContent? body) =>
        delivery.SendAsync(context, method, path, body, []);

    public Task<Reply> GetAsync(string path, params (string Name, string Value)[] headers) =>
        delivery.SendAsync(context, HttpMethod.Get, path, null, headers);

    public Task<Reply> PostAsync(string path, object? body = null) => delivery.SendAsync(context, HttpMethod.Post, path,
        body is null ? null : new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"), []);

    public Task<Reply> PatchAsync(string path, object body) => delivery.SendAsync(context, HttpMethod.Patch, path,
        new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"), []);

    public Task<Reply> PutAsync(string path, object body) => delivery.SendAsync(context, HttpMethod.Put, path,
        new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"), []);

    public Task<Reply> DeleteAsync(string path) => delivery.SendAsync(context, HttpMethod.Delete, path, null, []);

    public Task<Reply> UploadAsync(byte[] file, string type = "application/zip", bool dryRun = false)
    {
        var content = new ByteArrayContent(file);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return delivery.SendAsync(context, HttpMethod.Post, dryRun ? "/v1/packages?dryRun=true" : "/v1/packages",
            content, []);
    }

    /// <summary>Uploads and releases.</summary>
    public async Task PublishAsync(byte[] file)
    {
        var uploaded = (await UploadAsync(file)).Expect(HttpStatusCode.Created).Json;
        var path = $"/v1/packages/{uploaded.GetProperty("name")}/{uploaded.GetProperty("version")}/release";
        (await PostAsync(path)).Expect(HttpStatusCode.OK);
    }

    /// <summary>Asks until an installation has ended.</summary>
    public async Task<JsonElement> FollowAsync(Reply accepted)
    {
        accepted.Expect(HttpStatusCode.Accepted);
        for (var i = 0; i < 1_000; i++)
        {
            var now = (await GetAsync(accepted.Location!)).Expect(HttpStatusCode.OK).Json;
            if (now.GetProperty("status").GetString() is "active" or "failed" or "removed") return now;
            await Task.Delay(20);
        }
        throw new TimeoutException("The installation did not end.");
    }
}

/// <summary>An answer, read whole.</summary>
public sealed record Reply(HttpStatusCode Status, byte[] Bytes, string? Location, string? Tag)
{
    public string Body => Encoding.UTF8.GetString(Bytes);

    public JsonElement Json => JsonDocument.Parse(Bytes).RootElement;

    public IReadOnlyList<string> Codes =>
        [.. Json.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("code").GetString()!)];

    public Reply Expect(HttpStatusCode status, string? slug = null)
    {
        Assert.True(Status == status, $"expected {(int)status}, got {(int)Status}: {Body}");
        if (slug is not null) Assert.Equal("/problems/" + slug, Json.GetProperty("type").GetString());
        return this;
    }

    /// <summary>The body without what tells requests apart, to compare two answers by their bytes.</summary>
    public string Bare(string path)
    {
        var trace = Json.GetProperty("traceId").GetString()!;
        return Body.Replace(trace, "", StringComparison.Ordinal).Replace(path, "", StringComparison.Ordinal);
    }
}

/// <summary>Packages for tests.</summary>
internal static class Sample
{
    /// <summary>A package with one object, and what else is given.</summary>
    public static byte[] Package(
        string name, string ns, string version, object? dependencies = null, params (string Path, string Json)[] files)
        => Package(null, name, ns, version, dependencies, files);

    /// <summary>The same, asking for permissions.</summary>
    public static byte[] Asking(string name, string ns, string version, string[] permissions) => Of(null,
        JsonSerializer.Serialize(new { name, @namespace = ns, version, permissions }), name, ns, []);

    /// <summary>The same, signed.</summary>
    public static byte[] Package(ECDsa? key, string name, string ns, string version, object? dependencies = null,
        params (string Path, string Json)[] files) => Of(key, JsonSerializer.Serialize(
            new { name, @namespace = ns, version, dependencies = dependencies ?? new { } }), name, ns, files);

    private static byte[] Of(
        ECDsa? key, string manifest, string name, string ns, (string Path, string Json)[] files)
    {
        var item = $$$"""
            {"name":"{{{ns}}}__{{{Pascal(name)}}}","label":{"en":"{{{name}}}"},"pluralLabel":{"en":"{{{name}}}"},
             "nameField":"title","fields":[{"name":"title","type":"text","length":80,"label":{"en":"Title"}}]}
            """;
        var output = new MemoryStream();
        PackageWriter.Pack(
        [
            new("package.json", Encoding.UTF8.GetBytes(manifest)),
            new($"metadata/objects/{Pascal(name)}.json", Encoding.UTF8.GetBytes(item)),
            .. files.Select(file => new PackageFile(file.Path, Encoding.UTF8.GetBytes(file.Json))),
        ], output, key is null ? null : checksums => PackageSignature.Sign(key, checksums.Span));
        return output.ToArray();
    }

    /// <summary>A package with an assembly, and a schedule that calls it.</summary>
    public static byte[] Calling(string name, string ns, string version)
    {
        var assembly = new PersistedAssemblyBuilder(new AssemblyName("Acme.Code"), typeof(object).Assembly);
        assembly.DefineDynamicModule("Acme.Code").DefineType("Acme.Nightly", TypeAttributes.Public).CreateType();
        var (code, output) = (new MemoryStream(), new MemoryStream());
        assembly.Save(code);
        var schedule = $$"""{"name":"{{ns}}__nightly","cron":"0 3 * * *","handler":"Acme.Code!Acme.Nightly"}""";
        PackageWriter.Pack(
        [
            new("package.json", JsonSerializer.SerializeToUtf8Bytes(new { name, @namespace = ns, version })),
            new("lib/Acme.Code.dll", code.ToArray()),
            new("metadata/schedules/nightly.json", Encoding.UTF8.GetBytes(schedule)),
        ], output);
        return output.ToArray();
    }

    public static string NewName() => "p" + Guid.NewGuid().ToString("N")[..10];

    private static string Pascal(string name) =>
        string.Concat(name.Split('-').Select(part => char.ToUpperInvariant(part[0]) + part[1..]));
}
