using System.Text;
using System.Text.Json;
using Xingchen.Model;
using Xingchen.Schema;

namespace Xingchen.Tests.Unit.Schema;

public sealed class LayerParseTests
{
    [Theory]
    [InlineData("""{"objects":[{"fields":[]}]}""", "property-missing", "/objects/0")]
    [InlineData("""{"objects":[{"name":"c__A","name":"c__B"}]}""", "member-duplicate", "/objects/0/name")]
    [InlineData("""{"objects":[{"name":"c__A"},{"name":"c__A"}]}""", "definition-duplicate", "/objects/1/name")]
    [InlineData("""{"objects":[{"name":"A"}]}""", "prefix-invalid", "/objects/0/name")]
    [InlineData("""{"objects":[{"name":"acme__A"}]}""", "prefix-invalid", "/objects/0/name")]
    [InlineData("""{"objects":[{"name":"c__客户"}]}""", "name-invalid", "/objects/0/name")]
    [InlineData("""{"objects":[{"name":"c__Α"}]}""", "name-invalid", "/objects/0/name")]
    [InlineData("""{"objects":[{"name":"c__A","colour":"red"}]}""", "member-unknown", "/objects/0/colour")]
    [InlineData("""{"objects":[{"name":"c__A","a/b~c":1}]}""", "member-unknown", "/objects/0/a~1b~0c")]
    [InlineData("""{"objects":[{"name":"c__A","label":{"en":7}}]}""", "property-invalid", "/objects/0/label")]
    [InlineData("""{"objects":[{"name":"c__A","label":{"klingon!":"x"}}]}""", "property-invalid", "/objects/0/label")]
    [InlineData("""{"objects":[{"name":"c__A","label":"a\u0000b"}]}""", "property-invalid", "/objects/0/label")]
    [InlineData("""{"objects":[{"name":"c__A","fields":[{"name":"x"}]}]}""", "property-missing", "/objects/0/fields/0")]
    [InlineData("""{"objects":[{"name":"c__A","fields":[{"type":"text"}]}]}""", "property-missing",
        "/objects/0/fields/0")]
    [InlineData("""{"objects":[{"name":"c__A","fields":[7]}]}""", "property-invalid", "/objects/0/fields/0")]
    [InlineData("""{"objects":[{"name":"c__A","fields":{}}]}""", "property-invalid", "/objects/0/fields")]
    [InlineData("""{"objects":[{"name":"c__A","fields":[{"name":"id","type":"text"}]}]}""", "name-reserved",
        "/objects/0/fields/0/name")]
    [InlineData("""{"objects":[{"name":"c__A","fields":[{"name":"c__x","type":"text"}]}]}""", "prefix-invalid",
        "/objects/0/fields/0/name")]
    [InlineData("""{"objects":[{"name":"c__A","fields":[{"name":"x","type":"text"},{"name":"x","type":"text"}]}]}""",
        "definition-duplicate", "/objects/0/fields/1/name")]
    [InlineData("""{"objects":[{"name":"c__A","fields":[{"name":"x","type":"blob"}]}]}""", "field-type-unknown",
        "/objects/0/fields/0/type")]
    [InlineData("""{"objects":[{"name":"c__A","fields":[{"name":"x","type":"formula","formula":"1"}]}]}""",
        "property-missing", "/objects/0/fields/0")]
    [InlineData("""{"objects":[{"name":"c__A","fields":[{"name":"x","type":"rollup","of":"y"}]}]}""",
        "property-missing", "/objects/0/fields/0")]
    [InlineData("""{"objects":[{"name":"c__A","fields":[{"name":"x","type":"file"}]}]}""", "not-there-yet",
        "/objects/0/fields/0/type")]
    [InlineData("""{"objects":[{"name":"c__A","fields":[{"name":"x","type":"text","scale":2}]}]}""",
        "property-not-of-type", "/objects/0/fields/0/scale")]
    [InlineData("""{"objects":[{"name":"c__A","fields":[{"name":"x","type":"text","length":0}]}]}""",
        "property-invalid", "/objects/0/fields/0/length")]
    [InlineData("""{"objects":[{"name":"c__A","fields":[{"name":"x","type":"text","length":5000}]}]}""",
        "property-invalid", "/objects/0/fields/0/length")]
    [InlineData("""{"objects":[{"name":"c__A","fields":[{"name":"x","type":"number","precision":3,"scale":5}]}]}""",
        "property-invalid", "/objects/0/fields/0/scale")]
    [InlineData("""{"objects":[{"name":"c__A","fields":[{"name":"x","type":"reference"}]}]}""", "property-missing",
        "/objects/0/fields/0")]
    [InlineData(
        """{"objects":[{"name":"c__A","fields":[{"name":"x","type":"masterDetail","references":["A","B"]}]}]}""",
        "property-invalid", "/objects/0/fields/0/references")]
    [InlineData("""{"objects":[{"name":"c__A","fields":[{"name":"x","type":"picklist"}]}]}""", "property-missing",
        "/objects/0/fields/0")]
    [InlineData("""{"objects":[{"name":"c__A","fields":[{"name":"x","type":"text","after":"y"}]}]}""",
        "member-unknown", "/objects/0/fields/0/after")]
    [InlineData("""{"objects":[{"name":"c__A","fields":[{"name":"x","type":"boolean","unique":true}]}]}""",
        "property-not-of-type", "/objects/0/fields/0/unique")]
    public void What_is_wrong_in_an_object_is_said_with_its_place(string json, string code, string pointer) =>
        AssertSays(json, code, pointer);

