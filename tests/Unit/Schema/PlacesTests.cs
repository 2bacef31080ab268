using System.Text;
using Xingchen.Schema;

namespace Xingchen.Tests.Unit.Schema;

public sealed class PlacesTests
{
    [Fact]
    public void Places_are_pinned()
    {
        var places = Allot(Places.None, """
            {"objects":[{"name":"c__Pet","fields":[{"name":"title","type":"text"},{"name":"age","type":"integer",
             "indexed":true},
             {"name":"friend","type":"reference","references":["c__Pet"]}]}]}
            """);
        const string Fields = """
            "age":{"k":"_2","s":"n1","t":"number"},"friend":{"k":"_1","s":"r1","t":"reference"}
            """;
        const string Title = """
            ,"title":{"k":"_3","t":"text"}},"prefix":"A00"}}}
            """;
        Assert.Equal("""{"next":"A01","objects":{"c__Pet":{"fields":{""" + Fields + Title, Text(places));
        Assert.Equal(Text(places), Text(Places.Parse(Text(places))));
        Assert.Equal(Text(Places.None), Text(Places.Parse("{}")));
    }

    [Fact]
    public void A_field_that_comes_back_finds_its_place_and_one_of_another_kind_does_not()
    {
        var text = """{"objects":[{"name":"c__Pet","fields":[{"name":"x","type":"text","indexed":true}]}]}""";
        var first = Allot(Places.None, text);
        var without = Allot(first, """{"objects":[{"name":"c__Pet"}]}""");
        Assert.Same(first, without);
        var number = Allot(first, text.Replace("text", "number"));
        Assert.Equal(new FieldPlace("_2", "n1"), PlaceOf(number, text.Replace("text", "number")));
        var email = Allot(number, text.Replace("text", "email"));
        Assert.Equal(new FieldPlace("_1", "t1"), PlaceOf(email, text.Replace("text", "email")));
        // The place that is not in use keeps its key: what rests there may be wanted again.
        var more = Allot(email, """{"objects":[{"name":"c__Pet","fields":[{"name":"y","type":"date"}]}]}""");
        Assert.Contains("\"y\":{\"k\":\"_3\"", Text(more));
    }

    [Theory]
    [InlineData("""{"type":"text"}""", """{"type":"text","indexed":true}""", "t1", 1, 0, 0)]
    [InlineData("""{"type":"text"}""", """{"type":"text","unique":true}""", "t1", 1, 1, 0)]
    [InlineData("""{"type":"text","indexed":true}""", """{"type":"text","unique":true}""", "t1", 0, 1, 0)]
    [InlineData("""{"type":"text"}""", """{"type":"text","searchable":true}""", null, 0, 0, 1)]
    [InlineData("""{"type":"text","unique":true,"searchable":true}""",
        """{"type":"text","unique":true,"searchable":true,"caseSensitive":false}""", "t1", 1, 1, 1)]
    [InlineData("""{"type":"text","unique":true,"searchable":true}""", """{"type":"text"}""", "t1", 0, 0, 0)]
    public void An_index_that_comes_after_its_field_begins_a_round(
        string before, string after, string? slot, int index, int unique, int search)
    {
        static string Pet(string field) =>
            $$"""{"objects":[{"name":"c__Pet","fields":[{"name":"x",{{field[1..]}}]}]}""";
        var first = Allot(Places.None, Pet(before));
        Assert.Equal(default, PlaceOf(first, Pet(before)).Rounds);
        var second = Allot(first, Pet(after));
        var place = PlaceOf(second, Pet(after));
        Assert.Equal((slot, new IndexRounds(index, unique, search)), (place.Slot, place.Rounds));
        Assert.Equal(slot is not null && index > 0 ? null : slot, place.ReadySlot);
        Assert.Same(second, Allot(second, Pet(after))); // and once only
        Assert.Equal(Text(second), Text(Places.Parse(Text(second))));
    }

