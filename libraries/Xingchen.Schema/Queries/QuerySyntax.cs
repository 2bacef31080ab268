namespace Xingchen.Schema.Queries;

/// <summary>A query as it was written: syntax only, no name looked up.</summary>
/// <param name="Items">What stands after SELECT; empty where a list asks for whole records.</param>
/// <param name="From">The object, or in a child subquery the relationship.</param>
/// <param name="Limit">The number, the parameter, or null where there is no LIMIT.</param>
public sealed record QuerySyntax(
    IReadOnlyList<SelectItem> Items, QueryName From, QueryNode? Where, IReadOnlyList<QueryNode> GroupBy,
    QueryNode? Having, IReadOnlyList<OrderItem> OrderBy, QueryNode? Limit, int Position);

/// <summary>A name and where it stands.</summary>
public sealed record QueryName(string Text, int Position);

/// <summary>One thing selected: an expression with its alias, or a child subquery.</summary>
public sealed record SelectItem(QueryNode? Expression, QuerySyntax? Children, QueryName? Alias, int Position);

/// <summary>One key of ORDER BY.</summary>
/// <param name="NullsFirst">As written; null where the query does not say (first ascending, last descending).</param>
public sealed record OrderItem(QueryNode Expression, bool Descending, bool? NullsFirst);

/// <summary>A piece of an expression or condition.</summary>
/// <param name="Position">Zero-based character in the text.</param>
public abstract record QueryNode(int Position);

/// <summary>A literal: <see cref="string"/>, <see cref="bool"/>, or null for NULL.</summary>
public sealed record LiteralNode(object? Value, int Position) : QueryNode(Position);

/// <summary>A number literal: digits with an optional point, as written.</summary>
public sealed record NumberNode(string Text, int Position) : QueryNode(Position);

/// <summary>A date literal.</summary>
public sealed record DateNode(DateOnly Value, int Position) : QueryNode(Position);

/// <summary>A date-and-time literal, as an instant.</summary>
public sealed record TimeNode(DateTimeOffset Value, int Position) : QueryNode(Position);

/// <summary><c>:name</c>.</summary>
public sealed record ParameterNode(string Name, int Position) : QueryNode(Position);

/// <summary>A field, reached over parents: <c>customer.region.name</c>.</summary>
/// <param name="Quoted">Whether any part was written <c>"so"</c>: then it is never a date name.</param>
public sealed record PathNode(IReadOnlyList<QueryName> Names, bool Quoted, int Position) : QueryNode(Position)
{
    public string Text => string.Join('.', Names.Select(name => name.Text));
}

/// <summary><c>COUNT(DISTINCT f)</c> and the like; <see cref="Argument"/> is null in <c>COUNT()</c>.</summary>
public sealed record CallNode(string Function, bool Distinct, QueryNode? Argument, int Position) : QueryNode(Position);

/// <summary><c>-x</c>.</summary>
public sealed record NegateNode(QueryNode Operand, int Position) : QueryNode(Position);

/// <summary><c>+ - * /</c>.</summary>
public sealed record ArithmeticNode(char Operator, QueryNode Left, QueryNode Right, int Position) : QueryNode(Position);

/// <summary><c>= != &lt; &lt;= &gt; &gt;= LIKE CONTAINS INCLUDES</c>.</summary>
public sealed record CompareNode(string Operator, QueryNode Left, QueryNode Right, int Position) : QueryNode(Position);

/// <summary><c>x IN (a, b)</c>, <c>x INCLUDES (a, b)</c>, <c>x IN :list</c>.</summary>
public sealed record ListNode(string Operator, QueryNode Left, IReadOnlyList<QueryNode> Values, int Position)
    : QueryNode(Position);

/// <summary><c>x IN (SELECT …)</c>.</summary>
public sealed record InQueryNode(QueryNode Left, QuerySyntax Query, int Position) : QueryNode(Position);

/// <summary><c>NOT x</c>; also what <c>NOT IN</c> and <c>NOT LIKE</c> are read as.</summary>
public sealed record NotNode(QueryNode Operand, int Position) : QueryNode(Position);

/// <summary>Terms joined by AND or by OR: flat, so that a long chain is not a deep tree.</summary>
public sealed record LogicNode(bool IsAnd, IReadOnlyList<QueryNode> Terms, int Position) : QueryNode(Position);
