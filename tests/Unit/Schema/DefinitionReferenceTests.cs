using System.Globalization;
using System.Text;
using System.Text.Json;
using Xingchen.Schema;
using Xingchen.Schema.Definitions;
using Xingchen.Schema.FieldTypes;
using Range = Xingchen.Schema.FieldTypes.Range;

namespace Xingchen.Tests.Unit.Schema;

/// <summary>The tables of docs/reference/definitions are the shapes of the code with the words of the JSON
/// Schemas.</summary>
public sealed class DefinitionReferenceTests
{
    private const string Begin = "<!-- table -->", End = "<!-- end -->";

    private static readonly JsonElement Nothing = JsonSerializer.SerializeToElement(new[] { 1.5 });

    public static TheoryData<string> Kinds => [.. DefinitionKind.All.Select(kind => kind.Name)];

    /// <remarks>To write the tables anew after a change of a shape, run it with <c>XINGCHEN_WRITE=1</c>.</remarks>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_kind_has_a_page_with_its_properties(string name)
    {
        var kind = DefinitionKind.OfName(name)!;
        using var schema = JsonDocument.Parse(
            File.ReadAllBytes(Path.Combine(StandardStack.Folder, "schemas", name + ".schema.json")));
        var tables = new StringBuilder();
        Write(tables, kind.Shape, schema.RootElement, "", null);
        AssertWritten("definitions/" + name + ".md", tables);
    }

    /// <inheritdoc cref="Every_kind_has_a_page_with_its_properties"/>
    [Fact]
    public void Field_types_have_a_page()
    {
        var table = new StringBuilder(
            "| type | a value is | takes besides | index | may become |\n|---|---|---|---|---|\n");
        foreach (var type in FieldTypeRule.All.Where(type => type.Available))
        {
            var takes = new (string Name, Range? Range)[]
            {
                ("length", type.Length), ("precision", type.Precision), ("scale", type.Scale),
            }.Where(each => each.Range is not null).Select(each => string.Create(CultureInfo.InvariantCulture,
                $"`{each.Name}` {each.Range!.Least} to {each.Range.Most} ({each.Range.Default})"))
                .Concat(type.Properties.Select(property => $"`{property}`"));
            var value = type.Expects(Nothing, new FieldLimits(type.Length?.Default, type.Precision?.Default,
                type.Scale?.Default, ["its values"]));
            table.Append(CultureInfo.InvariantCulture, $"| `{type.Name}` | {Cell(value ?? "any JSON value")} | "
                + $"{string.Join(", ", takes)} | {(type.Slots == SlotFamily.None ? "" : "yes")} | "
                + $"{string.Join(", ", type.ChangesInto.Select(other => $"`{FieldTypeRule.NameOf(other)}`"))} |\n");
        }
        AssertWritten("field-types.md", table);
    }

    private static void AssertWritten(string page, StringBuilder tables)
    {
        var file = Path.Combine(StandardStack.Folder, "..", "docs", "reference", page);
        var text = File.ReadAllText(file);
        var (from, to) = (text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length + 1,
            text.IndexOf(End, StringComparison.Ordinal));
        if (Environment.GetEnvironmentVariable("XINGCHEN_WRITE") == "1")
            File.WriteAllText(file, text = text[..from] + tables + text[to..]);
        Assert.Equal(tables.ToString(), text[from..text.IndexOf(End, StringComparison.Ordinal)]);
    }

    private static void Write(StringBuilder text, ItemShape shape, JsonElement schema, string path, ListShape? of)
    {
        if (of is not null)
            text.Append(CultureInfo.InvariantCulture,
                $"\n### `{path}`\n\nAt most {of.Most:N0} at a time, merged by `{shape.Key.Name}`.\n\n");
        text.Append("| property | value | a layer above may | |\n|---|---|---|---|\n");
        var properties = schema.GetProperty("properties");
        foreach (var property in shape.Properties.Prepend(shape.Key))
            text.Append(CultureInfo.InvariantCulture, $"| `{property.Name}`{(property.Required ? " (needed)" : "")} | "
                + $"{Cell(property.Form.Expects(Nothing) ?? "any JSON value")} | {May(property.Above)} | "
                + $"{Words(properties, property.Name)} |\n");
        foreach (var list in shape.Lists)
            text.Append(CultureInfo.InvariantCulture, $"| `{list.Name}` | [a list](#{Anchor(path + list.Name)}) | "
                + $"{(list.Prefixed ? "add its own, with its prefix" : "add")}, and change each | "
                + $"{Words(properties, list.Name)} |\n");
        foreach (var list in shape.Lists)
            Write(text, list.Item, properties.GetProperty(list.Name).GetProperty("items"),
                path.Length == 0 ? list.Name : $"{path}.{list.Name}", list);
    }

    private static string Anchor(string path) => path.Replace(".", "", StringComparison.Ordinal).ToLowerInvariant();

    private static string Words(JsonElement properties, string name) =>
        Cell(properties.GetProperty(name).TryGetProperty("description", out var words) ? words.GetString()!
            : throw new InvalidOperationException($"The JSON Schema has no description of {name}."));

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static string May(Above above) => above switch
    {
        Above.Fixed => "nothing", Above.Free => "change it", _ => "tighten it",
    };
}
