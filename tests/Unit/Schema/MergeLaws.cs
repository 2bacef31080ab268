using System.Globalization;
using System.Text;
using System.Text.Json;
using Xingchen.Schema;
using Xingchen.Schema.Definitions;

namespace Xingchen.Tests.Unit.Schema;

/// <summary>What holds for every stack of layers, on generated ones. A failure names the seed; put it in
/// <c>XINGCHEN_SEED</c> to see it again; <c>XINGCHEN_LAWS</c> is how many stacks each law is held on.</summary>
public sealed class MergeLaws(ITestOutputHelper output)
{
    private static readonly ulong Stacks =
        ulong.Parse(Environment.GetEnvironmentVariable("XINGCHEN_LAWS") ?? "2000", CultureInfo.InvariantCulture);

    [Fact]
    public void Resolving_is_a_function_of_the_layers_alone() => ForAll(stack =>
    {
        var again = stack.Select(layer =>
        {
            var read = Layer.Parse(layer.Kind, layer.Name, layer.Kind == LayerKind.Account ? null : layer.Namespace,
                "2.0.0",
                layer.Content, out var findings);
            Assert.Empty(findings);
            Assert.Equal(layer.Digest, read.Digest);
            return read;
        }).ToList();
        Assert.Equal(Shown(Resolver.Resolve(stack)), Shown(Resolver.Resolve(again)));
        Assert.Equal(Resolver.Resolve(stack).Address, Resolver.Resolve(again).Address);
    });

    [Fact]
    public void An_empty_layer_changes_nothing() => ForAll(stack =>
    {
        var with = stack.ToList();
        with.Insert(with.FindLastIndex(l => l.Kind != LayerKind.Account) + 1,
            Layer.Empty(LayerKind.Isv, "empty", "empty"));
        if (with[^1].Kind != LayerKind.Account) with.Add(Layer.Empty(LayerKind.Account, "main"));
        with.Insert(0, Layer.Empty(LayerKind.Global, "platform"));
        Assert.Equal(Shown(Resolver.Resolve(stack)), Shown(Resolver.Resolve(with)));
    });

    [Fact]
    public void Applying_a_layer_twice_is_applying_it_once() => ForAll(stack =>
    {
        var once = Merged(stack, 1);
        Assert.Equal(once, Merged(stack, 2));
        Assert.Equal(once, Merged(stack, 3));
    });

    [Fact]
    public void Removing_the_top_layer_shows_what_lies_below_exactly() => ForAll(stack =>
    {
        if (stack.Count < 2) return;
        var top = stack[^1].Source;
        var with = Resolver.Resolve(stack);
        var without = Resolver.Resolve(stack[..^1]);
        foreach (var item in without.Objects)
        {
            var lying = with.Find("object", item.Key)!;
            Assert.Equal(
                without.Blame("object", item.Key).ToDictionary(b => b.Path, b => Text(b.Setting)),
                EffectiveJson.BlameOf(lying, "").Select(b => b with { Setting = Below(b.Setting, top)! })
                    .Where(b => b.Setting is not null).ToDictionary(b => b.Path, b => Text(b.Setting)));
        }
        Assert.Equal(without.Objects.Select(o => o.Key), with.Objects.Where(o => o.Layer != top).Select(o => o.Key));
    });

    [Fact]
    public void Uninstalled_after_installed_is_never_installed() => ForAll(stack =>
    {
        var package = stack.FindIndex(l => l.Kind == LayerKind.Isv);
        if (package < 0) return;
        List<Layer> without = [.. stack[..package], .. stack[(package + 1)..]];
        var standard = Places.Allot(Resolver.Resolve(stack[..1]), Places.None, Places.None, forStandard: true);
        var before = Places.Allot(Resolver.Resolve(without), standard, Places.None, forStandard: false);
        var installed = Places.Allot(Resolver.Resolve(stack), standard, before, forStandard: false);
        var gone = Places.Allot(Resolver.Resolve(without), standard, installed, forStandard: false);
        Assert.Same(installed, gone);
        Assert.Equal(Shown(without, standard, before), Shown(without, standard, gone));
        // What comes back finds its data where it was.
        Assert.Same(gone, Places.Allot(Resolver.Resolve(stack), standard, gone, forStandard: false));
        Assert.Equal(Encoding.UTF8.GetString(gone.ToJson()),
            Encoding.UTF8.GetString(Places.Parse(gone.ToJson()).ToJson()));
    });