    [Theory]
    [InlineData("""{"overlays":[{"label":"x"}]}""", "property-missing", "/overlays/0")]
    [InlineData("""{"overlays":[{"overlays":"A","name":"A"}]}""", "member-unknown", "/overlays/0/name")]
    [InlineData("""{"overlays":[{"overlays":"A","kind":"thing"}]}""", "property-invalid", "/overlays/0/kind")]
    [InlineData("""{"overlays":[{"overlays":"A","unset":["nothing"]}]}""", "member-unknown", "/overlays/0/unset/0")]
    [InlineData("""{"overlays":[{"overlays":"A","unset":"label"}]}""", "property-invalid", "/overlays/0/unset")]
    [InlineData("""{"overlays":[{"overlays":"A","fields":[{"name":"x","after":"y","before":"z"}]}]}""",
        "overlay-anchor-invalid", "/overlays/0/fields/0")]
    [InlineData("""{"tables":[]}""", "member-unknown", "/tables")]
    [InlineData("""{"objects":{}}""", "property-invalid", "/objects")]
    [InlineData("""{"objects":[[]]}""", "json-invalid", "/objects/0")]
    [InlineData("""{"objects":[],"objects":[]}""", "member-duplicate", "/objects")]
    [InlineData("[]", "json-invalid", "")]
    [InlineData("{", "json-invalid", "")]
    [InlineData("", "json-invalid", "")]
    public void What_is_wrong_elsewhere_is_said_with_its_place(string json, string code, string pointer) =>
        AssertSays(json, code, pointer);

    [Fact]
    public void Everything_wrong_is_said_at_once()
    {
        var findings = Findings("""
            {"objects":[{"name":"Bad Name","label":7,"fields":[{"name":"x","type":"blob"},{"name":"ä","type":"text",
             "length":-1}]}],"x":1}
            """);
        Assert.Equal(
            ["/objects/0/fields/0/type", "/objects/0/fields/1/length", "/objects/0/fields/1/name", "/objects/0/label",
                "/objects/0/name", "/x"],
            findings.Select(f => f.Pointer).Order(StringComparer.Ordinal).Distinct());
    }

