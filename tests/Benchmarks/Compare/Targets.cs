namespace Xingchen.Benchmarks.Compare;

/// <summary>What is promised of the rate of ours over another's.</summary>
internal static class Targets
{
    public static IReadOnlyDictionary<string, double> None { get; } = new Dictionary<string, double>();

    private static readonly Dictionary<string, double> Plain = new()
    {
        ["GET by id"] = 0.8, ["list 50"] = 0.8, ["insert"] = 0.6, ["update"] = 0.6, ["import"] = 0.5,
    };

    private static readonly Dictionary<string, double> Audited = new() { ["insert"] = 0.8, ["update"] = 0.8 };

    public static IReadOnlyDictionary<string, double> Over(Side other) => other.Name switch
    {
        "hand-written" => Plain, "hand-written + audit" => Audited, _ => None,
    };
}
