using System.Text;
using Xingchen.Metadata.Publication;
using Xingchen.Metadata.Stacks;
using Xingchen.Schema;

namespace Xingchen.Tests.Unit.Metadata;

public sealed class LiveFieldsTests
{
    [Theory]
    [InlineData("""{"type":"text"}""", """{"type":"text","unique":true}""", null)]
    [InlineData("""{"type":"text","unique":true}""", """{"type":"text","unique":true,"caseSensitive":false}""", null)]
    [InlineData("""{"type":"text"}""", """{"type":"integer"}""", "field-type-change")]
    [InlineData("""{"type":"integer"}""", """{"type":"number","scale":2}""", null)]
    [InlineData("""{"type":"number","scale":2}""", """{"type":"integer"}""", "field-type-change")]
    [InlineData("""{"type":"longText"}""", """{"type":"text"}""", "field-type-change")]
    [InlineData("""{"type":"reference","references":["c__Pet"]}""",
        """{"type":"reference","references":["c__Vet"]}""", "field-references-change")]
    [InlineData("""{"type":"reference","references":["c__Pet"]}""",
        """{"type":"reference","references":["c__Vet","c__Pet"]}""", null)]
    [InlineData("""{"type":"text","unique":true}""", """{"type":"text"}""", null)]
    [InlineData("""{"type":"text"}""", """{"type":"text","required":true,"indexed":true}""", null)]
    [InlineData("""{"type":"text"}""", """{"type":"text"}""", null)]
    public void A_field_in_force_keeps_what_its_data_needs(string before, string after, string? code)
    {
        var old = With(before, Places.None);
        Assert.Equal(code is null ? [] : [code],
            LiveFields.Check(old.Schema, With(after, old.AccountPlaces).Schema).Select(found => found.Code));
    }

    [Theory]
    [InlineData("""{"type":"number","scale":2}""", """{"type":"integer"}""", null)]
    [InlineData("""{"type":"longText"}""", """{"type":"text"}""", null)]
    [InlineData("""{"type":"reference","references":["c__Vet","c__Pet"]}""",
        """{"type":"reference","references":["c__Pet"]}""", null)]
    [InlineData("""{"type":"integer"}""", """{"type":"text"}""", "field-type-change")]
    public void The_way_back_to_a_version_before_stays_open(string before, string after, string? code)
    {
        var old = With(before, Places.None);
        Assert.Equal(code is null ? [] : [code], LiveFields.Check(
            old.Schema, With(after, old.AccountPlaces).Schema, isBack: true).Select(found => found.Code));
    }

    private static Snapshot With(string? field, Places places)
    {
        var fields = field is null ? "" : "," + field.Insert(1, "\"name\":\"code\",");
        var json = $$"""
            {"objects":[{"name":"c__Pet","fields":[{"name":"name","type":"text"}{{fields}}]},
            {"name":"c__Vet","fields":[{"name":"name","type":"text"}]}]}
            """;
        var layer = Layer.Parse(LayerKind.Account, "private", null, "0", Encoding.UTF8.GetBytes(json), out var wrong);
        Assert.Empty(wrong);
        return Snapshot.Draft([layer], Places.None, places);
    }
}
