using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Xingchen.Tests.Tidy;

/// <summary>What the house refuses in code.</summary>
public sealed partial class RefusedTests
{
    private static readonly HashSet<string> Generators =
        ["GeneratedRegex", "LoggerMessage", "JsonSerializable", "LibraryImport"];

    [Fact]
    public void No_regions() => Offences.AssertNone(
        from source in Repository.Sources
        from trivia in source.Root.DescendantTrivia(descendIntoTrivia: true)
        where trivia.IsKind(SyntaxKind.RegionDirectiveTrivia)
        select new Offence(source.File, source.LineOf(trivia.SpanStart), "Remove the #region; split the file."));

    [Fact]
    public void No_notes_to_self() => Offences.AssertNone(
        from source in Repository.Sources
        from trivia in source.Root.DescendantTrivia()
        where trivia.IsKind(SyntaxKind.SingleLineCommentTrivia) || trivia.IsKind(SyntaxKind.MultiLineCommentTrivia)
        where Note.IsMatch(trivia.ToString())
        select new Offence(source.File, source.LineOf(trivia.SpanStart), "Do it now, or open an issue instead."));

    [Fact]
    public void No_partial_types_but_for_source_generators() => Offences.AssertNone(
        from source in Repository.Sources
        from type in source.Root.DescendantNodes().OfType<TypeDeclarationSyntax>()
        where type.Modifiers.Any(SyntaxKind.PartialKeyword)
        where !type.DescendantNodes().OfType<AttributeSyntax>()
            .Any(attribute => Generators.Contains(attribute.Name.ToString()))
        where type.Identifier.ValueText != "Program" // an entry point that tests name
        select new Offence(source.File, source.LineOf(type), $"Make {type.Identifier} one type in one file."));

    [Fact]
    public void No_controllers() => Offences.AssertNone(
        from source in Repository.Sources
        from name in source.Root.DescendantNodes().OfType<IdentifierNameSyntax>()
        where name.Identifier.ValueText is "ControllerBase" or "ApiController" or "AddControllers" or "MapControllers"
        select new Offence(source.File, source.LineOf(name), "Use a minimal API route."));

    [Fact]
    public void Regexes_cannot_blow_up() => Offences.AssertNone(
        from source in Repository.Sources
        where !source.IsTest
        from node in source.Root.DescendantNodes()
        where node is ObjectCreationExpressionSyntax { Type: IdentifierNameSyntax { Identifier.ValueText: "Regex" } }
        where !node.ToString().Contains("NonBacktracking", StringComparison.Ordinal)
        select new Offence(source.File, source.LineOf(node),
            "Use RegexOptions.NonBacktracking or [GeneratedRegex] with a timeout."));

    [Fact]
    public void Interfaces_have_two_implementations() => Offences.AssertNone(
        from source in Repository.Sources
        where !source.IsTest
        from declared in source.Root.DescendantNodes().OfType<InterfaceDeclarationSyntax>()
        let name = declared.Identifier.ValueText
        where Implementations(name) < 2
        // These have the names of Aspire and of the Dapr SDK, so that the same code compiles against either.
        where !source.File.StartsWith("libraries/AppModel/", StringComparison.Ordinal)
        where !source.File.StartsWith("libraries/Dapr/", StringComparison.Ordinal)
        select new Offence(source.File, source.LineOf(declared),
            $"{name} has fewer than two implementations: use the type itself."));

    private static int Implementations(string name) => Repository.Sources
        .SelectMany(source => source.Root.DescendantNodes().OfType<BaseListSyntax>())
        .SelectMany(list => list.Types)
        .Count(type => type.Type.ToString().Split('<')[0].Split('.')[^1] == name);

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Note { get; }
}
