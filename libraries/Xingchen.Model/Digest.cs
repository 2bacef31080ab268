using System.Security.Cryptography;

namespace Xingchen.Model;

/// <summary>The address of immutable content: <c>sha256:</c> and 64 lower-case hexadecimal digits.</summary>
public readonly record struct Digest(string Value)
{
    public static Digest Of(ReadOnlySpan<byte> content) =>
        new("sha256:" + Convert.ToHexStringLower(SHA256.HashData(content)));

    /// <summary>Takes text that has exactly the form of an address, and so is safe as part of a path.</summary>
    public static bool TryParse(string text, out Digest digest)
    {
        digest = new Digest(text);
        return text.Length == 71 && text.StartsWith("sha256:", StringComparison.Ordinal)
            && !text.AsSpan(7).ContainsAnyExcept("0123456789abcdef");
    }

    public override string ToString() => Value;
}
