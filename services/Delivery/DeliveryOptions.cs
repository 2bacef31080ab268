using System.ComponentModel.DataAnnotations;

namespace Xingchen.Delivery;

/// <summary>What Delivery is told: section <c>Delivery</c>.</summary>
public sealed class DeliveryOptions
{
    public const string Section = "Delivery";
    public const string Folder = "folder", S3 = "s3";

    /// <summary>Where packages rest: <c>folder</c>, or <c>s3</c> for the bucket of <c>Delivery:S3</c>.</summary>
    [AllowedValues(Folder, S3)]
    public string Store { get; init; } = Folder;

    /// <summary>The directory of the package store; made where it is absent. Nothing else may be in it. Where packages
    /// rest in a bucket, what comes and goes passes through it.</summary>
    [Required]
    public string StorePath { get; init; } = "";

    /// <summary>Where uploads are until they are taken or refused: on the store's file system, so that taking is
    /// renaming.</summary>
    public string IncomingPath => Path.GetFullPath(Path.Combine(StorePath, "incoming"));

    /// <summary>Bytes of a package file at most.</summary>
    [Range(1 << 10, 1L << 30)]
    public long PackageBytes { get; init; } = 64L << 20;

    /// <summary>Packages that are read at the same time; each takes up to 64 MB of memory.</summary>
    [Range(1, 64)]
    public int Readers { get; init; } = 2;

    /// <summary>Whether unsigned packages are refused. Set in production; a local run takes them with a
    /// warning.</summary>
    public bool RequireSignature { get; init; }

    /// <summary>Accounts whose installations are carried out at the same time by one instance.</summary>
    [Range(1, 64)]
    public int Workers { get; init; } = 4;

    /// <summary>Milliseconds between looks for work that nobody signalled: what another instance took on and
    /// lost.</summary>
    [Range(50, 60_000)]
    public int PollMilliseconds { get; init; } = 1_000;

    /// <summary>Seconds after which work of an instance that died is taken over. Renewed while it lives.</summary>
    [Range(2, 300)]
    public int LeaseSeconds { get; init; } = 6;

    /// <summary>Milliseconds between two looks at a rollout.</summary>
    [Range(50, 60_000)]
    public int RolloutMilliseconds { get; init; } = 500;

    /// <summary>Accounts that one rollout upgrades at the same time.</summary>
    [Range(1, 1_000)]
    public int RolloutAccounts { get; init; } = 64;

    /// <summary>Seconds without a word from any gateway after which an upgraded account that cannot be judged counts as
    /// bad.</summary>
    [Range(1, 3_600)]
    public int SilenceSeconds { get; init; } = 30;
}
