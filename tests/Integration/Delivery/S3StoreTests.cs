using System.Diagnostics;
using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Npgsql;
using Xingchen.Model;
using Xingchen.Testing;

namespace Xingchen.Tests.Integration.Delivery;

/// <summary>Delivery with its packages in a bucket: a real server of the S3 protocol, which checks
/// signatures.</summary>
public sealed class S3StoreTests(S3Store store) : IClassFixture<S3Store>
{
    private const long Large = 200L << 20;

    [Fact]
    public async Task What_is_uploaded_rests_in_the_bucket_and_comes_back()
    {
        var (delivery, name) = (store.Delivery, Sample.NewName());
        var publisher = delivery.NewOrg("acme");
        var bytes = Sample.Package(name, "acme", "1.0.0");
        (await publisher.UploadAsync(bytes)).Expect(HttpStatusCode.Created);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(store.ObjectOf(Digest.Of(bytes))));
        Assert.Empty(Directory.GetFiles(delivery.StorePath, "*.xcpkg", SearchOption.AllDirectories));
        var path = $"/v1/packages/{name}/1.0.0/content";
        Assert.Equal(bytes, (await publisher.GetAsync(path)).Expect(HttpStatusCode.OK).Bytes);
        Assert.Equal(bytes[10..20], (await publisher.GetAsync(path, ("Range", "bytes=10-19")))
            .Expect(HttpStatusCode.PartialContent).Bytes);
        (await publisher.UploadAsync(bytes)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Killed_between_the_file_and_its_row_nothing_is_lost_and_nothing_is_half()
    {
        var (delivery, name) = (store.Delivery, Sample.NewName());
        var publisher = delivery.NewOrg("acme");
        var bytes = Sample.Package(name, "acme", "1.0.0");
        await using (var source = NpgsqlDataSource.Create(delivery.Owner))
        await using (var connection = await source.OpenConnectionAsync())
        {
            // The row waits for this lock when the file is in the bucket already.
            await using var transaction = await connection.BeginTransactionAsync();
            await using (var held = new NpgsqlCommand("lock table delivery.names in exclusive mode", connection))
                await held.ExecuteNonQueryAsync();
            var upload = publisher.UploadAsync(bytes);
            var clock = Stopwatch.StartNew();
            while (!File.Exists(store.ObjectOf(Digest.Of(bytes))) && clock.Elapsed < TimeSpan.FromSeconds(30))
                await Task.Delay(20);
            await delivery.Process.KillAsync();
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => upload);
        }
        await delivery.RestartAsync();
        (await publisher.GetAsync($"/v1/packages/{name}/1.0.0")).Expect(HttpStatusCode.NotFound, "not-found");
        (await publisher.UploadAsync(bytes)).Expect(HttpStatusCode.Created);
        Assert.Equal(bytes, (await publisher.GetAsync($"/v1/packages/{name}/1.0.0/content"))
            .Expect(HttpStatusCode.OK).Bytes);
    }

