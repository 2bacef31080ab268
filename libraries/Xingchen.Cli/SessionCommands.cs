using System.CommandLine;
using System.Text.Json;

namespace Xingchen.Cli;

/// <summary><c>login</c> and <c>orgs</c>.</summary>
internal static class SessionCommands
{
    public static IEnumerable<Command> All() => [Login(), Orgs()];

    private static Command Login()
    {
        var url = new Option<string>("--url")
            { Description = "Base address of the gateway", DefaultValueFactory = _ => Profile.DefaultUrl };
        var id = new Option<string>("--client-id") { Description = "The client's id", Required = true };
        var secret = new Option<string?>("--client-secret")
            { Description = "Its secret; asked for where it is not given" };
        var account = new Option<string>("--account")
            { Description = "Code of the account set", DefaultValueFactory = _ => "main" };
        var command = new Command("login", "Sign in: checks the client and stores it for the commands that follow")
            { url, id, secret, account };
        command.SetAction(async (parsed, ct) =>
        {
            var address = parsed.GetValue(url)!;
            if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
                throw new CliException($"'{address}' is not an address. Give one such as {Profile.DefaultUrl}.");
            var profile = new Profile(
                address.TrimEnd('/'), parsed.GetValue(id)!, parsed.GetValue(secret) ?? AskSecret(),
                parsed.GetValue(account)!);
            using var api = new ApiClient(profile);
            await api.TokenAsync(ct);
            // Signed in anew as who one was, one keeps one's key; another's packages are signed with another's.
            if (Profile.Stored() is { } before && (before.Url, before.ClientId) == (profile.Url, profile.ClientId))
                profile = profile with { Key = before.Key };
            profile.Save();
            Terminal.Say($"Signed in to {profile.Url} as {profile.ClientId} (stored in {Profile.Location}).");
        });
        return command;
    }

    private static string AskSecret()
    {
        if (Console.IsInputRedirected) return Console.In.ReadLine() ?? "";
        Console.Error.Write("Client secret: ");
        var secret = new System.Text.StringBuilder();
        while (Console.ReadKey(intercept: true) is var key && key.Key is not ConsoleKey.Enter)
            if (key.Key is ConsoleKey.Backspace) secret.Length = Math.Max(0, secret.Length - 1);
            else secret.Append(key.KeyChar);
        Console.Error.WriteLine();
        return secret.ToString();
    }

    private static Command Orgs()
    {
        var code = new Argument<string>("code") { Description = "2–40 characters: a-z, 0-9 and -" };
        var name = new Option<string?>("--name") { Description = "Name for people; the code where it is not given" };
        var group = new Option<string?>("--group")
            { Description = "The cell it shall live in; the default one where it is not given" };
        var space = new Option<string?>("--namespace")
            { Description = "Publisher namespace, for an ISV: 2–15 characters a-z and 0-9" };
        var create = new Command(
            "create", "Create an organization (platform operator). Its client's secret is shown once.")
                { code, name, group, space };
        create.SetAction(async (parsed, ct) =>
        {
            using var api = ApiClient.SignedIn();
            var publisher = parsed.GetValue(space);
            var org = await api.PostAsync("/v1/orgs", new Dictionary<string, object?>
            {
                ["code"] = parsed.GetValue(code),
                ["name"] = parsed.GetValue(name) ?? parsed.GetValue(code),
                ["group"] = parsed.GetValue(group),
                ["publisher"] = publisher is null ? null : new { @namespace = publisher },
            }.Where(member => member.Value is not null).ToDictionary(), ct);
            Console.WriteLine(JsonSerializer.Serialize(org, new JsonSerializerOptions { WriteIndented = true }));
            Terminal.Say("Keep the client's secret: it is not shown again. Sign in with it: xingchen login");
        });
        var list = new Command("list", "List the organizations you may see");
        list.SetAction(async (_, ct) =>
        {
            using var api = ApiClient.SignedIn();
            var orgs = new List<JsonElement>();
            const string First = "/v1/orgs?limit=200";
            for (string? cursor = "", path = First; cursor is not null;
                path = First + "&cursor=" + Uri.EscapeDataString(cursor ?? ""))
            {
                var page = await api.GetAsync(path, ct);
                orgs.AddRange(page.GetProperty("orgs").EnumerateArray());
                cursor = page.TryGetProperty("next", out var next) ? next.GetString() : null;
            }
            Terminal.Table(orgs);
        });
        return new Command("orgs", "Organizations of the installation") { create, list };
    }
}
