using Xingchen.Schema;

namespace Xingchen.Metadata.Stacks;

/// <summary>A stack with all that follows from it: immutable, shared by accounts with equal stacks.</summary>
/// <param name="Layers">From the lowest up; the last is the account's own where it has one.</param>
internal sealed record Snapshot(
    IReadOnlyList<Layer> Layers, Resolution Resolution, Places StandardPlaces, Places AccountPlaces,
        Schema.Schema Schema)
{
    /// <summary>The account's own layer; empty where it has none.</summary>
    public Layer Private =>
        Layers is [.., { Kind: LayerKind.Account } last] ? last : Layer.Empty(LayerKind.Account, "private");

    /// <summary>Resolves layers and gives places to what is new, for the standard layers or for the account.</summary>
    public static Snapshot Draft(IReadOnlyList<Layer> layers, Places standard, Places account, bool forStandard = false)
    {
        var resolution = Resolver.Resolve(layers);
        var places = Places.Allot(resolution, standard, account, forStandard);
        return Of(layers, resolution, forStandard ? places : standard, forStandard ? account : places, "");
    }

    public static Snapshot Of(
        IReadOnlyList<Layer> layers, Resolution resolution, Places standard, Places account, string address) =>
        new(layers, resolution, standard, account, SchemaCompiler.Compile(resolution, standard, account, address));

    /// <summary>The same under the address of the stack that was written.</summary>
    public Snapshot At(string address) =>
        this with { Schema = new Schema.Schema(address, Schema.Objects, Schema.PermissionSets, Schema.Languages) };
}
