namespace Xingchen.Schema.Packages;

/// <summary>A file of a package.</summary>
/// <param name="Path">Relative, with <c>/</c>.</param>
public sealed record PackageFile(string Path, ReadOnlyMemory<byte> Content);
