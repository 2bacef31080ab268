using System.Text.Json;

namespace Xingchen.Contracts;

/// <summary>A package version in an account's stack.</summary>
/// <param name="Layer">Address of its layer (the canonical JSON of its definitions and overlays), not of the file.</param>
public sealed record StackPackage(string Name, string Namespace, string Version, string Layer);

/// <summary>Asks Metadata to put a set of packages in force for the context's account: <c>PUT /internal/stacks/packages</c>.</summary>
/// <param name="Packages">All that shall be installed, in dependency order then by name; what is missing here is removed.</param>
/// <param name="DryRun">Resolves and reports, changes nothing.</param>
/// <remarks>Idempotent. Metadata pulls layers it lacks from Delivery by <c>GET /internal/layers/{digest}</c>.
/// Problems: 422 <c>definition-invalid</c> with every finding.</remarks>
public sealed record SetPackages(long Org, int Account, IReadOnlyList<StackPackage> Packages, bool DryRun = false);

/// <summary>What <see cref="SetPackages"/> answers, and <c>GET /internal/stacks/{org}/{account}</c>.</summary>
/// <param name="Changed">False where the stack was that already.</param>
public sealed record StackState(long Version, bool Changed, IReadOnlyList<StackPackage> Packages, string? PrivateLayer);

/// <summary>A layer as it is stored and published: immutable, addressed by the SHA-256 of its canonical JSON.</summary>
/// <param name="Kind"><c>global</c>, <c>idc</c>, <c>group</c>, <c>isv</c> or <c>account</c>.</param>
/// <param name="Name">The package's name; <c>private</c> for the account layer.</param>
/// <param name="Content">The layer document: see <c>Xingchen.Schema.Layers</c>.</param>
public sealed record LayerDocument(string Digest, string Kind, string Name, string? Namespace, string Version, JsonElement Content);
