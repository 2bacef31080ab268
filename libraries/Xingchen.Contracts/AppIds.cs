namespace Xingchen.Contracts;

/// <summary>The Dapr app ids by which services find each other.</summary>
public static class AppIds
{
    public const string Gateway = "gateway";
    public const string Organization = "organization";
    public const string Delivery = "delivery";

    /// <summary>One per site.</summary>
    public static string Metadata(string idc) => "metadata-" + idc;

    /// <summary>One per cell.</summary>
    public static string Records(string group) => "records-" + group;

    /// <summary>One per cell.</summary>
    public static string Extensions(string group) => "extensions-" + group;
}
