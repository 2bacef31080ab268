using Xingchen.Schema.Definitions;

namespace Xingchen.Schema;

/// <summary>Lays layers over each other. Pure: the result is a function of the layers alone, byte for byte.</summary>
public static class Resolver
{
    /// <summary>Resolves a stack.</summary>
    /// <param name="stack">From the lowest up: kinds ascending, packages in dependency order and then by name; one
    /// layer of each kind at most but packages, whose names differ.</param>
    /// <remarks>Always gives a resolution: what a layer may not do has no effect, and a finding.</remarks>
    /// <exception cref="ArgumentException">The stack is not in order.</exception>
    public static Resolution Resolve(IReadOnlyList<Layer> stack)
    {
        Order(stack);
        // 1. Lay each layer over those below it.
        var findings = new StackFindings(stack);
        var items = DefinitionKind.All.ToDictionary(
            kind => kind.Name, _ => new SortedDictionary<string, ResolvedItem>(StringComparer.Ordinal));
        foreach (var layer in stack) new LayerMerge(layer, findings).Apply(items);
        PicklistDefinition.Share(items);
        // 2. Check what only the whole can show.
        var schema = new Lazy<Schema>(() => SchemaCompiler.Unplaced(items["object"].Values));
        foreach (var kind in DefinitionKind.All)
            kind.Verify(new StackCheck(stack, kind.Name, items, findings, schema));
        return new Resolution(stack, items.ToDictionary(
            pair => pair.Key, pair => (IReadOnlyList<ResolvedItem>)[.. pair.Value.Values]), findings.All);
    }

    private static void Order(IReadOnlyList<Layer> stack)
    {
        var packages = new HashSet<string>();
        for (var i = 0; i < stack.Count; i++)
        {
            var sameKind = i > 0 && stack[i - 1].Kind == stack[i].Kind;
            if ((i > 0 && stack[i - 1].Kind > stack[i].Kind) || (sameKind && stack[i].Kind != LayerKind.Isv))
                throw new ArgumentException($"Layer {stack[i].Source} is out of its order.", nameof(stack));
            if (stack[i].Kind == LayerKind.Isv && !packages.Add(stack[i].Name))
                throw new ArgumentException($"Package {stack[i].Name} is in the stack twice.", nameof(stack));
        }
    }
}
