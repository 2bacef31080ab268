using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Xingchen.Records.Plan;
using Xingchen.Schema;

namespace Xingchen.Tests.Unit.Schema;

public sealed class StandardStackTests(ITestOutputHelper output)
{
    [Fact]
    public void The_standard_stack_resolves_without_a_finding()
    {
        var resolution = Resolver.Resolve(StandardStack.Standard);
        Assert.Empty(resolution.Findings);
        Assert.Empty(Resolver.Resolve([.. StandardStack.Standard, StandardStack.Sample]).Findings);
    }

    [Fact]
    public void The_sample_packages_resolve_on_the_standard_stack_and_alone()
    {
        var packages = StandardStack.Packages();
        Assert.NotEmpty(packages);
        Assert.Empty(Resolver.Resolve([.. StandardStack.Standard, .. packages, StandardStack.Sample]).Findings);
        var stack = Resolver.Resolve([.. StandardStack.Standard, .. packages]);
        var standard = Places.Allot(stack, Places.None, Places.None, forStandard: true);
        var places = Places.Allot(stack, standard, Places.None, forStandard: false);
        var schema = SchemaCompiler.Compile(stack, standard, places, stack.Address);
        Assert.Equal(stack.Objects.Count, schema.Objects.Count);
        Assert.All(schema.Objects,
            o => Assert.Equal(stack.Find("object", o.Name)!.List("fields").Count, o.Fields.Count));
    }

    [Fact]
    public void Every_object_has_a_list_a_form_and_both_languages()
    {
        var resolution = Resolver.Resolve(StandardStack.Standard);
        foreach (var item in resolution.Objects)
        {
            Assert.Contains(resolution.Pages, p => p.Text("object") == item.Key && p.Text("type") == "list"
                && p.Flag("default"));
            Assert.Contains(resolution.Pages, p => p.Text("object") == item.Key && p.Text("type") == "form"
                && p.Flag("default"));
        }
        foreach (var item in resolution.Objects.Concat(resolution.Pages)) BothLanguages(item);
    }

    [Fact]
    public void Every_indexed_field_of_the_standard_has_a_slot()
    {
        var schema = Compile();
        foreach (var item in schema.Objects)
            foreach (var field in item.Fields.Where(f => f.Unique || (f.Indexed && f.References is not { Count: > 0 })))
                Assert.True(field.Place.Slot is not null, $"{item.Name}.{field.Name} has no slot left");
    }

    [Fact]
    public void The_queries_of_the_api_find_their_fields()
    {
        var schema = Compile();
        var order = schema.Find("SalesOrder")!;
        foreach (var path in new[] { "name", "total", "status", "orderedAt", "customer", "customer.name",
            "customer.country",
            "customer.creditLimit", "customer.region.name", "id" })
            Assert.NotNull(FieldPath.Find(schema, order, path, out _));
        var lines = Assert.Single(order.Children, c => c.Name == "lines");
        Assert.True(lines.Owned);
        Assert.NotNull(FieldPath.Find(schema, schema.Find(lines.Object)!, "product.name", out _));
        Assert.NotNull(FieldPath.Find(schema, schema.Find(lines.Object)!, "quantity", out _));
        Assert.Null(FieldPath.Find(schema, order, "customer.nothing", out var wrong));
        Assert.Equal("Customer has no field \"nothing\".", wrong!.Detail);
        Assert.NotNull(FieldPath.Find(schema, schema.Find("Contact")!, "company.name", out _));
        Assert.Null(FieldPath.Find(schema, schema.Find("Contact")!, "company.nothing", out wrong));
        Assert.Contains("Customer or Supplier", wrong!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Three_hundred_private_fields_are_resolved_and_compiled()
    {
        var fields = string.Join(',', Enumerable.Range(0, 300).Select(i =>
            $$"""{"name":"c__f{{i}}","type":"text","label":{"en":"Field","zh-CN":"字段"} }"""));
        var json = Encoding.UTF8.GetBytes($$"""{"overlays":[{"overlays":"Customer","fields":[{{fields}}]}]}""");
        for (var round = 0; round < 5; round++)
        {
            var watch = Stopwatch.StartNew();
            _ = StandardStack.Read(LayerKind.Group, "trade", "group/trade");
            var read = watch.Elapsed.TotalMilliseconds;
            watch.Restart();
            var basis = Compile();
            var standardTime = watch.Elapsed.TotalMilliseconds;
            watch.Restart();
            var layer = Layer.Parse(LayerKind.Account, "main", null, "1", json, out var findings);
            Assert.Empty(findings);
            var resolution = Resolver.Resolve([.. StandardStack.Standard, layer]);
            Assert.Empty(resolution.Findings);
            var standard = Places.Allot(resolution, Places.None, Places.None, forStandard: true);
            var places = Places.Allot(resolution, standard, Places.None, forStandard: false);
            var schema = SchemaCompiler.Compile(resolution, standard, places, resolution.Address);
            output.WriteLine($"read trade {read:0.0} ms, standard {standardTime:0.0} ms, with 300 "
                + $"fields {watch.Elapsed.TotalMilliseconds:0.0} ms");
            Assert.Equal(basis.Find("Customer")!.Fields.Count + 300, schema.Find("Customer")!.Fields.Count);
        }
    }

    internal static global::Xingchen.Schema.Schema Compile()
    {
        var resolution = Resolver.Resolve(StandardStack.Standard);
        var places = Places.Allot(resolution, Places.None, Places.None, forStandard: true);
        return SchemaCompiler.Compile(resolution, places, Places.None, resolution.Address);
    }

    private static void BothLanguages(ResolvedItem item)
    {
        if (item.Properties.ContainsKey("label") || item.Lists.Count > 0)
        {
            var label = item.Value("label");
            Assert.True(label is { ValueKind: JsonValueKind.Object } value
                && value.TryGetProperty("en", out _) && value.TryGetProperty("zh-CN", out _),
                    $"{item.Key} needs both languages");
        }
        foreach (var list in item.Lists.Values)
            foreach (var inner in list) BothLanguages(inner);
    }
}
