using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.OpenApi;
using Document = Microsoft.OpenApi.OpenApiDocument;

namespace Xingchen.Tests.Contract.OpenApi;

/// <summary>A typed C# client of the document: what it knows of addresses and methods it reads there, and its types are
/// held to the document's schemas.</summary>
/// <remarks>Written by hand: NSwag, Kiota and NJsonSchema's generator do not restore from the feeds of our builds.
/// Microsoft.OpenApi, which reads the document here, is what Kiota reads it with.</remarks>
[Collection(OpenApiCollection.Name)]
public sealed class DotNetClientTests(OpenApiWorld world)
{
    private static readonly JsonSerializerOptions Web = JsonSerializerOptions.Web;

    private sealed record Customer(
        string Id, string? Object, long? Version, DateTimeOffset? CreatedAt, string? Name, string? Code,
        decimal? CreditLimit, long? PaymentDays, DateOnly? CustomerSince, string? Status, string? Region);

    private sealed record Page(IReadOnlyList<Customer> Records, string? Next, long? Count);

    [Fact]
    public async Task Microsofts_reader_has_nothing_to_say_against_it()
    {
        foreach (var caller in new[] { world.Standard, world.Whole, world.Restricted })
        {
            var result = Document.Parse((await caller.GetAsync("/v1/openapi.json")).Body, "json");
            Assert.Empty(result.Diagnostic!.Errors.Select(error => error.ToString()));
            Assert.Empty(result.Diagnostic.Warnings.Select(warning => warning.ToString()));
            Assert.Equal(OpenApiSpecVersion.OpenApi3_1, result.Diagnostic.SpecificationVersion);
        }
    }

    [Fact]
    public async Task A_client_with_types_from_it_calls()
    {
        var document = Document.Parse((await world.Standard.GetAsync("/v1/openapi.json")).Body, "json").Document!;
        Hold(typeof(Customer), document.Components!.Schemas!["Customer"]);
        var (name, code) = ("C# ☕", "NET-1");

        var created = await CallAsync<Customer>(document, "createCustomer", [],
            new { name, code, creditLimit = 12.30m, customerSince = new DateOnly(2026, 11, 20) });
        Assert.Equal((name, 12.30m, new DateOnly(2026, 11, 20)),
            (created.Name, created.CreditLimit, created.CustomerSince));
        Assert.Equal(created, await CallAsync<Customer>(document, "getCustomer", [("id", created.Id)]));
        var changed = await CallAsync<Customer>(
            document, "updateCustomer", [("id", created.Id)], new { paymentDays = 7, creditLimit = (decimal?)null });
        Assert.Equal((2L, 7L, null), (changed.Version, changed.PaymentDays, changed.CreditLimit));
        var upserted = await CallAsync<Customer>(
            document, "upsertCustomer_by_code", [("value", code)], new { name = "By code" });
        Assert.Equal((created.Id, "By code"), (upserted.Id, upserted.Name));
        var list = await CallAsync<Page>(document, "listCustomer",
            [("filter", $"code = '{code}'"), ("select", "id,name"), ("count", "true")]);
        Assert.Equal((1L, "By code", null), (list.Count, list.Records.Single().Name, list.Records[0].Code));
        var rows = await CallAsync<JsonElement>(document, "query", [],
            new { q = "SELECT name FROM Customer WHERE code = :code", @params = new { code } });
        Assert.Equal("By code", rows.GetProperty("records")[0].GetProperty("name").GetString());
    }

    /// <summary>Calls an operation by its id; the document says method, address and where each argument goes.</summary>
    private async Task<T> CallAsync<T>(
        Document document, string id, (string Name, string Value)[] arguments, object? body = null)
    {
        var (path, method, operation) = document.Paths.SelectMany(path => path.Value.Operations!.Select(
            operation => (path, operation.Key, operation.Value))).Single(found => found.Value.OperationId == id);
        var (address, query) = (path.Key, new StringBuilder());
        var known = (path.Value.Parameters ?? []).Concat(operation.Parameters ?? []).ToList();
        foreach (var (name, value) in arguments)
        {
            var text = Uri.EscapeDataString(value);
            if (known.Single(parameter => parameter.Name == name).In == ParameterLocation.Path)
                address = address.Replace("{" + name + "}", text, StringComparison.Ordinal);
            else query.Append(CultureInfo.InvariantCulture, $"{(query.Length == 0 ? '?' : '&')}{name}={text}");
        }
        using var content = body is null ? null : JsonContent.Create(body, body.GetType(),
            new(operation.RequestBody!.Content!.Keys.Single()), Web);
        var answer = await world.Standard.SendAsync(method, address + query, content);
        Assert.Contains(((int)answer.Status).ToString(CultureInfo.InvariantCulture), operation.Responses!.Keys);
        Assert.True(answer.Status is HttpStatusCode.OK or HttpStatusCode.Created, answer.Body);
        return JsonSerializer.Deserialize<T>(answer.Body, Web)!;
    }

    /// <summary>Each property is one of the schema, of its type, and nullable unless the schema requires it.</summary>
    private static void Hold(Type type, IOpenApiSchema schema)
    {
        var nullability = new System.Reflection.NullabilityInfoContext();
        foreach (var property in type.GetProperties())
        {
            var name = JsonNamingPolicy.CamelCase.ConvertName(property.Name);
            Assert.True(schema.Properties!.TryGetValue(name, out var value), name);
            var plain = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            var expected = (value!.Type & ~JsonSchemaType.Null, value.Format) switch
            {
                (JsonSchemaType.Integer, "int64") => typeof(long),
                (JsonSchemaType.Number, "decimal") => typeof(decimal),
                (JsonSchemaType.String, "date") => typeof(DateOnly),
                (JsonSchemaType.String, "date-time") => typeof(DateTimeOffset),
                (JsonSchemaType.String, null) => typeof(string),
                var other => throw new InvalidOperationException($"{name}: {other}"),
            };
            Assert.Equal(expected, plain);
            Assert.Equal(schema.Required!.Contains(name),
                nullability.Create(property).ReadState == System.Reflection.NullabilityState.NotNull);
        }
    }
}
