using System.Text.RegularExpressions;

namespace Xingchen.Model;

/// <summary>The forms of names in the API. Each is linear to match, whatever the input.</summary>
public static partial class Names
{
    [GeneratedRegex("^[a-z][a-z0-9-]{1,38}[a-z0-9]\\z", RegexOptions.ExplicitCapture, 1000)]
    public static partial Regex OrgCode { get; }

    /// <summary>A publisher's namespace: prefix of all that its packages define.</summary>
    [GeneratedRegex("^[a-z][a-z0-9]{1,14}\\z", RegexOptions.ExplicitCapture, 1000)]
    public static partial Regex Namespace { get; }

    /// <summary>The name of a definition, with its prefix.</summary>
    [GeneratedRegex("^(([a-z][a-z0-9]{1,14}|c)__)?[A-Za-z][A-Za-z0-9]{0,59}\\z", RegexOptions.ExplicitCapture, 1000)]
    public static partial Regex Definition { get; }

    /// <summary>The name of a package.</summary>
    [GeneratedRegex("^[a-z][a-z0-9-]{0,62}[a-z0-9]\\z", RegexOptions.ExplicitCapture, 1000)]
    public static partial Regex Package { get; }
}