    [Fact]
    public void Deep_and_wide_documents_are_refused()
    {
        Assert.Equal("json-invalid", Assert.Single(Findings(new string('[', 100_000))).Code);
        var fields = string.Join(',', Enumerable.Range(0, 10_000)
            .Select(i => $$"""{"name":"f{{i}}","type":"nothing"}"""));
        Assert.Equal("too-many", Assert.Single(
            Findings($$"""{"objects":[{"name":"c__A","fields":[{{fields}}]}]}""")).Code);
        var objects = string.Join(',', Enumerable.Range(0, 20_000).Select(i => "{}"));
        Assert.Equal("too-many-findings", Findings($$"""{"objects":[{{objects}}]}""")[^1].Code);
        Assert.Contains(Findings($$"""{"objects":[],"x":"{{new string('x', 17 * 1024 * 1024)}}"}"""),
            f => f.Code == "too-large");
        var members = string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"\"m{i}\":1"));
        Assert.Equal(501, Findings($$"""{"objects":[{"name":"c__A",{{members}}}]}""").Count);
    }

    [Fact]
    public void Files_carry_their_names_into_findings()
    {
        Layer.Parse(LayerKind.Isv, "loyalty", "acme", "1.0.0",
            [
                new DefinitionFile("objects", "metadata/objects/A.json", """{"name":"acme__A","x":1}"""u8.ToArray()),
                new DefinitionFile("overlays", "metadata/overlays/B.json", "{"u8.ToArray()),
                new DefinitionFile("things", "metadata/things/C.json", "{}"u8.ToArray()),
            ], out var findings);
        Assert.Equal(
            [("member-unknown", "/x", "metadata/objects/A.json"), ("json-invalid", "", "metadata/overlays/B.json"),
                ("member-unknown", "", "metadata/things/C.json")],
            findings.Select(f => (f.Code, f.Pointer!, f.File!)));
    }

    [Fact]
    public void A_layer_is_the_same_however_it_is_written_down()
    {
        var one = Layer.Parse(LayerKind.Account, "main", null, "1",
            """
                {"objects":[{"name":"c__B"},{"fields":[{"type":"number","name":"x","default":12.30}],"name":"c__A"}]}
                """u8.ToArray(), out _);
        var other = Layer.Parse(LayerKind.Account, "main", null, "1",
            [
                new DefinitionFile("objects", "b.json", """{"$schema":"x", "name":"c__B"}"""u8.ToArray()),
                new DefinitionFile("objects", "a.json",
                    Encoding.UTF8.GetBytes("\uFEFF{ \"name\": \"c__A\", \"fields\": [{ \"name\": \"x\", \"type\": "
                        + "\"number\", \"default\": 12.30 }] }")),
            ], out var findings);
        Assert.Empty(findings);
        Assert.Equal(one.Digest, other.Digest);
        Assert.Equal(
            """{"objects":[{"fields":[{"default":12.30,"name":"x","type":"number"}],"name":"c__A"},{"name":"c__B"}]}""",
            Encoding.UTF8.GetString(other.Content.Span));
    }

    [Fact]
    public void Random_bytes_and_cut_documents_never_throw()
    {
        var document = StandardStack.Group.Content.ToArray();
        var generator = new StackGenerator(42);
        for (var i = 0; i < 300; i++)
        {
            var hurt = document[..generator.Next(4000)];
            for (var j = 0; j < 5 && hurt.Length > 0; j++) hurt[generator.Next(hurt.Length)] =
                (byte)generator.Next(256);
            Layer.Parse(LayerKind.Group, "trade", null, "1", hurt, out var findings);
            Assert.NotEmpty(findings);
        }
    }

    [Fact]
    public void Any_value_in_any_place_never_throws()
    {
        string[] values = ["null", "7", "-1e400", "\"\"", "\"x\"", "[]", "[null]", "[{}]", "{}", "true",
            "{\"en\":null}", "[[[]]]", "\"\\ud800\""];
        foreach (var value in values)
            foreach (var member in Members())
            {
                Findings($$"""
                    {"objects":[{"name":"c__A","{{member}}":{{value}},"fields":[{"name":"x","type":"picklist",
                     "{{member}}":{{value}}}]}]}
                    """);
                Findings($$"""
                    {"overlays":[{"overlays":"A","{{member}}":{{value}},"fields":[{"name":"x",
                     "{{member}}":{{value}}}]}]}
                    """);
                Findings($$"""
                    {"pages":[{"name":"c__P","object":"A","type":"list","{{member}}":{{value}},"columns":[{"field":"x",
                     "{{member}}":{{value}}}]}]}
                    """);
            }
    }

    private static void AssertSays(string json, string code, string pointer)
    {
        var findings = Findings(json);
        Assert.Contains(findings, f => f.Code == code && f.Pointer == pointer);
        Assert.All(findings, f => Assert.EndsWith(".", f.Detail));
    }

    private static IEnumerable<string> Members()
    {
        foreach (var file in new[] { "object", "overlay", "page" })
        {
            using var schema = JsonDocument.Parse(
                File.ReadAllBytes(Path.Combine(StandardStack.Folder, "schemas", file + ".schema.json")));
            foreach (var name in Named(schema.RootElement)) yield return name;
        }
    }

    private static List<string> Named(JsonElement schema)
    {
        if (schema.ValueKind == JsonValueKind.Array) return [.. schema.EnumerateArray().SelectMany(Named)];
        if (schema.ValueKind != JsonValueKind.Object) return [];
        return [.. schema.EnumerateObject().SelectMany(m => Named(m.Value).Prepend(m.Name)).Distinct()];
    }

    private static IReadOnlyList<Finding> Findings(string json)
    {
        var layer = Layer.Parse(LayerKind.Account, "main", null, "1.0.0", Encoding.UTF8.GetBytes(json),
            out var findings);
        // Whatever is left of it can be resolved.
        Resolver.Resolve([layer]);
        return findings;
    }
}
