using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Xingchen.Tests.Tidy;

/// <summary>SQL has few places, so that who reads them has read all of it.</summary>
public sealed partial class SqlTests
{
    [Fact]
    public void Sql_stands_only_in_its_places() => Offences.AssertNone(
        from source in Repository.Sources
        where !source.IsTest && !MayHoldSql(source.File)
        from literal in Literals(source)
        where Sql.IsMatch(literal.Text) && !IsQueryLanguage(source.File, literal.Text)
        select new Offence(source.File, source.LineOf(literal.Position),
            "Move this SQL into the *Store that runs it (record SQL: services/Records/Sql)."));

    [Fact]
    public void Migrations_are_numbered_and_no_number_is_there_twice() => Offences.AssertNone(
        from folder in Migrations().GroupBy(file => Path.GetDirectoryName(file)!)
        from number in folder.GroupBy(file => Path.GetFileName(file).Split('_')[0])
        from script in number.Index()
        where script.Index > 0 || number.Key.Length != 4 || !number.Key.All(char.IsAsciiDigit)
        select new Offence(script.Item, 1, "Name it NNNN_what_it_does.sql, with a number that no other has."));

    [Fact]
    public void Whoever_writes_the_log_of_changes_tells_the_relay() => Offences.AssertNone(
        from source in Repository.Sources
        where source.File.StartsWith("services/Records/", StringComparison.Ordinal)
        let writing = Literals(source).Count(literal => WritesLog.IsMatch(literal.Text))
        let telling = source.Root.DescendantNodes().OfType<MemberAccessExpressionSyntax>()
            .Count(access => access.Name.Identifier.Text == "Announce")
        where writing > telling
        select new Offence(source.File, 1,
            "Each statement that inserts into records.changes is followed by batch.Announce(account): see RelaySql."));

    [Fact]
    public void Every_table_of_orgs_is_behind_forced_row_level_security() => Offences.AssertNone(
        from file in Migrations()
        let text = Repository.Read(file)
        from Match table in Table.Matches(text)
        where table.Groups["columns"].Value.Contains("org_id", StringComparison.Ordinal)
        let name = table.Groups["name"].Value.Split('.')[^1]
        where !Forces(text, name)
        select new Offence(file, text[..table.Index].Count(c => c == '\n') + 1,
            $"Enable and force row level security on {name} and its partitions, with a policy, in this script."));

    /// <summary>Said for the table itself, or in a loop over names in quotes that has it.</summary>
    private static bool Forces(string script, string table) =>
        Regex.IsMatch(script, $@"alter\s+table\s+(\w+\.)?{table}\s+force\s+row\s+level\s+security",
            RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)
        || (script.Contains("'" + table + "'", StringComparison.Ordinal)
            && script.Contains("force row level security", StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<string> Migrations() =>
        Repository.Named("*.sql").Where(file => file.Contains("/Migrations/", StringComparison.Ordinal));

    private static bool MayHoldSql(string file) =>
        file.EndsWith("Store.cs", StringComparison.Ordinal)
        || file.StartsWith("services/Records/Sql/", StringComparison.Ordinal)
        || file.StartsWith("libraries/Xingchen.Storage/", StringComparison.Ordinal)
        || file.Contains("/Migrations/", StringComparison.Ordinal);

    /// <summary>Examples of Xingchen's own query language are written in capitals, as its manual writes them.</summary>
    private static bool IsQueryLanguage(string file, string text) =>
        text.TrimStart().StartsWith("SELECT ", StringComparison.Ordinal)
        && !file.StartsWith("services/Organization/", StringComparison.Ordinal)
        && !file.StartsWith("services/Delivery/", StringComparison.Ordinal);

    private static IEnumerable<(string Text, int Position)> Literals(SourceFile source) => source.Root
        .DescendantNodes().Select<SyntaxNode, (string Text, int Position)>(node => node switch
        {
            LiteralExpressionSyntax literal when literal.IsKind(SyntaxKind.StringLiteralExpression)
                || literal.IsKind(SyntaxKind.Utf8StringLiteralExpression) =>
                    (literal.Token.ValueText, literal.SpanStart),
            InterpolatedStringExpressionSyntax text => (text.Contents.ToString(), text.SpanStart),
            _ => ("", 0),
        }).Where(literal => literal.Text.Length > 0);

    [GeneratedRegex(
        @"^\s*(select\s[\s\S]+\sfrom\s|select\s+(set_config|pg_)|insert\s+into\s|update\s+[\w.]+\s+set\s"
        + @"|delete\s+from\s"
        + @"|(create|alter|drop)\s+(table|index|schema|role|database|function|policy)\s|copy\s+[\w.]+\s*\("
        + @"|with\s+\w+\s+as\s*\()",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Sql { get; }

    [GeneratedRegex(@"insert\s+into\s+records\.changes\b", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex WritesLog { get; }

    [GeneratedRegex(
        @"create\s+table\s+(if\s+not\s+exists\s+)?(?<name>[\w.]+)\s*\((?<columns>[^;]*);",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Table { get; }
}