    [Fact]
    public async Task A_corrupted_object_is_never_given_to_anybody()
    {
        var (delivery, name) = (store.Delivery, Sample.NewName());
        var publisher = delivery.NewOrg("acme");
        var bytes = Sample.Package(name, "acme", "1.0.0");
        (await publisher.UploadAsync(bytes)).Expect(HttpStatusCode.Created);
        var file = store.ObjectOf(Digest.Of(bytes));
        var bent = (byte[])bytes.Clone();
        bent[bent.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(file, bent);
        var before = Directory.GetFiles(Path.Combine(delivery.StorePath, "incoming"));
        (await publisher.GetAsync($"/v1/packages/{name}/1.0.0/content"))
            .Expect(HttpStatusCode.InternalServerError, "internal-error");
        Assert.Equal(before, Directory.GetFiles(Path.Combine(delivery.StorePath, "incoming")));
    }

    [Fact]
    public async Task While_the_bucket_is_away_uploads_and_downloads_say_so_and_nothing_is_kept()
    {
        var (delivery, name) = (store.Delivery, Sample.NewName());
        var publisher = delivery.NewOrg("acme");
        var (one, two) = (Sample.Package(name, "acme", "1.0.0"), Sample.Package(name, "acme", "1.0.1"));
        (await publisher.UploadAsync(one)).Expect(HttpStatusCode.Created);
        await store.StopAsync();
        (await publisher.GetAsync($"/v1/packages/{name}/1.0.0/content"))
            .Expect(HttpStatusCode.ServiceUnavailable, "unavailable");
        (await publisher.UploadAsync(two)).Expect(HttpStatusCode.ServiceUnavailable, "unavailable");
        await store.StartAsync();
        (await publisher.GetAsync($"/v1/packages/{name}/1.0.1")).Expect(HttpStatusCode.NotFound);
        (await publisher.UploadAsync(two)).Expect(HttpStatusCode.Created);
        Assert.Equal(one, (await publisher.GetAsync($"/v1/packages/{name}/1.0.0/content"))
            .Expect(HttpStatusCode.OK).Bytes);
    }

    /// <summary>Through the route of the sites, which asks for an address and no row.</summary>
    [Fact]
    public async Task A_large_file_passes_through_little_memory()
    {
        Prerequisites.Require(OperatingSystem.IsLinux(), "Linux, for /proc.");
        var (delivery, hex) = (store.Delivery, "");
        var place = Path.Combine(store.Bucket, "large");
        await using (var file = File.Create(place))
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var piece = new byte[1 << 20];
            for (var size = 0L; size < Large; size += piece.Length)
            {
                piece[0]++;
                hash.AppendData(piece);
                await file.WriteAsync(piece);
            }
            hex = Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        await store.AdoptAsync(place, new Digest("sha256:" + hex));
        await delivery.NewOrg().GetAsync("/v1/packages");
        var (before, peak) = (ProcessMemory.ResidentBytes(delivery.Process.ProcessId), 0L);
        using var done = new CancellationTokenSource();
        var watch = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                peak = Math.Max(peak, ProcessMemory.ResidentBytes(delivery.Process.ProcessId));
                await Task.Yield();
            }
        });
        var reply = await delivery.NewOrg(scopes: Scopes.Internal).GetAsync("/internal/packages/sha256:" + hex);
        await done.CancelAsync();
        await watch;
        Assert.Equal(Large, reply.Expect(HttpStatusCode.OK).Bytes.LongLength);
        Assert.True(peak - before < 64L << 20, $"{(peak - before) >> 20} MB for {Large >> 20} MB");
    }
}

/// <summary>A bucket on a server of its own, and a Delivery that keeps its packages there.</summary>
public sealed class S3Store : IAsyncLifetime
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("xingchen-s3-");
    private readonly int port = Ports.Free();
    private NodeProject project = null!;
    private Process? server;

    public DeliveryInstallation Delivery { get; } = new();

    public string Bucket => Path.Combine(folder.FullName, "packages");

    public async ValueTask InitializeAsync()
    {
        project = await NodeProject.InstallAsync(
            Path.Combine(Path.GetDirectoryName(ThisFile())!, "s3"), "s3-server", "for a server of the S3 protocol");
        await StartAsync();
        await Delivery.InitializeAsync();
        await Delivery.RestartAsync(("Delivery__Store", "s3"), ("Delivery__S3__Bucket", "packages"),
            ("Delivery__S3__Endpoint", $"http://127.0.0.1:{port}"), ("Delivery__S3__PathStyle", "true"),
            ("AWS_ACCESS_KEY_ID", "S3RVER"), ("AWS_SECRET_ACCESS_KEY", "S3RVER"));
    }

    public async Task StartAsync() => server = await project.StartAsync("server.js", $"{port}", folder.FullName);

    public async Task StopAsync()
    {
        server!.Kill();
        await server.WaitForExitAsync();
        server.Dispose();
        server = null;
    }

    /// <summary>Where the server keeps an object's bytes.</summary>
    public string ObjectOf(Digest digest)
    {
        var hex = digest.Value["sha256:".Length..];
        return Path.Combine(Bucket, "sha256", hex[..2], hex + ".xcpkg._S3rver_object");
    }

    /// <summary>Makes a file of the bucket's disk an object, as if it had been put.</summary>
    public async Task AdoptAsync(string file, Digest digest)
    {
        var place = ObjectOf(digest);
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        File.Move(file, place);
        await File.WriteAllTextAsync(place.Replace("_object", "_metadata.json", StringComparison.Ordinal),
            """{"content-type":"application/zip"}""");
    }

    public async ValueTask DisposeAsync()
    {
        await Delivery.DisposeAsync();
        if (server is not null) await StopAsync();
        folder.Delete(recursive: true);
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
