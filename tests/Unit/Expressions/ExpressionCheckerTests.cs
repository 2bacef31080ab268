using System.Diagnostics;
using Xingchen.Schema;
using Xingchen.Schema.Expressions;
using Xingchen.Tests.Query;

namespace Xingchen.Tests.Unit.Expressions;

public sealed class ExpressionCheckerTests
{
    private static readonly SchemaObject Order = TradeSchema.Schema.Find("Order")!;

    [Theory]
    [InlineData("IF(ISBLANK(customer.creditLimit), 0, customer.creditLimit * 1.1)", ValueKind.Number)]
    [InlineData("if (isblank(total), 0, total)", ValueKind.Number)]
    [InlineData("total / 4 - -freight", ValueKind.Number)]
    [InlineData("number & ' ' & customer.name", ValueKind.Text)]
    [InlineData("due + 30", ValueKind.Date)]
    [InlineData("due - customer.since", ValueKind.Number)]
    [InlineData("NOT (total > 5 OR freight <> NULL) AND createdBy = :user", ValueKind.Boolean)]
    [InlineData("NOT customer.active", ValueKind.Boolean)]
    [InlineData("AND(total > 1, OR(freight = 2, customer.active))", ValueKind.Boolean)]
    [InlineData("orderedAt >= TODAY() AND due < orderedAt", ValueKind.Boolean)]
    [InlineData("customer = '002000000000001'", ValueKind.Boolean)]
    [InlineData("\"order\" NOT IN ('a', 'b')", ValueKind.Boolean)]
    [InlineData("SUM(lines, quantity * unitPrice, discount = NULL)", ValueKind.Number)]
    [InlineData("COUNT(lines)", ValueKind.Number)]
    [InlineData("IF(total > 1, NULL, 'x')", ValueKind.Text)]
    public void Has_a_kind(string text, ValueKind kind)
    {
        var place = new ExpressionPlace(Own: true, Parents: true, Children: true, User: true);
        var expression = ExpressionChecker.Check(text, TradeSchema.Schema, Order, place, null, out var found);
        Assert.True(expression is not null, string.Join("; ", found));
        Assert.Equal(kind, expression.Kind);
    }

    [Theory]
    [InlineData("totl + 1", "field-unknown@0")]
    [InlineData("totl + frei + UNHEARD(nothing)",
        "field-unknown@0 field-unknown@7 field-unknown@22 function-unknown@14")]
    [InlineData("total + number", "type-mismatch@8")]
    [InlineData("number + 'x'", "type-mismatch@9")]
    [InlineData("total > 'x'", "type-mismatch@8")]
    [InlineData("IF(total, 1, 'x')", "type-mismatch@3 type-mismatch@13")]
    [InlineData("total / 0", "division-by-zero@6")]
    [InlineData("NULL + 1", "null-misplaced@0")]
    [InlineData("IF(total > 1, nothing, NULL)", "field-unknown@14")]
    [InlineData("COALESCE(NULL, NULL)", "null-misplaced@9")]
    [InlineData("LEFT(number)", "arguments-wrong@0")]
    [InlineData("due = '2026-01-01'", "type-mismatch@6")]
    [InlineData("customer.any.name", "field-unknown@0")]
    [InlineData("customer = 'x'", "type-mismatch@11")]
    [InlineData("customer.tags = 'a'", "type-mismatch@16")]
    [InlineData("INCLUDES(customer.tags, 'z')", "choice-unknown@24")]
    [InlineData("lines", "field-unknown@0")]
    [InlineData("SUM(orders, total)", "children-unknown@4")]
    [InlineData("SUM(lines, product)", "type-mismatch@0")]
    [InlineData("total +", "syntax@7")]
    [InlineData("a.b.c.d.e.f.g = 1", "path-too-long@0")]
    [InlineData("'open", "text-unterminated@0")]
    [InlineData("total # 1", "character-unexpected@6")]
    [InlineData(":who", "parameter-unknown@0")]
    public void Says_what_is_wrong_and_where(string text, string expected)
    {
        var place = new ExpressionPlace(Own: true, Parents: true, Children: true, User: true);
        Assert.Null(ExpressionChecker.Check(text, TradeSchema.Schema, Order, place, null, out var found));
        Assert.Equal(expected, string.Join(' ', found.Select(one => $"{one.Code}@{one.Position}")));
    }

