namespace Xingchen.Contracts;

/// <summary>The platform's own packages: the standard layers, from the lowest up. Anything an ISV uploads stands on
/// them.</summary>
public static class StandardPackages
{
    public const string Global = "platform";
    public const string Idc = "bedrock";
    public const string Group = "trade";

    /// <summary>From the lowest layer up.</summary>
    public static IReadOnlyList<string> All { get; } = [Global, Idc, Group];
}
