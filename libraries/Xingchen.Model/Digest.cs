using System.Security.Cryptography;

namespace Xingchen.Model;

/// <summary>The address of immutable content: <c>sha256:</c> and 64 lower-case hexadecimal digits.</summary>
public readonly record struct Digest(string Value)
{
    public static Digest Of(ReadOnlySpan<byte> content) =>
        new("sha256:" + Convert.ToHexStringLower(SHA256.HashData(content)));

    public override string ToString() => Value;
}
