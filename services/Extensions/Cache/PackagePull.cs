using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Xingchen.Contracts;
using Xingchen.Hosting;
using Xingchen.Schema.Packages;

namespace Xingchen.Extensions.Cache;

/// <summary>Brings package files from Delivery into the cache.</summary>
/// <remarks>One pull of a digest at a time in this process, whoever waits for it: a caller that goes away ends its own
/// wait and not the pull. Another process may pull the same, which the cache allows. Thread-safe.</remarks>
public sealed class PackagePull(
    PackageCache cache, ServiceClient services, IOptions<ExtensionsOptions> options,
    IHostApplicationLifetime lifetime, ILogger<PackagePull> logger) : IDisposable
{
    private const int BufferBytes = 64 << 10;

    private readonly ExtensionsOptions options = options.Value;
    private readonly Dictionary<string, Task> pulls = [];

    // The bound on memory: a reading takes a bounded amount, and only so many read at once.
    private readonly SemaphoreSlim readers = new(options.Value.Readers);

    /// <exception cref="ProblemException"><c>package-invalid</c> where what came is not what the address says or no
    /// package of that name and version; <c>unavailable</c>.</exception>
    public Task PullAsync(PackageAddress wanted, CancellationToken ct)
    {
        lock (pulls)
        {
            if (!pulls.TryGetValue(wanted.Digest, out var pull))
                pulls[wanted.Digest] = pull = Task.Run(() => RunAsync(wanted), CancellationToken.None);
            return pull.WaitAsync(ct);
        }
    }

    public void Dispose() => readers.Dispose();

    private async Task RunAsync(PackageAddress wanted)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping);
        late.CancelAfter(TimeSpan.FromSeconds(options.PullSeconds));
        try
        {
            await PullOnceAsync(wanted, late.Token);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException
            || (exception is OperationCanceledException && late.IsCancellationRequested))
        {
            logger.LogWarning("{Package} {Version} could not be pulled: {Why}", wanted.Name, wanted.Version,
                exception.Message);
            throw new ProblemException(Problems.Unavailable,
                "A package could not be pulled for the moment. Try again.") { RetryAfterSeconds = 1 };
        }
        finally
        {
            lock (pulls) pulls.Remove(wanted.Digest);
        }
    }

    /// <summary>Steps, each of which a kill may follow: (1) download beside the cache; (2) flush and compare with the
    /// address; (3) read it as intake does; (4) name it; (5) make room.</summary>
    private async Task PullOnceAsync(PackageAddress wanted, CancellationToken ct)
    {
        await using var staged = cache.Stage();
        var taken = false;
        try
        {
            var actual = await DownloadAsync(wanted, staged, ct);
            if (actual != wanted.Digest)
                throw Invalid(wanted, new Finding("digest-mismatch", $"What came for {wanted.Name} {wanted.Version} "
                    + $"is {actual}, and {wanted.Digest} was released. Nothing of it was kept."));
            staged.Flush(flushToDisk: true);
            if (await ReadAsync(wanted, staged, ct) is [_, ..] findings) throw Invalid(wanted, [.. findings]);
            cache.Add(new Digest(wanted.Digest), staged);
            taken = true;
        }
        finally
        {
            if (!taken) File.Delete(staged.Name);
        }
        cache.Evict();
    }

    private async Task<string> DownloadAsync(PackageAddress wanted, FileStream file, CancellationToken ct)
    {
        try
        {
            using var answer = await services.OpenAsync(HttpMethod.Get, AppIds.Delivery,
                "/internal/packages/" + Uri.EscapeDataString(wanted.Digest), null,
                ServiceClient.Internal("extensions"), ct);
            await using var body = await answer.Content.ReadAsStreamAsync(ct);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[BufferBytes];
            long size = 0;
            for (int read; (read = await body.ReadAsync(buffer, ct)) > 0;)
            {
                if ((size += read) > options.PackageBytes)
                    throw Invalid(wanted, new Finding("package-too-large",
                        $"{wanted.Name} {wanted.Version} has more than {options.PackageBytes} bytes."));
                hash.AppendData(buffer, 0, read);
                await file.WriteAsync(buffer.AsMemory(0, read), ct);
            }
            return "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        catch (ProblemException problem) when (problem.Problem == Problems.NotFound)
        {
            throw Invalid(wanted, new Finding("file-missing",
                $"Delivery has no file {wanted.Digest}, which is {wanted.Name} {wanted.Version}."));
        }
    }

    /// <summary>Everything that is wrong with a file as a package, by the reader that intake uses.</summary>
    private async Task<IReadOnlyList<Finding>> ReadAsync(PackageAddress wanted, FileStream file, CancellationToken ct)
    {
        await readers.WaitAsync(ct);
        try
        {
            var contents = await Task.Run(() => PackageReader.Read(file, ct: ct), ct);
            if (contents.Findings.Count > 0) return contents.Findings;
            var manifest = contents.Manifest!;
            return (manifest.Name, manifest.Version) == (wanted.Name, wanted.Version) ? [] :
            [
                new Finding("name-mismatch", $"{wanted.Digest} is {manifest.Name} {manifest.Version}, and was asked "
                    + $"for as {wanted.Name} {wanted.Version}."),
            ];
        }
        finally
        {
            readers.Release();
        }
    }

    private static ProblemException Invalid(PackageAddress wanted, params IReadOnlyList<Finding> findings) =>
        new(Problems.PackageInvalid, $"{wanted.Name} {wanted.Version} could not be verified in this site's cache.",
            findings);
}
