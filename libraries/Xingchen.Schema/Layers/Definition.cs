using System.Text.Json;

namespace Xingchen.Schema;

/// <summary>One authored item of a layer.</summary>
/// <param name="Kind"><c>object</c>, <c>page</c>, <c>permission-set</c>, …: what it defines or overlays.</param>
/// <param name="Name">What it defines, or what it overlays.</param>
/// <param name="IsOverlay">Whether it is a difference against the layers below.</param>
/// <param name="Content">The JSON as it was written.</param>
/// <param name="File">The file it came from, or null.</param>
/// <param name="Pointer">Where it stands in that file, or in the layer's document.</param>
public sealed record Definition(
    string Kind, string Name, bool IsOverlay, JsonElement Content, string? File, string Pointer);

/// <summary>A file of definitions of a package folder.</summary>
/// <param name="Collection"><c>objects</c>, <c>overlays</c>, <c>pages</c>: the folder it stands in.</param>
/// <param name="File">Its path, for findings.</param>
/// <param name="Json">Its bytes: one definition.</param>
public sealed record DefinitionFile(string Collection, string File, ReadOnlyMemory<byte> Json);
