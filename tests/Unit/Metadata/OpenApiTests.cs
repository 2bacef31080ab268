using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xingchen.Metadata.OpenApi;
using Xingchen.Schema;
using Xingchen.Tests.Unit.Schema;

namespace Xingchen.Tests.Unit.Metadata;

/// <summary>What holds for every account's document.</summary>
public sealed partial class OpenApiTests
{
    [Theory]
    [InlineData("en")]
    [InlineData("zh-CN")]
    public void Every_reference_leads_somewhere_and_no_two_operations_share_a_name(string language)
    {
        var schema = StandardStackTests.Compile();
        foreach (var sets in new IReadOnlyList<string>?[] { null, [], [.. schema.PermissionSets.Select(s => s.Name)] })
        {
            var document = Read(OpenApiDocument.Of(new CallerShape(schema, sets), language));
            Assert.Equal("3.1.0", document.GetProperty("openapi").GetString());
            foreach (var reference in References(document))
                Assert.True(Find(document, reference) is not null, reference + " leads nowhere");
            var ids = Operations(document).Select(o => o.GetProperty("operationId").GetString()!).ToList();
            Assert.Equal(ids.Count, ids.Distinct().Count());
            Assert.All(ids, id => Assert.Matches(MethodName, id));
        }
    }

    [Fact]
    public void Every_object_has_all_of_its_operations()
    {
        var schema = StandardStackTests.Compile();
        var ids = Operations(Read(OpenApiDocument.Of(new CallerShape(schema, null), "en")))
            .Select(operation => operation.GetProperty("operationId").GetString()!).ToHashSet();
        foreach (var item in schema.Objects)
        {
            foreach (var verb in new[] { "list", "create", "get", "update", "delete", "restore" })
                Assert.Contains(verb + item.Name, ids);
            Assert.Contains($"get{item.Name}_history", ids);
            foreach (var field in item.Fields.Where(field => field.Unique && !field.ReadOnly))
                Assert.Contains($"upsert{item.Name}_by_{field.Name}", ids);
        }
    }

    [Fact]
    public void What_is_written_is_strict_and_what_is_read_is_open()
    {
        var schemas = Read(OpenApiDocument.Of(new CallerShape(StandardStackTests.Compile(), null), "en"))
            .GetProperty("components").GetProperty("schemas");
        var read = schemas.GetProperty("SalesOrder");
        Assert.False(read.TryGetProperty("additionalProperties", out _));
        Assert.Equal("""["string","null"]""", Property(read, "customer").GetProperty("type").GetRawText());
        Assert.Equal("""["Customer"]""", Property(read, "customer").GetProperty("x-references").GetRawText());
        Assert.Equal(JsonValueKind.Null,
            Property(read, "status").GetProperty("enum").EnumerateArray().Last().ValueKind);
        var fresh = schemas.GetProperty("SalesOrder_New");
        Assert.False(fresh.GetProperty("additionalProperties").GetBoolean());
        Assert.Equal("""["name"]""", fresh.GetProperty("required").GetRawText());
        Assert.Equal("open", Property(fresh, "status").GetProperty("default").GetString());
        Assert.Equal("#/components/schemas/SalesOrderLine_InParent",
            Property(fresh, "lines").GetProperty("items").GetProperty("$ref").GetString());
        Assert.False(schemas.GetProperty("SalesOrderLine_InParent").GetProperty("properties")
            .TryGetProperty("order", out _));
        Assert.Contains("order", schemas.GetProperty("SalesOrderLine_New").GetProperty("required").EnumerateArray()
            .Select(name => name.GetString()));
        var change = schemas.GetProperty("SalesOrder_Change");
        Assert.False(change.TryGetProperty("required", out _));
        Assert.False(change.GetProperty("properties").TryGetProperty("lines", out _));
        Assert.Equal("string", Property(change, "name").GetProperty("type").GetString());
    }

