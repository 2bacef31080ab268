namespace Xingchen.Testing;

/// <summary>Files of others that the project does not carry, in the directory that <c>XINGCHEN_TEST_DATA</c>
/// names.</summary>
public static class TestData
{
    /// <summary>The full path of a file or directory; the test is skipped (on CI: fails) where it is not
    /// there.</summary>
    public static string Path(params string[] parts)
    {
        var root = Environment.GetEnvironmentVariable("XINGCHEN_TEST_DATA");
        Prerequisites.Require(!string.IsNullOrEmpty(root), "XINGCHEN_TEST_DATA names no directory with test data.");
        var path = System.IO.Path.GetFullPath(System.IO.Path.Combine([root!, .. parts]));
        Prerequisites.Require(
            File.Exists(path) || Directory.Exists(path), $"{string.Join('/', parts)} is not in XINGCHEN_TEST_DATA.");
        return path;
    }
}
