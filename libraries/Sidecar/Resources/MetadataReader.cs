namespace Xingchen.Sidecar.Resources;

/// <summary>The <c>metadata</c> of any document: a name, and a namespace that must be this one.</summary>
internal static class MetadataReader
{
    public static string Name(YamlSection root, SidecarHostOptions options)
    {
        var metadata = root.Section("metadata");
        var name = metadata.Required("name");
        if (metadata.Text("namespace") is { } given && given != options.Namespace)
            metadata.Report("namespace", $"is not the namespace of this sidecar, '{options.Namespace}'");
        metadata.Close();
        return name;
    }
}
