using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Xingchen.Tests.Tidy;

/// <summary>Sizes: what does not fit a head is split by meaning.</summary>
public sealed class SizeTests
{
    private const int FileLines = 600;
    private const int UsualFileLines = 300;
    private const int MethodLines = 70;
    private const int LineLength = 120;

    /// <summary>Files that may be longer than the hard limit, each with its reason.</summary>
    private static readonly Dictionary<string, string> LongFiles = [];

    [Fact]
    public void No_code_file_is_longer_than_the_limit() => Offences.AssertNone(
        from file in Repository.Files
        where file.EndsWith(".cs", StringComparison.Ordinal) || file.EndsWith(".sql", StringComparison.Ordinal)
        where !LongFiles.ContainsKey(file)
        let lines = Repository.Lines(file).Length
        where lines > FileLines
        select new Offence(file, lines, $"Split it by meaning: {lines} lines, at most {FileLines}."));

    [Fact]
    public void Nine_code_files_in_ten_are_of_the_usual_size()
    {
        var sizes = Repository.Named("*.cs").Select(file => Repository.Lines(file).Length).Order().ToList();
        Assert.InRange(sizes[sizes.Count * 9 / 10], 1, UsualFileLines);
    }

    [Fact]
    public void The_allow_list_holds_only_files_that_need_it() => Offences.AssertNone(
        from entry in LongFiles
        where !Repository.Files.Contains(entry.Key) || Repository.Lines(entry.Key).Length <= FileLines
        select new Offence(entry.Key, 1, "Take it off the allow-list: it fits now, or is gone."));

    [Fact]
    public void No_method_is_longer_than_the_limit() => Offences.AssertNone(
        from source in Repository.Sources
        from node in source.Root.DescendantNodes()
        where node is BaseMethodDeclarationSyntax or LocalFunctionStatementSyntax or AccessorDeclarationSyntax
        let span = node.SyntaxTree.GetLineSpan(node.Span)
        let lines = span.EndLinePosition.Line - span.StartLinePosition.Line + 1
        where lines > MethodLines
        select new Offence(source.File, span.StartLinePosition.Line + 1,
            $"Split the method: {lines} lines, at most {MethodLines}."));

    [Fact]
    public void No_line_is_longer_than_the_limit() => Offences.AssertNone(
        from file in Repository.Files
        where file.EndsWith(".cs", StringComparison.Ordinal) || file.EndsWith(".sql", StringComparison.Ordinal)
        from line in Repository.Lines(file).Index()
        where line.Item.Length > LineLength
        select new Offence(file, line.Index + 1,
            $"Break the line: {line.Item.Length} characters, at most {LineLength}."));
}
