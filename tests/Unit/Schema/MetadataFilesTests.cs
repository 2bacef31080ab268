using System.Text.Json;
using NJsonSchema;
using Xingchen.Schema.Definitions;
using Xingchen.Schema.FieldTypes;

namespace Xingchen.Tests.Unit.Schema;

/// <summary>Every file in <c>metadata</c> is what its JSON Schema says; and the schemas say what the code
/// says.</summary>
public sealed class MetadataFilesTests
{
    private static readonly string Schemas = Path.Combine(StandardStack.Folder, "schemas");

    [Theory]
    [InlineData("object", "objects")]
    [InlineData("picklist", "picklists")]
    [InlineData("page", "pages")]
    [InlineData("permission-set", "permission-sets")]
    [InlineData("validation-rule", "validation-rules")]
    [InlineData("config-item", "config-items")]
    [InlineData("translation", "translations")]
    [InlineData("report", "reports")]
    [InlineData("overlay", "overlays")]
    public async Task Every_definition_is_valid(string schema, string folder)
    {
        var read = await JsonSchema.FromFileAsync(Path.Combine(Schemas, schema + ".schema.json"));
        var files = Directory.EnumerateFiles(StandardStack.Folder, "*.json", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(Path.GetDirectoryName(file)) == folder).ToList();
        Assert.NotEmpty(files);
        foreach (var file in files) Check(read, file, "../".Length);
    }

    [Fact]
    public async Task Every_package_is_valid()
    {
        var read = await JsonSchema.FromFileAsync(Path.Combine(Schemas, "package.schema.json"));
        foreach (var file in Directory.EnumerateFiles(StandardStack.Folder, "package.json",
            SearchOption.AllDirectories))
            Check(read, file, 0);
    }

    [Fact]
    public void The_schemas_have_the_properties_that_the_code_reads()
    {
        foreach (var kind in DefinitionKind.All)
        {
            using var document = JsonDocument.Parse(
                File.ReadAllBytes(Path.Combine(Schemas, kind.Name + ".schema.json")));
            Same(kind.Shape, document.RootElement, "$schema");
        }
    }

    private static void Same(ItemShape shape, JsonElement schema, params string[] beside)
    {
        var expected = shape.Properties.Select(p => p.Name).Append(shape.Key.Name)
            .Concat(shape.Lists.Select(l => l.Name)).Concat(beside);
        var properties = schema.GetProperty("properties");
        Assert.Equal(expected.Order(StringComparer.Ordinal),
            properties.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
        foreach (var list in shape.Lists)
        {
            Assert.Equal(list.Most, properties.GetProperty(list.Name).GetProperty("maxItems").GetInt32());
            Same(list.Item, properties.GetProperty(list.Name).GetProperty("items"));
        }
        if (shape.Name == "field")
            Assert.Equal(FieldTypeRule.All.Where(t => t.Available).Select(t => t.Name),
                properties.GetProperty("type").GetProperty("enum").EnumerateArray().Select(t => t.GetString()!));
    }

    private static void Check(JsonSchema schema, string file, int least)
    {
        var text = File.ReadAllText(file);
        var errors = schema.Validate(text);
        Assert.True(errors.Count == 0, $"{file}: {string.Join("; ", errors)}");
        using var document = JsonDocument.Parse(text);
        if (!document.RootElement.TryGetProperty("$schema", out var named)) return;
        var path = Path.Combine(Path.GetDirectoryName(file)!, named.GetString()!);
        Assert.True(named.GetString()!.Length > least && File.Exists(path), $"{file} names a schema that is not there");
    }
}
