using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Xingchen.Schema.Packages;

namespace Xingchen.Extensions.Cache;

/// <summary>A site's copies of package files, by the address of their bytes: <c>sha256/ab/abcdef….xcpkg</c>.</summary>
/// <remarks>
/// Several processes may share the directory. <b>Invariant</b>: a file has its name only once all of it is on the disk
/// and verified. Whoever reads or writes a file holds a shared lock on it, which the system drops with the process
/// (flock(2); on Windows the sharing mode); what is deleted is locked alone, so it is nobody's. Thread-safe.
/// </remarks>
public sealed class PackageCache(
    IOptions<ExtensionsOptions> options, TimeProvider time, ILogger<PackageCache> logger)
{
    private readonly string files = Path.GetFullPath(Path.Combine(options.Value.CachePath, "sha256"));
    private readonly string incoming = Path.GetFullPath(Path.Combine(options.Value.CachePath, "incoming"));
    private readonly Lock evicting = new();

    /// <summary>Makes the directories, and deletes what a pull that was killed left behind.</summary>
    public void Open()
    {
        Directory.CreateDirectory(files);
        Directory.CreateDirectory(incoming);
        foreach (var path in Directory.EnumerateFiles(incoming)) Delete(path);
    }

    /// <summary>The file of these bytes, marked as used, or null where there is none. It stays as long as the stream is
    /// open; the caller disposes of that.</summary>
    /// <remarks>What is read is compared with the address: a file that the disk or anybody changed is as good as
    /// none, and the next <see cref="Add"/> replaces it.</remarks>
    public async Task<FileStream?> FindAsync(Digest digest, CancellationToken ct)
    {
        var path = PlaceOf(digest);
        FileStream file;
        try
        {
            file = OpenRead(path);
        }
        catch (IOException)
        {
            return null; // absent, or being deleted at this moment
        }
        try
        {
            var actual = "sha256:" + Convert.ToHexStringLower(await SHA256.HashDataAsync(file, ct));
            if (actual == digest.Value)
            {
                File.SetLastWriteTimeUtc(path, time.GetUtcNow().UtcDateTime);
                file.Position = 0;
                return file;
            }
            logger.LogWarning("{Path} was changed after it was verified: it is {Actual}", path, actual);
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
        await file.DisposeAsync();
        return null;
    }

    /// <summary>A new file beside the cache, to be written, verified and given to <see cref="Add"/>; gone once it is
    /// closed unless that took it.</summary>
    public FileStream Stage() => new(Path.Combine(incoming, Guid.NewGuid().ToString("N")), new FileStreamOptions
    {
        Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.Delete,
        Options = FileOptions.Asynchronous,
    });

    /// <summary>Names a staged file that is verified and flushed. Two who add the same bytes rename equal files over
    /// each other.</summary>
    public void Add(Digest digest, FileStream staged)
    {
        var path = PlaceOf(digest);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Move(staged.Name, path, overwrite: true);
    }

    /// <summary>Deletes what was used longest ago until the rest is within the bound. What somebody has open
    /// stays.</summary>
    public void Evict()
    {
        lock (evicting)
        {
            var all = new DirectoryInfo(files).EnumerateFiles("*", SearchOption.AllDirectories)
                .Select(file => (file.FullName, file.Length, file.LastWriteTimeUtc))
                .OrderBy(file => file.LastWriteTimeUtc).ToList();
            var total = all.Sum(file => file.Length);
            foreach (var (path, length, _) in all)
            {
                if (total <= options.Value.CacheBytes) return;
                if (Delete(path)) total -= length;
            }
        }
    }

    private static bool Delete(string path)
    {
        try
        {
            using var alone = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.None, 1,
                FileOptions.DeleteOnClose);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false; // somebody has it open, or it is gone
        }
    }

    private static FileStream OpenRead(string path) => new(path, new FileStreamOptions
    {
        Access = FileAccess.Read, Share = FileShare.Read | FileShare.Delete, Options = FileOptions.Asynchronous,
    });

    private string PlaceOf(Digest digest)
    {
        var hex = digest.Value.Split(':')[^1];
        return Path.Combine(files, hex[..2], hex + PackageLayout.Extension);
    }
}
