using System.Globalization;

namespace Xingchen.Sidecar.Resources;

/// <summary>A <c>Configuration</c> document: sampling, and which secrets may be read.</summary>
internal static class ConfigurationReader
{
    public static Configuration Read(YamlSection root, SidecarHostOptions options, Configuration before)
    {
        MetadataReader.Name(root, options);
        var spec = root.Section("spec");
        var tracing = spec.Section("tracing");
        var sampling = Sampling(tracing) ?? before.SamplingRate;
        tracing.Close();
        var secrets = spec.Section("secrets");
        var scopes = before.SecretScopes.ToDictionary(StringComparer.Ordinal);
        foreach (var scope in secrets.Sections("scopes")) scopes[scope.Required("storeName")] = Scope(scope);
        secrets.Close();
        Off(spec.Section("mtls"));
        Off(spec.Section("metric"));
        Off(spec.Section("metrics"));
        spec.Close();
        root.Close();
        return new Configuration(sampling, scopes);
    }

    private static double? Sampling(YamlSection tracing)
    {
        if (tracing.Text("samplingRate") is not { } text) return null;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var rate)
            && rate is >= 0 and <= 1)
            return rate;
        tracing.Report("samplingRate", "must be a number from 0 to 1");
        return null;
    }

    private static SecretScope Scope(YamlSection scope)
    {
        var access = scope.Text("defaultAccess");
        if (access is not (null or "" or "allow" or "deny")) scope.Report("defaultAccess", "must be allow or deny");
        var allowed = scope.Texts("allowedSecrets").ToHashSet(StringComparer.Ordinal);
        var denied = scope.Texts("deniedSecrets").ToHashSet(StringComparer.Ordinal);
        scope.Close();
        return new SecretScope(access != "deny", allowed, denied);
    }

    /// <summary>A feature that this sidecar does not have, and that may therefore only be off.</summary>
    private static void Off(YamlSection section)
    {
        if (section.Flag("enabled")) section.Report("enabled", "is not honoured by this sidecar");
        section.Close();
    }
}
