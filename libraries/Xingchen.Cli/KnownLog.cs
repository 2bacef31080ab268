using System.Text.Json;
using Xingchen.Schema.Transparency;

namespace Xingchen.Cli;

/// <summary>What this machine saw last of a server's log: it may only grow from there.</summary>
/// <param name="PublicKey">PEM of the key that signed it.</param>
internal sealed record KnownLog(string Url, string PublicKey, LogHead Head)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Beside the sign-in, a file for each server.</summary>
    public static string FileOf(string url) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(Profile.Location))!,
        "log", Digest.Of(System.Text.Encoding.UTF8.GetBytes(url)).Value[^16..] + ".json");

    /// <returns>Null where this machine has seen none.</returns>
    /// <exception cref="CliException">The file is there and cannot be read: what it knew is not given up
    /// silently.</exception>
    public static KnownLog? Load(string url)
    {
        var file = FileOf(url);
        if (!File.Exists(file)) return null;
        try
        {
            return JsonSerializer.Deserialize<KnownLog>(File.ReadAllText(file), Json);
        }
        catch (JsonException)
        {
            throw new CliException($"{file} is not what this machine kept of the log of {url}. Restore it; or remove "
                + "it, and the next verification begins anew.");
        }
    }

    public void Save() => SecretFile.Write(FileOf(Url), JsonSerializer.Serialize(this, Json));
}
