using System.ComponentModel.DataAnnotations;
using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Extensions.Options;
using Xingchen.Schema.Packages;

namespace Xingchen.Delivery.Packages;

/// <summary>A bucket of a store that speaks S3's protocol: section <c>Delivery:S3</c>.</summary>
/// <remarks>Credentials are not among these: they come from the process' environment (<c>AWS_ACCESS_KEY_ID</c>,
/// <c>AWS_SECRET_ACCESS_KEY</c>) or from what the platform gives a workload, as the AWS SDK finds them.</remarks>
public sealed class S3Options
{
    public const string Section = DeliveryOptions.Section + ":S3";

    /// <summary>Address of the server; empty for Amazon's of the region.</summary>
    public string Endpoint { get; init; } = "";

    [Required]
    public string Bucket { get; init; } = "";

    [Required]
    public string Region { get; init; } = "us-east-1";

    /// <summary>Whether the bucket is in the path, and not in the name of the host, as most servers other than Amazon's
    /// want it.</summary>
    public bool PathStyle { get; init; }
}

/// <summary>The package store as a bucket: <c>sha256/ab/abcdef….xcpkg</c>.</summary>
/// <remarks>An object appears whole or not at all, and is put on the condition that there is none; a server that does
/// not know the condition puts the same bytes again. What is read goes to the local disk and is hashed on the way:
/// bytes that are not those of the address are never given to anybody. Thread-safe.</remarks>
public sealed partial class S3PackageStore(
    IOptions<S3Options> s3, IOptions<DeliveryOptions> delivery, ILogger<S3PackageStore> logger)
    : IPackageStore, IDisposable
{
    private readonly AmazonS3Client client = new(ConfigurationOf(s3.Value));
    private readonly string bucket = s3.Value.Bucket;

    public async Task PutAsync(Digest digest, string path, CancellationToken ct)
    {
        try
        {
            await client.PutObjectAsync(new PutObjectRequest
            {
                BucketName = bucket, Key = KeyOf(digest), FilePath = path, ContentType = "application/zip",
                UseChunkEncoding = false, IfNoneMatch = "*",
                ChecksumSHA256 = Convert.ToBase64String(Convert.FromHexString(HexOf(digest))),
            }, ct);
        }
        catch (AmazonS3Exception there) when (there.StatusCode is HttpStatusCode.PreconditionFailed)
        {
            // These bytes are there already.
        }
        catch (Exception exception) when (IsOfTheStore(exception))
        {
            throw Unavailable(exception);
        }
    }

    public async Task<Stream?> OpenAsync(Digest digest, CancellationToken ct)
    {
        try
        {
            using var answer = await client.GetObjectAsync(bucket, KeyOf(digest), ct);
            using var staged = await ReadAsync(answer.ResponseStream, digest, ct);
            return staged.Open(); // the name goes, the bytes stay as long as they are open
        }
        catch (AmazonS3Exception absent) when (absent.ErrorCode == "NoSuchKey")
        {
            return null;
        }
        catch (Exception exception) when (IsOfTheStore(exception))
        {
            throw Unavailable(exception);
        }
    }

    public void Dispose() => client.Dispose();

    private async Task<StagedPackage> ReadAsync(Stream bytes, Digest digest, CancellationToken ct)
    {
        try
        {
            var staged = await StagedPackage.WriteAsync(bytes, delivery.Value.IncomingPath, long.MaxValue, ct);
            if (staged.Digest == digest) return staged;
            staged.Dispose();
        }
        catch (AmazonClientException)
        {
            // The SDK compares as well, where the server gave a checksum.
        }
        throw new InvalidDataException($"The object {KeyOf(digest)} of the package store is not what was put there. It "
            + "was not given to anybody. Put it there again from a copy.");
    }

    private static AmazonS3Config ConfigurationOf(S3Options options)
    {
        var configuration = new AmazonS3Config
        {
            AuthenticationRegion = options.Region, ForcePathStyle = options.PathStyle,
            // Others than Amazon know no checksums of their own making; ours are in the request.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (options.Endpoint.Length > 0) configuration.ServiceURL = options.Endpoint;
        else configuration.RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(options.Region);
        return configuration;
    }

    private static string HexOf(Digest digest) => digest.Value.Split(':')[^1];

    private static string KeyOf(Digest digest) =>
        $"sha256/{HexOf(digest)[..2]}/{HexOf(digest)}{PackageLayout.Extension}";

    private static bool IsOfTheStore(Exception exception) => exception
        is AmazonServiceException or AmazonClientException or HttpRequestException or IOException;

    private ProblemException Unavailable(Exception exception)
    {
        Failed(logger, bucket, exception);
        return new ProblemException(Problems.Unavailable, "The package store does not answer. Try again.")
            { RetryAfterSeconds = 2 };
    }

    [LoggerMessage(LogLevel.Error, "The bucket {Bucket} of the package store does not answer.")]
    private static partial void Failed(ILogger logger, string bucket, Exception exception);
}
