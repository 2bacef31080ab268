using System.Text.Json;

namespace Xingchen.Cli;

/// <summary>Where a person is signed in: one file that only its owner can read.</summary>
/// <param name="Url">Base address of the gateway.</param>
/// <param name="Account">Code of the account set that tokens are for.</param>
/// <param name="Key">The file of the private key that packages are signed with; null for none.</param>
internal sealed record Profile(string Url, string ClientId, string ClientSecret, string Account, string? Key = null)
{
    public const string DefaultUrl = "http://127.0.0.1:8080";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary><c>XINGCHEN_PROFILE</c>, else <c>xingchen/profile.json</c> in the user's configuration
    /// folder.</summary>
    public static string Location => Environment.GetEnvironmentVariable("XINGCHEN_PROFILE") is { Length: > 0 } given
        ? given
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData,
            Environment.SpecialFolderOption.DoNotVerify), "xingchen", "profile.json");

    /// <summary>The environment's sign-in, else the stored one.</summary>
    /// <exception cref="CliException">There is none, or the file is not readable as one.</exception>
    public static Profile Load()
    {
        if (FromEnvironment() is { } environment) return environment;
        if (!File.Exists(Location))
            throw new CliException(
                "Not signed in. Run: xingchen login --url URL --client-id ID --client-secret SECRET");
        return Stored()
            ?? throw new CliException($"{Location} is not a sign-in. Remove it and run `xingchen login` again.");
    }

    /// <summary>The stored sign-in; null where there is none that can be read.</summary>
    public static Profile? Stored()
    {
        try
        {
            return File.Exists(Location) ? JsonSerializer.Deserialize<Profile>(File.ReadAllText(Location), Json) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public void Save() => SecretFile.Write(Location, JsonSerializer.Serialize(this, Json));

    private static Profile? FromEnvironment()
    {
        var id = Environment.GetEnvironmentVariable("XINGCHEN_CLIENT_ID");
        var secret = Environment.GetEnvironmentVariable("XINGCHEN_CLIENT_SECRET");
        if (string.IsNullOrEmpty(id) || string.IsNullOrEmpty(secret)) return null;
        return new Profile(Environment.GetEnvironmentVariable("XINGCHEN_URL") ?? DefaultUrl, id, secret,
            Environment.GetEnvironmentVariable("XINGCHEN_ACCOUNT") ?? "main");
    }
}
