using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Xingchen.Schema.Packages;

/// <summary>Looks into the assemblies of a package as data: nothing is loaded, nothing of them runs.</summary>
/// <remarks>An assembly stands on the framework, on Xingchen.Sdk and on what the package brings; where it will run
/// there is nothing else. Reads the tables of ECMA-335, partition II.</remarks>
internal static class AssemblyCheck
{
    private static readonly HashSet<string> Framework =
    [
        "System", "mscorlib", "netstandard", "WindowsBase", "Microsoft.CSharp", "Microsoft.VisualBasic",
        "Microsoft.VisualBasic.Core", "Microsoft.Win32.Primitives", "Microsoft.Win32.Registry", "Xingchen.Sdk",
    ];

    /// <param name="path">Of the entry, such as <c>lib/Acme.Loyalty.dll</c>.</param>
    /// <param name="own">Simple names of all assemblies of the package.</param>
    /// <param name="handlers">Who looks for types.</param>
    public static void Check(
        string path, ArraySegment<byte> content, IReadOnlySet<string> own, HandlerCheck handlers,
        PackageFindings findings)
    {
        try
        {
            using var file = new PEReader(
                new MemoryStream(content.Array!, content.Offset, content.Count, writable: false));
            if (!file.HasMetadata || file.PEHeaders.CorHeader is not { } header
                || file.GetMetadataReader() is not { IsAssembly: true } assembly)
            {
                findings.Add("assembly-invalid", "This is no .NET assembly.", path);
                return;
            }
            if (!header.Flags.HasFlag(CorFlags.ILOnly))
                findings.Add("assembly-native", "The assembly holds native code. Compile it to IL alone.", path);
            handlers.Look(Path.GetFileNameWithoutExtension(path), assembly);
            foreach (var handle in assembly.AssemblyReferences)
            {
                var reference = assembly.GetAssemblyReference(handle);
                var name = assembly.GetString(reference.Name);
                if (Framework.Contains(name) || name.StartsWith("System.", StringComparison.Ordinal)
                    || own.Contains(name)) continue;
                findings.Add("assembly-reference-missing", $"The assembly refers to {LayerReader.Clip(name)} "
                    + $"{reference.Version}, which neither the platform has nor the package brings. Put it into lib/.",
                    path);
            }
        }
        catch (Exception wrong) when (wrong is BadImageFormatException or InvalidOperationException
            or ArgumentException or OverflowException)
        {
            findings.Add("assembly-invalid", "This is no .NET assembly: its tables are damaged.", path);
        }
    }
}
