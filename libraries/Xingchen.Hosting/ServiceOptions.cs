using System.ComponentModel.DataAnnotations;

namespace Xingchen.Hosting;

/// <summary>What every service is told by its host.</summary>
public sealed class ServiceOptions
{
    public const string Section = "Xingchen";

    /// <summary>The key that signs org contexts between services: 32 random bytes, base64. The same in every
    /// service.</summary>
    [Required, MinLength(44)]
    public string ContextKey { get; init; } = "";

    /// <summary>The site this instance runs in.</summary>
    [Required]
    public string Idc { get; init; } = "local";

    /// <summary>The cell this instance belongs to.</summary>
    [Required]
    public string Group { get; init; } = "main";
}
