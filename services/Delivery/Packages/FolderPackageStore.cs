using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace Xingchen.Delivery.Packages;

/// <summary>The package store as a folder: <c>sha256/ab/abcdef….xcpkg</c>.</summary>
/// <remarks>A file appears whole or not at all: it is written elsewhere on the same file system, flushed to the disk,
/// and renamed.
/// Two who put the same bytes rename equal files over each other. Thread-safe.</remarks>
public sealed class FolderPackageStore(IOptions<DeliveryOptions> options) : IPackageStore
{
    private readonly string root = Path.GetFullPath(options.Value.StorePath);

    public Task PutAsync(Digest digest, string path, CancellationToken ct)
    {
        var place = PlaceOf(digest);
        if (File.Exists(place)) return Task.CompletedTask;
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        File.Move(path, place, overwrite: true);
        return Task.CompletedTask;
    }

    /// <remarks>Reads all of it first: bytes that are not those of the address are never given to anybody.</remarks>
    /// <inheritdoc/>
    public async Task<Stream?> OpenAsync(Digest digest, CancellationToken ct)
    {
        FileStream file;
        try
        {
            file = new FileStream(PlaceOf(digest), new FileStreamOptions
            {
                Access = FileAccess.Read, Share = FileShare.Read | FileShare.Delete, Options = FileOptions.Asynchronous,
            });
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        try
        {
            var hash = "sha256:" + Convert.ToHexStringLower(await SHA256.HashDataAsync(file, ct));
            if (hash != digest.Value) throw new InvalidDataException(
                $"The file {PlaceOf(digest)} of the package store is not what was put there: its bytes are {hash}. It "
                + "was not given to anybody. Put it there again from a copy.");
            file.Position = 0;
            return file;
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    private string PlaceOf(Digest digest)
    {
        var hex = digest.Value.Split(':')[^1];
        return Path.Combine(root, "sha256", hex[..2], hex + Schema.Packages.PackageLayout.Extension);
    }
}