    [Fact]
    public void An_account_indexes_a_standard_field_by_a_column_and_a_key_of_its_own()
    {
        var standard = Resolver.Resolve(StandardStack.Standard);
        var ours = Places.Allot(standard, Places.None, Places.None, forStandard: true);
        var plain = SchemaCompiler.Compile(standard, ours, Places.None, "").Find("Customer")!.Fields
            .First(f => f is { Type: FieldType.Text, Indexed: false });
        var stack = Resolver.Resolve([.. StandardStack.Standard, ResolverTests.Read(LayerKind.Account, "main", null,
            $$"""{"overlays":[{"overlays":"Customer","fields":[{"name":"{{plain.Name}}","unique":true}]}]}""")]);
        Assert.Empty(stack.Findings);
        var theirs = Places.Allot(stack, ours, Places.None, forStandard: false);
        var place = SchemaCompiler.Compile(stack, ours, theirs, "").Find("Customer")!.Find(plain.Name)!.Place;
        Assert.Equal((plain.Place.BodyKey, "t6", plain.Place.BodyKey + "#-1"),
            (place.BodyKey, place.Slot, place.UniqueKey));
        Assert.Equal(FieldIndexes.Slot | FieldIndexes.Unique, place.Building);
        Assert.Same(theirs, Places.Allot(stack, ours, theirs, forStandard: false));
    }

    [Fact]
    public void Prefixes_are_given_in_order_and_never_again()
    {
        var first = Allot(Places.None, """{"objects":[{"name":"c__B"},{"name":"c__A"}]}""");
        var second = Allot(first, """{"objects":[{"name":"c__C"}]}""");
        Assert.Contains("\"c__A\":{\"fields\":{},\"prefix\":\"A00\"}", Text(second));
        Assert.Contains("\"c__B\":{\"fields\":{},\"prefix\":\"A01\"}", Text(second));
        Assert.Contains("\"c__C\":{\"fields\":{},\"prefix\":\"A02\"}", Text(second));
    }

    [Fact]
    public void Accounts_take_other_columns_of_a_standard_object_than_its_own_layers()
    {
        var standard = Resolver.Resolve(StandardStack.Standard);
        var ours = Places.Allot(standard, Places.None, Places.None, forStandard: true);
        var fields = string.Join(',', Enumerable.Range(0, 12)
            .Select(i => $$"""{"name":"c__f{{i}}","type":"text","indexed":true}"""));
        var stack = Resolver.Resolve([.. StandardStack.Standard,
            ResolverTests.Read(LayerKind.Account, "main", null,
                $$"""{"overlays":[{"overlays":"Customer","fields":[{{fields}}]}]}""")]);
        var theirs = Places.Allot(stack, ours, Places.None, forStandard: false);
        var customer = SchemaCompiler.Compile(stack, ours, theirs, "").Find("Customer")!;
        var own = customer.Fields.Where(f => f.Layer == "account").ToList();
        Assert.Equal(["t6", "t7", "t8"], own.Select(f => f.Place.Slot).OfType<string>());
        Assert.All(own, f => Assert.StartsWith("_", f.Place.BodyKey));
        Assert.All(customer.Fields.Except(own), f => Assert.True(f.Place.BodyKey.All(char.IsAsciiDigit)));
    }

    [Fact]
    public void What_has_no_place_is_not_in_force()
    {
        var resolution = Resolver.Resolve(StandardStack.Standard);
        Assert.All(SchemaCompiler.Compile(resolution, Places.None, Places.None, "").Objects,
            o => Assert.Empty(o.Fields));
    }

    private static FieldPlace PlaceOf(Places places, string json)
    {
        var resolution = Resolver.Resolve([ResolverTests.Read(LayerKind.Account, "main", null, json)]);
        return SchemaCompiler.Compile(resolution, Places.None, places, "").Find("c__Pet")!.Find("x")!.Place;
    }

    private static Places Allot(Places before, string json) => Places.Allot(
        Resolver.Resolve([ResolverTests.Read(LayerKind.Account, "main", null, json)]), Places.None, before,
            forStandard: false);

    private static string Text(Places places) => Encoding.UTF8.GetString(places.ToJson());
}
