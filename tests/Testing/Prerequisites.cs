using Xunit;

namespace Xingchen.Testing;

/// <summary>What a test needs and a machine may lack.</summary>
public static class Prerequisites
{
    /// <summary>True on the machine whose verdict counts: there nothing may be missing.</summary>
    public static bool IsContinuousIntegration =>
        bool.TryParse(Environment.GetEnvironmentVariable("CI"), out var ci) && ci;

    /// <summary>Skips the test, or fails it where CI is true.</summary>
    /// <param name="there">Whether the prerequisite is there.</param>
    /// <param name="missing">What is missing and how to get it, in a line.</param>
    public static void Require(bool there, string missing)
    {
        if (there) return;
        if (IsContinuousIntegration) Assert.Fail("Missing on CI: " + missing);
        Assert.Skip(missing);
    }
}
