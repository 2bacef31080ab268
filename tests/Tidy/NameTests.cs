using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Xingchen.Tests.Tidy;

/// <summary>Names say what a thing is; these words say nothing.</summary>
public sealed partial class NameTests
{
    private static readonly HashSet<string> Empty =
    [
        "Common", "Core", "Shared", "Util", "Utils", "Utility", "Utilities", "Helper", "Helpers", "Manager", "Managers",
        "Misc",
    ];

    [Fact]
    public void Types_and_namespaces_are_named_for_what_they_are() => Offences.AssertNone(
        from source in Repository.Sources
        from name in Declared(source)
        where IsEmpty(name.Text)
        select new Offence(source.File, source.LineOf(name.Position), $"Rename {name.Text}: say what it is or does."));

    [Fact]
    public void Files_and_folders_are_named_for_what_they_are() => Offences.AssertNone(
        from file in Repository.Files
        let name = Path.GetFileNameWithoutExtension(file)
        where file.Split('/')[..^1].Any(IsEmpty) || (file.EndsWith(".cs", StringComparison.Ordinal) && IsEmpty(name))
        select new Offence(file, 1, "Rename it: say what it holds."));

    [Theory]
    [InlineData("RecordManager", true)]
    [InlineData("BaseStore", true)]
    [InlineData("StringUtils", true)]
    [InlineData("Base62", false)]
    [InlineData("Database", false)]
    [InlineData("Scores", false)]
    public void Sees_whole_words(string name, bool empty) => Assert.Equal(empty, IsEmpty(name));

    private static bool IsEmpty(string name)
    {
        if (name == "AspNetCore") return false; // Microsoft's name
        var words = Word.Matches(name).Select(match => match.Value).ToList();
        return words.Any(Empty.Contains) || words is ["Base", _, ..];
    }

    private static IEnumerable<(string Text, int Position)> Declared(SourceFile source)
    {
        foreach (var node in source.Root.DescendantNodes())
        {
            if (node is BaseTypeDeclarationSyntax type) yield return (type.Identifier.ValueText, type.SpanStart);
            if (node is DelegateDeclarationSyntax named) yield return (named.Identifier.ValueText, named.SpanStart);
            if (node is BaseNamespaceDeclarationSyntax space)
                foreach (var part in space.Name.ToString().Split('.')) yield return (part, space.SpanStart);
        }
    }

    [GeneratedRegex("[A-Z][a-z]+", RegexOptions.None, 1000)]
    private static partial Regex Word { get; }
}
