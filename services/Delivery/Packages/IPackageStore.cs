namespace Xingchen.Delivery.Packages;

/// <summary>Where package files rest for ever, by the address of their bytes. A folder here, an object store
/// elsewhere.</summary>
public interface IPackageStore
{
    /// <summary>Keeps a file durably; does nothing where these bytes are there already.</summary>
    /// <param name="digest">Of its bytes.</param>
    /// <param name="path">A local file, which the store may take away or leave.</param>
    Task PutAsync(Digest digest, string path, CancellationToken ct);

    /// <summary>The bytes, seekable, or null where there are none. The caller disposes of it.</summary>
    Task<Stream?> OpenAsync(Digest digest, CancellationToken ct);
}
