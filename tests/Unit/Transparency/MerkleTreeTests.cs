using System.Text;
using Xingchen.Schema.Transparency;

namespace Xingchen.Tests.Unit.Transparency;

public sealed class MerkleTreeTests
{
    private const int Most = 40;

    /// <summary>The leaves and roots of the reference tests of Certificate Transparency (RFC 6962).</summary>
    private static readonly byte[][] Leaves =
    [
        .. new[]
        {
            "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
        }.Select(Convert.FromHexString),
    ];

    [Theory]
    [InlineData(0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData(1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")]
    [InlineData(2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125")]
    [InlineData(3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77")]
    [InlineData(4, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")]
    [InlineData(5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4")]
    [InlineData(6, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef")]
    [InlineData(7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c")]
    [InlineData(8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")]
    public void Roots_are_those_of_the_reference(int size, string root)
    {
        Assert.Equal(root, Hex(MerkleTree.Root(size, Tree(Leaves))));
        var frontier = new MerkleFrontier();
        foreach (var leaf in Leaves[..size]) frontier.Add(leaf);
        Assert.Equal(root, Hex(frontier.Root()));
    }

    [Theory]
    [InlineData(0, 1, "")]
    [InlineData(0, 8, "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7 "
        + "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e "
        + "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4")]
    [InlineData(5, 8, "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b "
        + "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0 "
        + "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")]
    [InlineData(2, 3, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125")]
    public void Proofs_of_inclusion_are_those_of_the_reference(int index, int size, string path) =>
        Assert.Equal(path, string.Join(' ', MerkleTree.Inclusion(index, size, Tree(Leaves)).Select(Hex)));

    [Theory]
    [InlineData(1, 1, "")]
    [InlineData(1, 8, "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7 "
        + "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e "
        + "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4")]
    [InlineData(6, 8, "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a "
        + "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0 "
        + "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")]
    public void Proofs_of_consistency_are_those_of_the_reference(int from, int to, string path) =>
        Assert.Equal(path, string.Join(' ', MerkleTree.Consistency(from, to, Tree(Leaves)).Select(Hex)));

    [Fact]
    public void Every_root_is_what_its_definition_says()
    {
        var leaves = Many();
        for (var size = 0; size <= Most; size++)
            Assert.Equal(Defined(leaves[..size]), MerkleTree.Root(size, Tree(leaves)));
    }

    [Fact]
    public void Every_leaf_of_every_tree_is_proven_and_nothing_else_is()
    {
        var leaves = Many();
        var tree = Tree(leaves);
        for (var size = 1; size <= Most; size++)
        {
            var root = MerkleTree.Root(size, tree);
            for (var index = 0; index < size; index++)
            {
                var (leaf, path) = (MerkleTree.Leaf(leaves[index]), MerkleTree.Inclusion(index, size, tree));
                Assert.True(MerkleTree.Includes(root, size, leaf, index, path));
                Assert.False(MerkleTree.Includes(root, size, MerkleTree.Leaf("other"u8), index, path));
                Assert.False(MerkleTree.Includes(MerkleTree.Leaf("other"u8), size, leaf, index, path));
                Assert.False(MerkleTree.Includes(root, size, leaf, size, path));
                if (index > 0) Assert.False(MerkleTree.Includes(root, size, leaf, index - 1, path));
                foreach (var bent in Bent(path))
                    Assert.False(MerkleTree.Includes(root, size, leaf, index, bent));
            }
        }
    }

    [Fact]
    public void Every_tree_extends_every_one_before_and_no_fork_does()
    {
        var (leaves, forked) = (Many(), Many());
        forked[0] = [1, 2, 3];
        var (tree, fork) = (Tree(leaves), Tree(forked));
        for (var to = 0; to <= Most; to++)
            for (var from = 0; from <= to; from++)
            {
                var (old, grown) = (MerkleTree.Root(from, tree), MerkleTree.Root(to, tree));
                var path = MerkleTree.Consistency(from, to, tree);
                Assert.True(MerkleTree.Extends(old, from, grown, to, path));
                if (from == 0) continue;
                Assert.False(MerkleTree.Extends(MerkleTree.Root(from, fork), from, grown, to, path));
                Assert.False(MerkleTree.Extends(old, from, MerkleTree.Root(to, fork), to,
                    MerkleTree.Consistency(from, to, fork)));
                foreach (var bent in Bent(path)) Assert.False(MerkleTree.Extends(old, from, grown, to, bent));
                if (from < to) Assert.False(MerkleTree.Extends(old, from + 1, grown, to, path));
            }
    }

    [Fact]
    public void An_entry_is_its_text_and_no_other()
    {
        var entry = new LogEntry(
            LogEntry.Release, "acme-x", "acme", "1.0.0", "sha256:00", null, "2026-01-31T12:00:00Z");
        Assert.Equal(entry, LogEntry.Parse(entry.ToText()));
        Assert.Equal("""
            {"at":"2026-01-31T12:00:00Z","digest":"sha256:00","event":"release","name":"acme-x","namespace":"acme",
            "signedBy":null,"version":"1.0.0"}
            """.ReplaceLineEndings(""), entry.ToText());
        Assert.Null(LogEntry.Parse(entry.ToText() + " "));
        Assert.Null(LogEntry.Parse(entry.ToText().Replace("{", "{\"name\":\"acme-y\",", StringComparison.Ordinal)));
        Assert.Null(LogEntry.Parse("{}"));
        Assert.Null(LogEntry.Parse("[1"));
    }

    private static byte[][] Many() =>
        [.. Enumerable.Range(0, Most).Select(i => Encoding.ASCII.GetBytes($"leaf {i}"))];

    /// <summary>Every proof that differs in one hash, or has one too many or too few.</summary>
    private static IEnumerable<IReadOnlyList<byte[]>> Bent(IReadOnlyList<byte[]> path)
    {
        for (var step = 0; step < path.Count; step++)
        {
            byte[][] bent = [.. path.Select(hash => (byte[])hash.Clone())];
            bent[step][7] ^= 1;
            yield return bent;
            yield return [.. path.Where((_, at) => at != step)];
        }
        yield return [.. path, MerkleTree.Empty];
    }

    /// <summary>RFC 9162 §2.1.1, word for word.</summary>
    private static byte[] Defined(byte[][] leaves)
    {
        if (leaves.Length == 0) return MerkleTree.Empty;
        if (leaves.Length == 1) return MerkleTree.Leaf(leaves[0]);
        var k = 1;
        while (k * 2 < leaves.Length) k *= 2;
        return MerkleTree.Node(Defined(leaves[..k]), Defined(leaves[k..]));
    }

    /// <summary>As the store keeps it: by what each leaf completes.</summary>
    private static Subtree Tree(byte[][] leaves)
    {
        var rows = new List<IReadOnlyList<byte[]>>();
        byte[] Of(int level, long index) => rows[(int)(((index + 1) << level) - 1)][level];
        foreach (var leaf in leaves) rows.Add(MerkleTree.Append(rows.Count, MerkleTree.Leaf(leaf), Of));
        return Of;
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
