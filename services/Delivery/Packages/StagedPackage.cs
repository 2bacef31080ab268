using System.Security.Cryptography;

namespace Xingchen.Delivery.Packages;

/// <summary>Bytes of a request on the disk, before anybody believes them. Gone when disposed of, unless a store took
/// them.</summary>
public sealed class StagedPackage : IDisposable
{
    private const int BufferBytes = 64 << 10;

    private StagedPackage(string path, Digest digest, long size)
    {
        Path = path;
        Digest = digest;
        Size = size;
    }

    public string Path { get; }

    public Digest Digest { get; }

    public long Size { get; }

    /// <summary>Writes a stream to the disk through one small buffer, and flushes it there.</summary>
    /// <exception cref="ProblemException"><c>body-too-large</c> at the first byte beyond <paramref
    /// name="most"/>.</exception>
    public static async Task<StagedPackage> WriteAsync(Stream body, string folder, long most, CancellationToken ct)
    {
        Directory.CreateDirectory(folder);
        var path = System.IO.Path.Combine(folder, Guid.NewGuid().ToString("N"));
        try
        {
            await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0,
                FileOptions.Asynchronous);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[BufferBytes];
            long size = 0;
            for (int read; (read = await body.ReadAsync(buffer, ct)) > 0;)
            {
                if ((size += read) > most) throw TooLarge(most);
                hash.AppendData(buffer, 0, read);
                await file.WriteAsync(buffer.AsMemory(0, read), ct);
            }
            file.Flush(flushToDisk: true);
            return new StagedPackage(path, new Digest("sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset())),
                size);
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Removes what uploads left behind that a kill interrupted. Another instance's may be going on: only
    /// what is old.</summary>
    public static void Sweep(string folder, TimeProvider time)
    {
        Directory.CreateDirectory(folder);
        foreach (var path in Directory.EnumerateFiles(folder))
            if (File.GetLastWriteTimeUtc(path) < time.GetUtcNow().UtcDateTime.AddHours(-1)) File.Delete(path);
    }

    private static ProblemException TooLarge(long most) =>
        new(Problems.BodyTooLarge, $"A package has {most} bytes at most.");

    public Stream Open() => new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete,
        16 << 10);

    public void Dispose() => File.Delete(Path);
}
