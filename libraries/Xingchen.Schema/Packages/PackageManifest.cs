namespace Xingchen.Schema.Packages;

/// <summary>The file <c>package.json</c>: what a package is and what it needs.</summary>
/// <param name="Name">Unique in the installation.</param>
/// <param name="Namespace">The publisher's; null for standard layers.</param>
/// <param name="Version">SemVer 2.0, normalized, without build metadata.</param>
/// <param name="Layer">Which layer it is: <c>isv</c>, or <c>global</c>, <c>idc</c>, <c>group</c> for the platform's
/// own.</param>
/// <param name="Title">A text, or texts by language; null where there is none.</param>
/// <param name="Description">As <paramref name="Title"/>.</param>
/// <param name="License">An SPDX expression or any words.</param>
/// <param name="Engine">Range of versions of Xingchen itself (<c>engines.xingchen</c>).</param>
/// <param name="Dependencies">Other packages by name, with the ranges of versions that will do.</param>
/// <param name="Permissions">Scopes that its code asks for and hosts that it calls.</param>
/// <param name="Assemblies">Paths of its .NET assemblies in the package.</param>
/// <param name="PreActivation">What is called before a version is activated (<c>activation.pre</c>).</param>
public sealed record PackageManifest(
    string Name,
    string? Namespace,
    string Version,
    string Layer,
    Label? Title,
    Label? Description,
    string? License,
    VersionRange? Engine,
    IReadOnlyDictionary<string, VersionRange> Dependencies,
    IReadOnlyList<string> Permissions,
    IReadOnlyList<string> Assemblies,
    string? PreActivation)
{
    /// <summary>The layer of a publisher's package.</summary>
    public const string IsvLayer = "isv";

    public bool IsStandard => Layer != IsvLayer;
}
