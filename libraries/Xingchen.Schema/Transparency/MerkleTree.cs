using System.Numerics;
using System.Security.Cryptography;

namespace Xingchen.Schema.Transparency;

/// <summary>The hash of a complete subtree: of the leaves <c>[index · 2^level, (index + 1) · 2^level)</c>.</summary>
public delegate byte[] Subtree(int level, long index);

/// <summary>The Merkle tree of an append-only log (RFC 9162 §2.1, the same as RFC 6962 §2.1) with SHA-256: roots and
/// proofs out of the hashes of complete subtrees, and their checks. Pure.</summary>
public static class MerkleTree
{
    public const int HashBytes = 32;

    /// <summary>MTH of no leaf at all.</summary>
    public static byte[] Empty => SHA256.HashData([]);

    public static byte[] Leaf(ReadOnlySpan<byte> entry) => SHA256.HashData([0, .. entry]);

    public static byte[] Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        SHA256.HashData([1, .. left, .. right]);

    /// <summary>MTH of the first <paramref name="size"/> leaves.</summary>
    public static byte[] Root(long size, Subtree subtree) => size == 0 ? Empty : Hash(0, size, subtree);

    /// <summary>PATH: what leads from a leaf to the root of the first <paramref name="size"/> leaves, from below
    /// up.</summary>
    /// <param name="index">From 0, below <paramref name="size"/>.</param>
    public static IReadOnlyList<byte[]> Inclusion(long index, long size, Subtree subtree)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        var path = new List<byte[]>();
        Climb(index, 0, size);
        return path;

        void Climb(long leaf, long start, long count)
        {
            if (count == 1) return;
            var left = Split(count);
            Climb(leaf < left ? leaf : leaf - left, leaf < left ? start : start + left,
                leaf < left ? left : count - left);
            path.Add(leaf < left ? Hash(start + left, count - left, subtree) : Hash(start, left, subtree));
        }
    }

    /// <summary>PROOF: that the first <paramref name="from"/> leaves of the tree of <paramref name="to"/> leaves are
    /// those of the smaller tree. Empty where either is nothing or both are one.</summary>
    public static IReadOnlyList<byte[]> Consistency(long from, long to, Subtree subtree)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(from, to);
        var path = new List<byte[]>();
        if (from > 0) Climb(from, 0, to, whole: true);
        return path;

        void Climb(long old, long start, long count, bool whole)
        {
            if (old == count)
            {
                if (!whole) path.Add(Hash(start, count, subtree));
                return;
            }
            var left = Split(count);
            if (old <= left) Climb(old, start, left, whole);
            else Climb(old - left, start + left, count - left, whole: false);
            path.Add(old <= left ? Hash(start + left, count - left, subtree) : Hash(start, left, subtree));
        }
    }

    /// <summary>Whether a leaf is in the tree of a root (RFC 9162 §2.1.3.2).</summary>
    public static bool Includes(
        ReadOnlySpan<byte> root, long size, ReadOnlySpan<byte> leaf, long index, IReadOnlyList<byte[]> path)
    {
        if (index < 0 || index >= size) return false;
        var (at, last, hash) = (index, size - 1, leaf.ToArray());
        foreach (var sibling in path)
        {
            if (last == 0) return false;
            if ((at & 1) == 1 || at == last)
            {
                hash = Node(sibling, hash);
                for (; (at & 1) == 0 && at != 0; at >>= 1) last >>= 1;
            }
            else hash = Node(hash, sibling);
            at >>= 1;
            last >>= 1;
        }
        return last == 0 && root.SequenceEqual(hash);
    }

    /// <summary>Whether the tree of one root begins with that of another (RFC 9162 §2.1.4.2).</summary>
    public static bool Extends(
        ReadOnlySpan<byte> oldRoot, long from, ReadOnlySpan<byte> newRoot, long to, IReadOnlyList<byte[]> path)
    {
        if (from < 0 || from > to) return false;
        if (from == to) return path.Count == 0 && oldRoot.SequenceEqual(newRoot);
        if (from == 0) return path.Count == 0 && oldRoot.SequenceEqual(Empty);
        byte[][] steps = BitOperations.IsPow2(from) ? [oldRoot.ToArray(), .. path] : [.. path];
        if (steps.Length == 0) return false;
        var (at, last) = (from - 1, to - 1);
        for (; (at & 1) == 1; at >>= 1) last >>= 1;
        var (old, grown) = (steps[0], steps[0]);
        foreach (var step in steps.AsSpan(1))
        {
            if (last == 0) return false;
            if ((at & 1) == 1 || at == last)
            {
                (old, grown) = (Node(step, old), Node(step, grown));
                for (; (at & 1) == 0 && at != 0; at >>= 1) last >>= 1;
            }
            else grown = Node(grown, step);
            at >>= 1;
            last >>= 1;
        }
        return last == 0 && oldRoot.SequenceEqual(old) && newRoot.SequenceEqual(grown);
    }

    /// <summary>The complete subtrees that a leaf is the last one of, from the leaf up: what appending it
    /// makes.</summary>
    /// <param name="index">Of the leaf.</param>
    /// <param name="subtree">Of leaves before it.</param>
    public static IReadOnlyList<byte[]> Append(long index, byte[] leaf, Subtree subtree)
    {
        var made = new List<byte[]> { leaf };
        for (var (level, at) = (0, index); (at & 1) == 1; level++, at >>= 1)
            made.Add(Node(subtree(level, at - 1), made[level]));
        return made;
    }

    /// <summary>The hash of leaves from <paramref name="start"/> on, which is a multiple of every power of two that is
    /// at most <paramref name="count"/>.</summary>
    private static byte[] Hash(long start, long count, Subtree subtree)
    {
        if (BitOperations.IsPow2(count))
            return subtree(BitOperations.Log2((ulong)count), start / count);
        var left = Split(count);
        return Node(Hash(start, left, subtree), Hash(start + left, count - left, subtree));
    }

    /// <summary>The largest power of two below a number that is at least 2.</summary>
    private static long Split(long count) => 1L << BitOperations.Log2((ulong)(count - 1));
}
