using System.Text;
using NodaTime;
using Xingchen.Records.Request;

namespace Xingchen.Tests.Integration.Query;

/// <summary>A record in memory: values by field, parents by reference.</summary>
internal sealed class MemoryRecord(string type, string id)
{
    public string Type { get; } = type;

    public string Id { get; } = id;

    public Dictionary<string, object?> Values { get; } = [];

    public Dictionary<string, MemoryRecord> Parents { get; } = [];
}

/// <summary>What a query means, written down a second time, as plainly as can be: no SQL, no planner, no
/// index.</summary>
/// <remarks>Values are null, <see cref="string"/>, <see cref="decimal"/>, <see cref="bool"/>, <see cref="DateOnly"/>,
/// <see cref="DateTimeOffset"/> or a list of texts.</remarks>
internal sealed class QueryReference(
    IReadOnlySet<string> ignoringCase, DateTimeZone zone, IReadOnlyDictionary<string, List<MemoryRecord>> tables)
{
    public bool Holds(QueryNode node, MemoryRecord record) => node switch
    {
        LogicNode { IsAnd: true } and => and.Terms.All(term => Holds(term, record)),
        LogicNode or => or.Terms.Any(term => Holds(term, record)),
        NotNode not => !Holds(not.Operand, record),
        CompareNode { Right: LiteralNode { Value: null } } compare =>
            (compare.Operator == "=") == (Value(compare.Left, record) is null),
        CompareNode compare => Compare(compare, record),
        InQueryNode { Query: var query } among => Value(among.Left, record) is { } value
            && Found(query, tables[query.From.Text]).Exists(found =>
                value.Equals(Value(query.Items[0].Expression!, found))),
        PathNode flag => Value(flag, record) is true,
        ListNode { Operator: "IN" } list => list.Values.Any(value =>
            Compare(new CompareNode("=", list.Left, value, 0), record)),
        ListNode includes => Value(includes.Left, record) is IReadOnlyList<string> choices
            && includes.Values.Any(value => choices.Contains((string)Value(value, record)!)),
        _ => throw new NotSupportedException(node.ToString()),
    };

    public object? Value(QueryNode node, MemoryRecord record) => node switch
    {
        LiteralNode literal => literal.Value,
        NumberNode number => decimal.Parse(number.Text),
        DateNode date => date.Value,
        TimeNode time => time.Value,
        NegateNode negate => -(decimal?)Value(negate.Operand, record),
        ArithmeticNode arithmetic => Calculate(arithmetic.Operator,
            (decimal?)Value(arithmetic.Left, record), (decimal?)Value(arithmetic.Right, record)),
        PathNode path => Follow(path, record),
        _ => throw new NotSupportedException(node.ToString()),
    };

    /// <summary>The records of a SELECT without groups, in their order.</summary>
    public List<MemoryRecord> Found(QuerySyntax syntax, IEnumerable<MemoryRecord> from)
    {
        var found = from.Where(record => syntax.Where is null || Holds(syntax.Where, record)).ToList();
        found.Sort((a, b) => Compare(syntax, key => Key(key, a), key => Key(key, b)));
        return syntax.Limit is NumberNode limit ? [.. found.Take(int.Parse(limit.Text))] : found;
    }

    /// <summary>The children that a SELECT among what is selected shows of a record.</summary>
    public List<List<object?>> Children(QuerySyntax syntax, MemoryRecord parent) =>
    [
        .. Found(syntax, tables["Line"].Where(line => line.Parents.GetValueOrDefault("order") == parent))
            .Select(line => syntax.Items.Select(item => Value(item.Expression!, line)).ToList()),
    ];

    public bool Holds(QueryNode node, IReadOnlyList<MemoryRecord> group) => node switch
    {
        LogicNode { IsAnd: true } and => and.Terms.All(term => Holds(term, group)),
        LogicNode or => or.Terms.Any(term => Holds(term, group)),
        NotNode not => !Holds(not.Operand, group),
        CompareNode { Operator: "!=" } unlike => !Holds(unlike with { Operator = "=" }, group),
        CompareNode compare => Aggregate((CallNode)compare.Left, group) is { } value
            && Compared(compare.Operator, Order(value, Value(compare.Right, group[0])!)),
        _ => throw new NotSupportedException(node.ToString()),
    };

    public static int Compare(QuerySyntax syntax, Func<QueryNode, object?> left, Func<QueryNode, object?> right)
    {
        foreach (var key in syntax.OrderBy)
        {
            var (a, b) = (left(key.Expression), right(key.Expression));
            if (a is null && b is null) continue;
            var nullsFirst = key.NullsFirst ?? !key.Descending;
            if (a is null) return nullsFirst ? -1 : 1;
            if (b is null) return nullsFirst ? 1 : -1;
            var order = Order(a, b);
            if (order != 0) return key.Descending ? -order : order;
        }
        return 0;
    }

    private static bool Compared(string op, int order) => op switch
    {
        "=" => order == 0, "<" => order < 0, "<=" => order <= 0, ">" => order > 0, _ => order >= 0,
    };

    /// <summary>Less than, equal to or greater than zero; of values that are not null.</summary>
    public static int Order(object left, object right) => (left, right) switch
    {
        (string a, string b) => Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b)),
        _ => ((IComparable)left).CompareTo(right),
    };

    /// <summary>The value as it is sorted and grouped by.</summary>
    public object? Key(QueryNode node, MemoryRecord record) => Fold(node, Value(node, record));

    public object? Aggregate(CallNode call, IReadOnlyList<MemoryRecord> group)
    {
        if (call.Argument is null) return (decimal)group.Count;
        var values = group.Select(record => Value(call.Argument, record)).OfType<object>().ToList();
        if (call.Distinct) values = [.. values.DistinctBy(value => Fold(call.Argument, value))];
        if (call.Function == "COUNT") return (decimal)values.Count;
        if (values.Count == 0) return null;
        return call.Function switch
        {
            "SUM" => values.Cast<decimal>().Sum(),
            "AVG" => values.Cast<decimal>().Sum() / values.Count,
            "MIN" => values.Aggregate((a, b) => Order(a, b) <= 0 ? a : b),
            _ => values.Aggregate((a, b) => Order(a, b) >= 0 ? a : b),
        };
    }

    /// <summary>The first instant at which the clocks of a zone show a day, or a later one: searched for.</summary>
    public static DateTimeOffset Start(DateOnly day, DateTimeZone zone)
    {
        bool Reached(long second) => DateOnly.FromDateTime(
            Instant.FromUnixTimeSeconds(second).InZone(zone).ToDateTimeUnspecified()) >= day;
        var at = new DateTimeOffset(day, default, default).AddDays(-2).ToUnixTimeSeconds();
        while (!Reached(at + 900)) at += 900; // clocks may go back over a midnight: no bisection
        while (!Reached(at)) at++;
        return DateTimeOffset.FromUnixTimeSeconds(at);
    }

    private bool Compare(CompareNode node, MemoryRecord record)
    {
        if (node.Operator == "!=") return !Compare(node with { Operator = "=" }, record);
        var folds = Ignores(node.Left) || Ignores(node.Right);
        var left = Value(node.Left, record);
        var right = Value(node.Right, record);
        if (left is null || right is null) return false;
        if (left is DateOnly first && right is DateTimeOffset) left = Start(first, zone);
        if (right is DateOnly second && left is DateTimeOffset) right = Start(second, zone);
        if (folds) (left, right) = (((string)left).ToLowerInvariant(), ((string)right).ToLowerInvariant());
        return node.Operator switch
        {
            "LIKE" => Matches([.. ((string)left).EnumerateRunes()], [.. ((string)right).EnumerateRunes()]),
            "CONTAINS" => ((string)left).Contains((string)right, StringComparison.Ordinal),
            var op => Compared(op, Order(left, right)),
        };
    }

    private static bool Matches(ReadOnlySpan<Rune> text, ReadOnlySpan<Rune> pattern)
    {
        if (pattern.IsEmpty) return text.IsEmpty;
        if (pattern[0].Value == '%')
        {
            for (var i = 0; i <= text.Length; i++)
                if (Matches(text[i..], pattern[1..])) return true;
            return false;
        }
        if (pattern[0].Value == '\\' && pattern.Length > 1 && pattern[1].Value is '%' or '_' or '\\')
            return !text.IsEmpty && text[0] == pattern[1] && Matches(text[1..], pattern[2..]);
        return !text.IsEmpty && (pattern[0].Value == '_' || pattern[0] == text[0]) && Matches(text[1..], pattern[1..]);
    }

    private static decimal? Calculate(char op, decimal? left, decimal? right) => op switch
    {
        '+' => left + right,
        '-' => left - right,
        '*' => left * right,
        _ => right == 0 ? null : left / right,
    };

    private static object? Follow(PathNode path, MemoryRecord record)
    {
        foreach (var name in path.Names.SkipLast(1))
            if (!record.Parents.TryGetValue(name.Text, out record!)) return null;
        var last = path.Names[^1].Text;
        return last == "id" ? record.Id : last == "object" ? record.Type : record.Values.GetValueOrDefault(last);
    }

    private object? Fold(QueryNode node, object? value) =>
        value is string text && Ignores(node) ? text.ToLowerInvariant() : value;

    private bool Ignores(QueryNode node) => node is PathNode path && ignoringCase.Contains(path.Text);
}
