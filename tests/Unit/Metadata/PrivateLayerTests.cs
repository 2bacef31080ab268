using System.Text;
using System.Text.Json.Nodes;
using Xingchen.Metadata.Publication;

namespace Xingchen.Tests.Unit.Metadata;

public sealed class PrivateLayerTests
{
    private static readonly Target Below = new(TargetKind.Of("objects"), "Customer", IsBelow: true);
    private static readonly Target Own = new(TargetKind.Of("objects"), "c__Pet", IsBelow: false);

    [Fact]
    public void A_field_of_anothers_object_goes_into_an_overlay()
    {
        var edit = PrivateLayer.PutField(Bytes("{}"), Below, "c__color", Json("""{"type":"text"}"""));
        Assert.Equal("/overlays/0/fields/0", edit.Pointer);
        Assert.False(edit.Existed);
        Assert.Equal(
            """{"overlays":[{"overlays":"Customer","fields":[{"type":"text","name":"c__color"}]}]}""",
                edit.Document.GetRawText());
    }

    [Fact]
    public void A_field_of_an_own_object_goes_into_its_definition()
    {
        var edit = PrivateLayer.PutField(
            Bytes("""{"objects":[{"name":"c__Pet","fields":[{"name":"age","type":"text"}]}]}"""),
            Own, "age", Json("""{"type":"integer"}"""));
        Assert.Equal("/objects/0/fields/0", edit.Pointer);
        Assert.True(edit.Existed);
        Assert.Equal("""{"objects":[{"name":"c__Pet","fields":[{"type":"integer","name":"age"}]}]}""",
            edit.Document.GetRawText());
    }

    [Fact]
    public void A_definition_replaces_the_one_of_its_name()
    {
        var edit = PrivateLayer.Put(Bytes("""{"objects":[{"name":"c__A"},{"name":"c__Pet","label":"x"}]}"""), Own,
            Json("{}"));
        Assert.Equal("/objects/1", edit.Pointer);
        Assert.Equal("""{"objects":[{"name":"c__A"},{"name":"c__Pet"}]}""", edit.Document.GetRawText());
    }

    [Fact]
    public void An_overlay_of_a_page_is_not_that_of_an_object_of_its_name()
    {
        var page = new Target(TargetKind.Of("pages"), "Customer", IsBelow: true);
        var edit = PrivateLayer.Put(
            Bytes("""{"overlays":[{"overlays":"Customer"}]}"""), page, Json("""{"label":"x"}"""));
        Assert.Equal("/overlays/1", edit.Pointer);
        Assert.Contains("\"kind\":\"page\"", edit.Document.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public void Taking_out_the_last_thing_an_overlay_says_takes_out_the_overlay()
    {
        var edit = PrivateLayer.RemoveField(
            Bytes("""{"overlays":[{"overlays":"Customer","fields":[{"name":"c__color"}]}]}"""), Below, "c__color");
        Assert.Equal("""{"overlays":[]}""", edit!.Document.GetRawText());
    }

    [Fact]
    public void What_is_not_there_cannot_be_taken_out()
    {
        Assert.Null(PrivateLayer.Remove(Bytes("{}"), Below));
        Assert.Null(PrivateLayer.RemoveField(Bytes("{}"), Below, "c__color"));
        Assert.Null(PrivateLayer.RemoveField(Bytes("""{"overlays":[{"overlays":"Customer"}]}"""), Below, "c__color"));
    }

    [Fact]
    public void A_put_leaves_the_callers_body_alone()
    {
        var body = Json("""{"type":"text"}""");
        PrivateLayer.PutField(Bytes("{}"), Below, "c__color", body);
        Assert.Equal("""{"type":"text"}""", body.ToJsonString());
    }

    [Theory]
    [InlineData("objects", "object")]
    [InlineData("pages", "page")]
    [InlineData("config-items", "config-item")]
    [InlineData("translations", "translation")]
    public void Knows_its_kinds(string collection, string name) => Assert.Equal(name, TargetKind.Of(collection).Name);

    [Theory]
    [InlineData("object", "not-found")]
    [InlineData("overlays", "not-found")]
    public void Says_which_kinds_it_does_not_know(string collection, string slug) =>
        Assert.Equal(slug, Assert.Throws<Model.ProblemException>(() => TargetKind.Of(collection)).Problem.Slug);

    private static ReadOnlyMemory<byte> Bytes(string json) => Encoding.UTF8.GetBytes(json);

    private static JsonObject Json(string json) => JsonNode.Parse(json)!.AsObject();
}
