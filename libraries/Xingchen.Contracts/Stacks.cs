using System.Text.Json;

namespace Xingchen.Contracts;

/// <summary>A package version in an account's stack.</summary>
/// <param name="Layer">Address of its layer (the canonical JSON of its definitions and overlays), not of the
/// file.</param>
public sealed record StackPackage(string Name, string Namespace, string Version, string Layer);

/// <summary>Asks Metadata to put a set of packages in force for the context's account: <c>PUT
/// /internal/stacks/packages</c>.</summary>
/// <param name="Packages">All that shall be installed, in dependency order then by name; what is missing here is
/// removed.</param>
/// <param name="DryRun">Resolves and reports, changes nothing.</param>
/// <remarks>Idempotent. Metadata pulls layers it lacks from Delivery by <c>GET /internal/layers/{digest}</c>.
/// Problems: 422 <c>definition-invalid</c> with every finding.</remarks>
public sealed record SetPackages(long Org, int Account, IReadOnlyList<StackPackage> Packages, bool DryRun = false);

/// <summary>What <see cref="SetPackages"/> answers, and <c>GET /internal/stacks/{org}/{account}</c>.</summary>
/// <param name="Version">Grows with every change of the account's stack; 0 where nothing was ever installed.</param>
/// <param name="Changed">False where the stack was that already.</param>
/// <param name="PrivateLayer">Address of the account's own layer, or null.</param>
/// <param name="Difference">What the change did, or would do; null where nothing was asked to change.</param>
public sealed record StackState(
    long Version, bool Changed, IReadOnlyList<StackPackage> Packages, string? PrivateLayer,
    StackDifference? Difference = null);

/// <summary>What differs between two stacks of one account.</summary>
/// <param name="Overlaid">Of <paramref name="Changed"/> and <paramref name="Removed"/>, what the account itself
/// overlays.</param>
/// <param name="Used">Where the account's own definitions speak of <paramref name="Changed"/> and
/// <paramref name="Removed"/>.</param>
public sealed record StackDifference(
    IReadOnlyList<StackItem> Added, IReadOnlyList<StackItem> Changed, IReadOnlyList<StackItem> Removed,
    IReadOnlyList<StackItem> Overlaid, IReadOnlyList<StackUse>? Used = null);

/// <summary>An object, or a field of it.</summary>
/// <param name="Field">Null where the object itself is meant.</param>
/// <param name="Properties">Those that differ; null for what was added or removed.</param>
public sealed record StackItem(string Object, string? Field = null, IReadOnlyList<string>? Properties = null);

/// <summary>A definition of the account's own that speaks of something that changes or goes.</summary>
/// <param name="Kind">Of the definition, such as <c>page</c>.</param>
/// <param name="Name">Of the definition.</param>
/// <param name="Object">That it speaks of, or whose field it does.</param>
/// <param name="Change"><c>changed</c> or <c>removed</c>.</param>
public sealed record StackUse(string Kind, string Name, string Object, string? Field, string Change);

/// <summary>Asks a cell's Records what a set of packages would refuse of the caller's records, at their next change:
/// <c>POST /internal/impact</c>, once Metadata has the layers.</summary>
public sealed record AskImpact(IReadOnlyList<StackPackage> Packages);

public sealed record ImpactState(IReadOnlyList<ImpactItem> Records);

/// <summary>Records that do not fit what will be asked of them.</summary>
/// <param name="Field">Null where a rule is about the whole record.</param>
/// <param name="Rule">The validation rule; null where a field asks.</param>
/// <param name="Check"><c>required</c>, <c>required-if</c>, <c>unique</c>, <c>value</c> (its length, digits, choices or
/// form) or <c>rule</c>.</param>
/// <param name="AtLeast">Whether there may be more: not all records were looked at.</param>
/// <param name="Sample">Ids of a few; none for a caller who does not see all records.</param>
public sealed record ImpactItem(
    string Object, string? Field, string? Rule, string Check, long Count, bool AtLeast,
    IReadOnlyList<string> Sample);

/// <summary>What <c>GET /v1/groups/{group}/release</c> and the release of a standard package answer.</summary>
/// <param name="Group">The cell.</param>
/// <param name="Version">Grows with every change of the standard product in the cell; 0 before the first.</param>
/// <param name="Packages">From the lowest layer up.</param>
public sealed record ReleaseState(string Group, long Version, IReadOnlyList<ReleasedPackage> Packages);

/// <summary>A standard package in force in a cell.</summary>
/// <param name="Layer"><c>global</c>, <c>idc</c> or <c>group</c>.</param>
/// <param name="Digest">Address of its layer.</param>
public sealed record ReleasedPackage(string Layer, string Name, string Version, string Digest);

/// <summary>Asks Metadata to give an org another release of the standard product than its cell has: <c>PUT
/// /internal/groups/{group}/pins/{org}</c>.</summary>
/// <param name="Version">Of the package that is the cell's group layer; null gives the org the cell's again.</param>
/// <remarks>Idempotent. Problems: those of a release.</remarks>
public sealed record PinStandard(string? Version);

/// <summary>What <see cref="PinStandard"/> answers.</summary>
/// <param name="Package">What the org has for its group layer; null where that is the cell's.</param>
public sealed record PinState(ReleasedPackage? Package);

/// <summary>Published on <see cref="Topics.StackChanged"/>: a hint to compile ahead, never needed for
/// correctness.</summary>
/// <param name="Org">Null where the standard release of the cell has changed.</param>
/// <param name="Version">Of the stack, or of the standard release.</param>
public sealed record StackChanged(long? Org, int? Account, long Version);

/// <summary>A layer as it is stored and published: immutable, addressed by the SHA-256 of its canonical JSON.</summary>
/// <param name="Kind"><c>global</c>, <c>idc</c>, <c>group</c>, <c>isv</c> or <c>account</c>.</param>
/// <param name="Name">The package's name; <c>private</c> for the account layer.</param>
/// <param name="Content">The layer document: see <c>Xingchen.Schema.Layers</c>.</param>
public sealed record LayerDocument(string Digest, string Kind, string Name, string? Namespace, string Version,
    JsonElement Content);
