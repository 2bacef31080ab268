using System.Reflection;
using System.Reflection.Metadata;
using System.Text.Json;
using Xingchen.Schema.Definitions;

namespace Xingchen.Schema.Packages;

/// <summary>Holds that the types that definitions name as their <c>handler</c> are in the package's
/// assemblies.</summary>
/// <remarks>Only what is named is remembered, however many types an assembly has.</remarks>
internal sealed class HandlerCheck
{
    private readonly HashSet<string> wanted = [];
    private readonly HashSet<string> assemblies = [];
    private readonly HashSet<string> types = [];

    /// <summary>Remembers what a file of the package may name, before it is known whether it is a definition.</summary>
    public void Want(EntryContent file)
    {
        if (file.Content is not { } json || DefinitionKind.OfCollection(
            file.Path.Split('/') is ["metadata", var collection, ..] ? collection : "") is not { NeedsPackage: true })
            return;
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("handler", out var handler)
                && handler.ValueKind == JsonValueKind.String) wanted.Add(handler.GetString()!);
        }
        catch (JsonException)
        {
            // The reader of definitions says so.
        }
    }

    /// <summary>Looks for what is wanted among the types of an assembly.</summary>
    /// <param name="name">Of the file, without its ending.</param>
    public void Look(string name, MetadataReader assembly)
    {
        assemblies.Add(name);
        if (!wanted.Any(handler => handler.StartsWith(name + "!", StringComparison.Ordinal))) return;
        foreach (var handle in assembly.TypeDefinitions)
        {
            var type = assembly.GetTypeDefinition(handle);
            if (type.Attributes.HasFlag(TypeAttributes.Abstract) // interfaces are, too
                || type.GetGenericParameters().Count > 0) continue;
            var full = $"{name}!{NameOf(assembly, type)}";
            if (wanted.Contains(full)) types.Add(full);
        }
    }

    public void Check(Layer layer, PackageFindings findings)
    {
        foreach (var definition in layer.Definitions.Where(definition => !definition.IsOverlay
            && DefinitionKind.OfName(definition.Kind)!.NeedsPackage))
        {
            var handler = definition.Content.GetProperty("handler").GetString()!;
            var assembly = handler[..handler.IndexOf('!', StringComparison.Ordinal)];
            if (!assemblies.Contains(assembly))
                findings.Add("handler-missing", $"The package has no assembly lib/{assembly}.dll.", definition.File,
                    definition.Pointer + "/handler");
            else if (!types.Contains(handler))
                findings.Add("handler-missing", $"lib/{assembly}.dll has no type "
                    + $"{handler[(assembly.Length + 1)..]} that can be made: a class, not abstract, without type "
                    + "parameters.", definition.File, definition.Pointer + "/handler");
        }
    }

    private static string NameOf(MetadataReader assembly, TypeDefinition type)
    {
        var name = assembly.GetString(type.Name);
        // A damaged table could nest in a ring.
        for (var level = 0; level < 10 && !type.GetDeclaringType().IsNil; level++)
        {
            type = assembly.GetTypeDefinition(type.GetDeclaringType());
            name = assembly.GetString(type.Name) + "+" + name;
        }
        var space = assembly.GetString(type.Namespace);
        return space.Length == 0 ? name : space + "." + name;
    }
}
