namespace Xingchen.Schema.Transparency;

/// <summary>A tree that leaves are added to one after the other, of which only the complete subtrees on its right edge
/// are kept: what reads a whole log needs. Not thread-safe.</summary>
public sealed class MerkleFrontier
{
    private readonly List<byte[]?> edges = []; // by level; at most one complete subtree of each

    /// <summary>Leaves so far.</summary>
    public long Size { get; private set; }

    public void Add(ReadOnlySpan<byte> entry)
    {
        var hash = MerkleTree.Leaf(entry);
        var level = 0;
        for (; level < edges.Count && edges[level] is { } left; edges[level++] = null)
            hash = MerkleTree.Node(left, hash);
        if (level == edges.Count) edges.Add(hash);
        else edges[level] = hash;
        Size++;
    }

    public byte[] Root()
    {
        byte[]? root = null;
        foreach (var edge in edges)
            if (edge is not null) root = root is null ? edge : MerkleTree.Node(edge, root);
        return root ?? MerkleTree.Empty;
    }
}
