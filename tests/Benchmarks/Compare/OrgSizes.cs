namespace Xingchen.Benchmarks.Compare;

/// <summary>How many records each org has: of ten orgs one has half of all, however many orgs there are.</summary>
/// <remarks>So that 10 and 10,000 orgs differ in their number and in nothing else. The orgs with the numbers 0 and 1
/// are the templates of the large and of the small ones.</remarks>
internal static class OrgSizes
{
    public const int Templates = 2;

    /// <summary>The template of an org: 0 is large, 1 is small.</summary>
    public static int Template(int org) => org % 10 == 0 ? 0 : 1;

    /// <param name="org">The org's number from 0.</param>
    /// <param name="mean">Records of an org on average.</param>
    public static int Of(int org, int mean) => Template(org) == 0 ? mean * 5 : Math.Max(1, mean * 5 / 9);
}
