using Xingchen.Schema.Expressions;

namespace Xingchen.Tests.Unit.Expressions;

/// <summary>The reference in docs/concepts/expressions.md is the table of functions, word for word.</summary>
public sealed class ExpressionReferenceTests
{
    [Fact]
    public void The_reference_is_the_table_of_functions()
    {
        var lines = File.ReadAllLines(Path.Combine(Root(), "docs/concepts/expressions.md"));
        var written = lines.SkipWhile(line => line != "## Reference").Skip(1)
            .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
            .Where(line => line.Length > 0 && !line.StartsWith("|---", StringComparison.Ordinal)).ToList();
        var expected = ExpressionFunctions.All.GroupBy(function => function.Group).SelectMany(group => group
            .Select(function => $"| `{function.Signature}` | {function.Summary} |").Prepend($"| {group.Key} | |"));
        Assert.Equal(string.Join('\n', expected), string.Join('\n', written));
    }

    private static string Root()
    {
        var at = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(at, "Xingchen.sln"))) at = Path.GetDirectoryName(at)!;
        return at;
    }
}