    [Fact]
    public void Reads_only_what_its_place_lets_it()
    {
        static string Codes(string text, ExpressionPlace place)
        {
            ExpressionChecker.Check(text, TradeSchema.Schema, Order, place, null, out var found);
            return string.Join(' ', found.Select(one => one.Code));
        }
        Assert.Equal("parameter-misplaced", Codes("createdBy = :user", ExpressionPlace.Formula));
        Assert.Equal("children-misplaced", Codes("COUNT(lines) > 1", ExpressionPlace.Condition));
        Assert.Equal("parent-misplaced", Codes("customer.active", ExpressionPlace.Record));
        Assert.Equal("field-misplaced", Codes("total", ExpressionPlace.Default));
        Assert.Equal("", Codes("TODAY() + 30", ExpressionPlace.Default));
        Assert.Equal("type-mismatch", string.Join(' ', Wrong("total + 1").Select(one => one.Code)));
        static IReadOnlyList<Model.Finding> Wrong(string text)
        {
            ExpressionChecker.CheckCondition(text, TradeSchema.Schema, Order, ExpressionPlace.Condition, out var found);
            return found;
        }
    }

    [Fact]
    public void Hostile_texts_are_refused_at_once()
    {
        string[] hostile =
        [
            new string('(', 100_000), new string('(', 9_000), new string('-', 9_000) + "1",
            string.Concat(Enumerable.Repeat("NOT ", 2_000)) + "TRUE",
            string.Concat(Enumerable.Repeat("IF(TRUE,", 1_100)) + "1" + new string(')', 1_100),
            "total" + string.Concat(Enumerable.Repeat("+total", 1_500)),
            "1" + string.Concat(Enumerable.Repeat(" & 1", 2_400)),
            string.Concat(Enumerable.Repeat("f(", 4_000)),
            "'" + new string('x', 9_999), new string('9', 9_999), new string('a', 9_999),
            "number" + string.Concat(Enumerable.Repeat(".a", 4_000)), "\0", "total = '\ud800'",
            "COUNT(" + string.Concat(Enumerable.Repeat("a,", 4_000)) + "a)",
        ];
        var watch = Stopwatch.StartNew();
        foreach (var text in hostile)
        {
            var expression = ExpressionChecker.Check(
                text, TradeSchema.Schema, Order, ExpressionPlace.Condition, null, out var found);
            Assert.Null(expression);
            Assert.InRange(found.Count, 1, ExpressionLimits.Findings);
            Assert.All(found, one => Assert.True(one.Detail.Length < 1_000));
        }
        Assert.True(watch.Elapsed < TimeSpan.FromMinutes(1)); // not a measurement: it ends
    }

    [Fact]
    public void What_a_number_or_text_could_become_is_bounded()
    {
        static string Codes(string text)
        {
            ExpressionChecker.Check(text, TradeSchema.Schema, Order, ExpressionPlace.Condition, null, out var found);
            return string.Join(' ', found.Select(one => one.Code).Distinct());
        }
        Assert.Equal("", Codes(string.Join(" * ", Enumerable.Repeat("total", 20))));
        Assert.Equal("number-too-long", Codes(string.Join(" * ", Enumerable.Repeat("total", 30))));
        Assert.Equal("", Codes(string.Join(" & ", Enumerable.Repeat("customer.about", 7))));
        Assert.Equal("text-too-long", Codes(string.Join(" & ", Enumerable.Repeat("customer.about", 8))));
        Assert.Equal("text-too-long", Codes("SUBSTITUTE(customer.about, 'a', customer.about)"));
    }
}