    [Fact]
    public void Equal_schemas_have_equal_documents()
    {
        var (one, other) = (StandardStackTests.Compile(), StandardStackTests.Compile());
        Assert.Equal(OpenApiDocument.Of(new CallerShape(one, null), "en").Tag,
            OpenApiDocument.Of(new CallerShape(other, null), "en").Tag);
        Assert.Equal(CallerShape.Key(one, ["nothing"]), CallerShape.Key(one, []));
        Assert.NotEqual(CallerShape.Key(one, null), CallerShape.Key(one, []));
    }

    [Fact]
    public void What_is_computed_has_the_type_that_comes_out_and_is_only_read()
    {
        var layer = Layer.Parse(LayerKind.Account, "main", null, "1", """
            {"overlays":[{"overlays":"SalesOrder","fields":[
              {"name":"c__net","type":"formula","result":"currency","scale":2,"formula":"total * 0.9"},
              {"name":"c__late","type":"formula","result":"boolean","formula":"orderedAt < NOW()"},
              {"name":"c__count","type":"rollup","of":"lines","function":"count"},
              {"name":"c__sum","type":"rollup","of":"lines","function":"sum","each":"quantity"},
              {"name":"c__last","type":"rollup","of":"lines","function":"max","each":"createdAt"},
              {"name":"c__name","type":"rollup","of":"lines","function":"min","each":"order.name"},
              {"name":"c__due","type":"date","required":true,"default":{"expression":"TODAY() + 30"}}]}]}
            """u8.ToArray(), out var findings);
        Assert.Empty(findings);
        var resolution = Resolver.Resolve([.. StandardStack.Standard, layer]);
        Assert.Empty(resolution.Findings);
        var standard = Places.Allot(resolution, Places.None, Places.None, forStandard: true);
        var schema = SchemaCompiler.Compile(
            resolution, standard, Places.Allot(resolution, standard, Places.None, forStandard: false), "");
        var schemas = Read(OpenApiDocument.Of(new CallerShape(schema, null), "en"))
            .GetProperty("components").GetProperty("schemas");

        foreach (var (name, type, format) in new[]
        {
            ("c__net", "number", "decimal"), ("c__late", "boolean", null), ("c__count", "integer", "int64"),
            ("c__sum", "number", "decimal"), ("c__last", "string", "date-time"), ("c__name", "string", null),
        })
        {
            var read = Property(schemas.GetProperty("SalesOrder"), name);
            Assert.Equal($"[\"{type}\",\"null\"]", read.GetProperty("type").GetRawText());
            Assert.Equal(format, read.TryGetProperty("format", out var said) ? said.GetString() : null);
            Assert.True(read.GetProperty("readOnly").GetBoolean());
            foreach (var written in new[] { "SalesOrder_New", "SalesOrder_Change" })
                Assert.False(schemas.GetProperty(written).GetProperty("properties").TryGetProperty(name, out _));
        }
        var fresh = schemas.GetProperty("SalesOrder_New");
        Assert.False(Property(fresh, "c__due").TryGetProperty("default", out _));
        Assert.DoesNotContain("c__due", fresh.GetProperty("required").EnumerateArray().Select(n => n.GetString()));
    }

    private static JsonElement Property(JsonElement schema, string name) =>
        schema.GetProperty("properties").GetProperty(name);

    private static JsonElement Read(OpenApiDocument document)
    {
        using var text = new GZipStream(new MemoryStream(document.Gzip), CompressionMode.Decompress);
        using var json = JsonDocument.Parse(text);
        return json.RootElement.Clone();
    }

    private static IEnumerable<JsonElement> Operations(JsonElement document) =>
        document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject())
            .Where(member => member.Name != "parameters").Select(member => member.Value);

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member => member.Name == "$ref"
            ? [member.Value.GetString()!] : References(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };

    private static JsonElement? Find(JsonElement document, string reference)
    {
        var at = document;
        foreach (var step in reference.Split('/').Skip(1))
            if (!at.TryGetProperty(step, out at)) return null;
        return at;
    }

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_]*$", RegexOptions.None, 1000)]
    private static partial Regex MethodName { get; }
}
