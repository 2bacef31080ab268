using System.Text.RegularExpressions;

namespace Xingchen.Schema.Definitions;

/// <summary>The form of names in definitions.</summary>
internal static partial class DefinitionNames
{
    /// <summary>The prefix of what the private layer adds.</summary>
    public const string Private = "c";

    private static readonly HashSet<string> System =
        ["id", "object", "version", "createdAt", "createdBy", "modifiedAt", "modifiedBy", "deletedAt"];

    /// <summary>What every record has by itself: no field may be called that.</summary>
    public static IReadOnlySet<string> SystemFields => System;

    public static bool IsName(string text) => Names.Definition.IsMatch(text);

    public static bool IsLanguage(string text) => Language.IsMatch(text);

    /// <summary>The prefix of a name, without the underscores; null where it has none.</summary>
    public static string? PrefixOf(string name)
    {
        var at = name.IndexOf("__", StringComparison.Ordinal);
        return at > 0 ? name[..at] : null;
    }

    [GeneratedRegex("^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Language { get; }
}
