using System.Diagnostics;
using System.IO.Enumeration;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Xingchen.Tests.Tidy;

/// <summary>What the house rules look at: the files of the repository that git knows, read once.</summary>
internal static class Repository
{
    private static readonly Lazy<string> LazyRoot = new(FindRoot);
    private static readonly Lazy<IReadOnlyList<string>> LazyFiles = new(List);
    private static readonly Lazy<IReadOnlyList<SourceFile>> LazySources = new(() => [.. Named("*.cs").Select(Parse)]);

    public static string Root => LazyRoot.Value;

    /// <summary>Paths from the root with <c>/</c>, in ordinal order.</summary>
    public static IReadOnlyList<string> Files => LazyFiles.Value;

    /// <summary>Every C# file, parsed.</summary>
    public static IReadOnlyList<SourceFile> Sources => LazySources.Value;

    /// <summary>Files whose name (not path) matches, such as <c>*.cs</c>.</summary>
    public static IEnumerable<string> Named(string pattern) => Files.Where(file =>
        FileSystemName.MatchesSimpleExpression(pattern, Path.GetFileName(file), ignoreCase: false));

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    public static string[] Lines(string file) => File.ReadAllLines(Path.Combine(Root, file));

    public static bool IsTest(string file) => file.StartsWith("tests/", StringComparison.Ordinal);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Xingchen.sln"))) return folder.FullName;
        throw new InvalidOperationException("Xingchen.sln is in no folder above the tests.");
    }

    private static IReadOnlyList<string> List() =>
        [.. (FromGit() ?? FromDisk()).Where(file => File.Exists(Path.Combine(Root, file)))
            .Order(StringComparer.Ordinal)];

    private static List<string>? FromGit()
    {
        // Untracked files that are not ignored count too: the rule should speak before the commit, not after it.
        var start = new ProcessStartInfo("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        {
            WorkingDirectory = Root, UseShellExecute = false,
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        try
        {
            using var git = Process.Start(start)!;
            git.ErrorDataReceived += (_, _) => { };
            git.BeginErrorReadLine();
            var output = git.StandardOutput.ReadToEnd();
            git.WaitForExit();
            return git.ExitCode == 0 ? [.. output.Split('\0', StringSplitOptions.RemoveEmptyEntries).Distinct()] : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // no git here: an unpacked archive
        }
    }

    private static IEnumerable<string> FromDisk()
    {
        string[] skipped = ["bin", "obj", ".git", ".xingchen", "TestResults"];
        return Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
            .Where(file => !file.Split('/').Intersect(skipped).Any());
    }

    private static SourceFile Parse(string file)
    {
        var tree = CSharpSyntaxTree.ParseText(Read(file), new CSharpParseOptions(LanguageVersion.Latest), file);
        return new SourceFile(file, (CompilationUnitSyntax)tree.GetRoot());
    }
}

/// <summary>A C# file and its syntax.</summary>
internal sealed record SourceFile(string File, CompilationUnitSyntax Root)
{
    public bool IsTest => Repository.IsTest(File);

    public int LineOf(SyntaxNodeOrToken node) => LineOf(node.SpanStart);

    public int LineOf(int position) => Root.SyntaxTree.GetText().Lines.GetLinePosition(position).Line + 1;
}