    [Fact]
    public void A_layer_does_not_touch_what_it_does_not_name() => ForAll(stack =>
    {
        var package = stack.FindIndex(l => l.Kind == LayerKind.Isv);
        if (package < 0) return;
        var named = stack[package].Definitions.Select(d => d.Name).Concat(stack[package].Definitions
            .Where(d => d.Content.TryGetProperty("texts", out _)).SelectMany(Translated)).ToHashSet();
        var with = Resolver.Resolve(stack);
        var without = Resolver.Resolve([.. stack[..package], .. stack[(package + 1)..]]);
        foreach (var item in without.Objects.Where(o => !named.Contains(o.Key)))
            Assert.Equal(Shown(item), Shown(with.Find("object", item.Key)!));
    });

    [Fact]
    public void Two_fields_never_share_a_place() => ForAll(stack =>
    {
        var standard = Places.Allot(Resolver.Resolve(stack[..1]), Places.None, Places.None, forStandard: true);
        var resolution = Resolver.Resolve(stack);
        var places = Places.Allot(resolution, standard, Places.None, forStandard: false);
        foreach (var item in SchemaCompiler.Compile(resolution, standard, places, "").Objects)
        {
            Assert.Equal(resolution.Find("object", item.Name)!.List("fields").Count, item.Fields.Count);
            Assert.Equal(item.Fields.Count, item.Fields.Select(f => f.Place.BodyKey).Distinct().Count());
            var slots = item.Fields.Select(f => f.Place.Slot).OfType<string>().ToList();
            Assert.Equal(slots.Count, slots.Distinct().Count());
        }
    });

    private void ForAll(Action<List<Layer>> law)
    {
        var given = Environment.GetEnvironmentVariable("XINGCHEN_SEED");
        var seed = given is null ? (ulong)Environment.TickCount64 * 1_000_003 : ulong.Parse(given);
        output.WriteLine($"XINGCHEN_SEED={seed}, {Stacks} stacks");
        Assert.NotEqual(0UL, Stacks);
        for (var i = 0UL; i < Stacks; i++)
            try
            {
                law(new StackGenerator(seed + i).Stack());
            }
            catch (Exception broken)
            {
                throw new InvalidOperationException($"The law fails for XINGCHEN_SEED={seed + i}: {broken.Message}",
                    broken);
            }
    }

    private static IEnumerable<string> Translated(Definition definition) =>
        definition.Content.GetProperty("texts").EnumerateArray()
            .Select(text => text.GetProperty("path").GetString()!.Split('/')[1]);

    private static string Merged(List<Layer> stack, int times)
    {
        var findings = new StackFindings(stack);
        var items = DefinitionKind.All
            .ToDictionary(k => k.Name, _ => new SortedDictionary<string, ResolvedItem>(StringComparer.Ordinal));
        foreach (var layer in stack)
            for (var i = 0; i < times; i++) new LayerMerge(layer, findings).Apply(items);
        return string.Join('\n', items["object"].Values.Select(Shown));
    }

    private static Setting? Below(Setting setting, string top)
    {
        if (setting.Layer != top) return setting;
        return setting.Hides is [var hidden, ..] ? new Setting(hidden.Value, hidden.Layer, [.. setting.Hides.Skip(1)])
            : null;
    }

    private static string Text(Setting setting) => $"{setting.Value} {setting.Layer} "
        + string.Join(';', setting.Hides.Select(h => $"{h.Layer}={h.Value}"));

    private static string Shown(Resolution resolution) => string.Join('\n', resolution.Objects.Select(Shown))
        + Encoding.UTF8.GetString(resolution.ToJson())
        // Findings come in the order in which things were written down.
        + string.Join('\n', resolution.Findings.Select(f => f.Code + f.Detail).Order(StringComparer.Ordinal));

    private static string Shown(ResolvedItem item) =>
        Encoding.UTF8.GetString(CanonicalJson.Write(writer =>
            EffectiveJson.Write(writer, ObjectDefinition.Kind.Shape, item, explain: true)));

    private static string Shown(IReadOnlyList<Layer> stack, Places standard, Places account)
    {
        var schema = SchemaCompiler.Compile(Resolver.Resolve(stack), standard, account, "");
        return JsonSerializer.Serialize(schema.Objects);
    }
}
