using System.Text;
using Xingchen.Metadata.Publication;
using Xingchen.Metadata.Stacks;
using Xingchen.Schema;

namespace Xingchen.Tests.Unit.Metadata;

public sealed class DepartedFieldsTests
{
    [Theory]
    [InlineData("""{"type":"text"}""", """{"type":"text","unique":true}""", "unique-on-live-field")]
    [InlineData("""{"type":"text","unique":true}""", """{"type":"text","unique":true,"caseSensitive":false}""",
        "unique-on-live-field")]
    [InlineData("""{"type":"text"}""", """{"type":"integer"}""", "field-type-change")]
    [InlineData("""{"type":"text","unique":true}""", """{"type":"text"}""", null)]
    [InlineData("""{"type":"text"}""", """{"type":"text","required":true,"indexed":true}""", null)]
    [InlineData("""{"type":"text"}""", """{"type":"text"}""", null)]
    public void A_field_in_force_keeps_what_its_data_needs(string before, string after, string? code)
    {
        var old = With(before, Places.None);
        Assert.Equal(code is null ? [] : [code],
            DepartedFields.Check(old.Schema, With(after, old.AccountPlaces).Schema, "{}").Select(found => found.Code));
    }

    [Theory]
    [InlineData("""{"type":"text"}""", """{"type":"text","unique":true}""", "unique-on-live-field")]
    [InlineData("""{"type":"text","unique":true}""", """{"type":"text","unique":true}""", null)]
    [InlineData("""{"type":"text","unique":true}""", """{"type":"text"}""", null)]
    public void A_field_comes_back_as_what_its_data_is(string before, string after, string? code)
    {
        var old = With(before, Places.None);
        var without = With(null, old.AccountPlaces);
        var departed = DepartedFields.Next(old.Schema, without.Schema, "{}");
        var back = With(after, without.AccountPlaces);
        Assert.Equal(code is null ? [] : [code],
            DepartedFields.Check(without.Schema, back.Schema, departed).Select(found => found.Code));
        Assert.Equal("{}", DepartedFields.Next(without.Schema, back.Schema, departed));
    }

    private static Snapshot With(string? field, Places places)
    {
        var fields = field is null ? "" : "," + field.Insert(1, "\"name\":\"code\",");
        var json = $$"""{"objects":[{"name":"c__Pet","fields":[{"name":"name","type":"text"}{{fields}}]}]}""";
        var layer = Layer.Parse(LayerKind.Account, "private", null, "0", Encoding.UTF8.GetBytes(json), out var wrong);
        Assert.Empty(wrong);
        return Snapshot.Draft([layer], Places.None, places);
    }
}
