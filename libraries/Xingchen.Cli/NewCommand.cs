using System.CommandLine;
using System.Reflection;
using System.Text;

namespace Xingchen.Cli;

/// <summary><c>new</c>: a package to begin with, which validates, packs and installs as it is.</summary>
internal static class NewCommand
{
    private const string Prefix = "scaffold/";

    // What the files in Scaffold are called and say.
    private const string Namespace = "acme", Name = "acme-tasks";

    public static Command Create()
    {
        var folder = new Argument<string>("folder")
            { Description = "The folder to make; it must not be there, or be empty" };
        var space = new Option<string>("--namespace") { Required = true,
            Description = "Your publisher namespace, which `xingchen orgs create --namespace` gave you" };
        var name = new Option<string?>("--name")
            { Description = "The package's name; <namespace>-tasks where it is not given" };
        var command = new Command("new", "Make a package to begin with: it validates, packs and installs as it is")
            { folder, space, name };
        command.SetAction(parsed =>
        {
            var (target, given) = (parsed.GetValue(folder)!, parsed.GetValue(space)!);
            var called = parsed.GetValue(name) ?? $"{given}-tasks";
            if (!Names.Namespace.IsMatch(given))
                throw new CliException(
                    $"{given} is no namespace: 2 to 15 characters a-z and 0-9, beginning with a letter.");
            if (!Names.Package.IsMatch(called)) throw new CliException($"{called} is no name of a package.");
            if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
                throw new CliException($"{target} is not empty. Name a folder that is not there yet.");
            Write(target, given, called);
            Terminal.Say($"{target} is there. Look at its README.md, then: xingchen validate {target}");
        });
        return command;
    }

    private static void Write(string target, string space, string name)
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var resource in assembly.GetManifestResourceNames()
            .Where(resource => resource.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            var text = reader.ReadToEnd();
            var isSchema = resource.StartsWith(Prefix + "schemas/", StringComparison.Ordinal);
            var file = Path.Combine(target, resource[Prefix.Length..].Replace(
                $"{Namespace}__", $"{space}__", StringComparison.Ordinal));
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            File.WriteAllText(file, isSchema ? text : text.Replace(Name, name, StringComparison.Ordinal)
                .Replace($"{Namespace}__", $"{space}__", StringComparison.Ordinal)
                .Replace($"\"{Namespace}\"", $"\"{space}\"", StringComparison.Ordinal), new UTF8Encoding(false));
        }
    }
}
