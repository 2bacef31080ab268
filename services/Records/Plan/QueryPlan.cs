using Xingchen.Schema;

namespace Xingchen.Records.Plan;

/// <summary>The fields that every record has.</summary>
public enum SystemField { Id, Object, Version, CreatedAt, CreatedBy, ModifiedAt, ModifiedBy }

/// <summary>One appearance of an object in a statement: the root of a SELECT, or a parent reached from another
/// source.</summary>
/// <remarks>Compared by reference: each is made once.</remarks>
public sealed class QuerySource(int index, IReadOnlyList<SchemaObject> objects, QuerySource? child, SchemaField? via)
{
    /// <summary>Unique in the whole statement, subqueries included.</summary>
    public int Index { get; } = index;

    /// <summary>Whose records stand here: several only behind a reference that may point to several.</summary>
    public IReadOnlyList<SchemaObject> Objects { get; } = objects;

    /// <summary>The object, or the first of them.</summary>
    public SchemaObject Object => Objects[0];

    /// <summary>The source whose field leads here; null for a root.</summary>
    public QuerySource? Child { get; } = child;

    /// <summary>That field.</summary>
    public SchemaField? Via { get; } = via;

    /// <summary>Of each object the condition on the records that the caller sees, null for all of them; null where he
    /// sees all of every object.</summary>
    public IReadOnlyList<QueryCondition?>? Rules { get; private set; }

    internal QuerySource With(IReadOnlyList<QueryCondition?> rules)
    {
        Rules = rules;
        return this;
    }
}

/// <summary>A value, its names and types settled.</summary>
public abstract record QueryValue(ValueKind Kind)
{
    /// <summary>Whether texts of this value compare without regard to case.</summary>
    public virtual bool IgnoresCase => false;
}

/// <summary>A field of a source.</summary>
public sealed record FieldValue(QuerySource Source, SchemaField Field, ValueKind Kind) : QueryValue(Kind)
{
    public override bool IgnoresCase => Kind == ValueKind.Text && !Field.CaseSensitive;
}

/// <summary>A field that each object of a source has, its places being each object's own.</summary>
/// <param name="Fields">One of each of the source's objects, in their order. The same list for the same field.</param>
/// <remarks>Ignores case only where all of them do.</remarks>
public sealed record PolymorphicValue(QuerySource Source, IReadOnlyList<SchemaField> Fields, ValueKind Kind)
    : QueryValue(Kind)
{
    public override bool IgnoresCase => Kind == ValueKind.Text && Fields.All(each => !each.CaseSensitive);

    /// <summary>The field of one object.</summary>
    public FieldValue Of(int number) => new(Source, Fields[number], Kind);
}

/// <summary>One of the fields that every record has.</summary>
public sealed record SystemValue(QuerySource Source, SystemField Field, ValueKind Kind) : QueryValue(Kind);

/// <summary>A literal or a parameter.</summary>
/// <param name="Value"><see cref="string"/> for text and numbers (their digits), <see cref="bool"/>, <see
/// cref="DateOnly"/>,
/// <see cref="DateTimeOffset"/>, or <see cref="long"/> for ids.</param>
public sealed record ConstantValue(object Value, ValueKind Kind) : QueryValue(Kind);

/// <summary><c>+ - * /</c>; NULL where an operand is, and where the divisor is zero.</summary>
public sealed record ArithmeticValue(char Operator, QueryValue Left, QueryValue Right) : QueryValue(ValueKind.Number);

/// <summary>A date taken as the instant at which it begins in a time zone, to compare with a time.</summary>
/// <param name="Zone">IANA name.</param>
public sealed record MidnightValue(QueryValue Date, string Zone) : QueryValue(ValueKind.DateTime);

/// <summary>An aggregate; <see cref="Argument"/> is null in <c>COUNT()</c>.</summary>
public sealed record AggregateValue(string Function, bool Distinct, QueryValue? Argument, ValueKind Kind)
    : QueryValue(Kind);

/// <summary>A condition: true or false, never unknown.</summary>
public abstract record QueryCondition;

/// <summary>A comparison by one of <c>= &lt; &lt;= &gt; &gt;=</c>; false where a side is NULL.</summary>
public sealed record Comparison(string Operator, QueryValue Left, QueryValue Right) : QueryCondition;

/// <summary><c>x = NULL</c>.</summary>
public sealed record IsNull(QueryValue Value) : QueryCondition;

/// <summary><c>x LIKE 'A%'</c>.</summary>
public sealed record Like(QueryValue Value, string Pattern) : QueryCondition;

/// <summary><c>x CONTAINS 'a'</c>: somewhere in the text, at each character alike.</summary>
public sealed record Contains(QueryValue Value, QueryValue Part) : QueryCondition;

/// <summary><c>x IN (…)</c> over constants of the value's kind.</summary>
public sealed record InValues(QueryValue Value, IReadOnlyList<object> Values) : QueryCondition;

/// <summary><c>x IN (SELECT …)</c>.</summary>
public sealed record InSelect(QueryValue Value, SelectPlan Select) : QueryCondition;

/// <summary><c>x INCLUDES ('a', 'b')</c>: holds any of them.</summary>
public sealed record Includes(QueryValue Value, IReadOnlyList<string> Choices) : QueryCondition;

/// <summary>Holds exactly where <see cref="Condition"/> does not, NULLs or not.</summary>
public sealed record Negation(QueryCondition Condition) : QueryCondition;

/// <summary>All of (AND) or any of (OR) the terms.</summary>
public sealed record Junction(bool IsAnd, IReadOnlyList<QueryCondition> Terms) : QueryCondition;

/// <summary>A key of the order.</summary>
public sealed record OrderKey(QueryValue Value, bool Descending, bool NullsFirst)
{
    /// <summary>Whether the value can be NULL; the id never is.</summary>
    public bool Nullable => Value is not SystemValue { Source.Child: null };
}

/// <summary>A member of a record in the answer.</summary>
public abstract record OutputNode(string Name);

/// <summary>A value.</summary>
public sealed record OutputLeaf(string Name, QueryValue Value) : OutputNode(Name);

/// <summary>A nested object.</summary>
/// <param name="Presence">The parent that it shows, null in the answer where there is none; or null where it only
/// groups names.</param>
public sealed record OutputParent(string Name, QuerySource? Presence, IReadOnlyList<OutputNode> Members)
    : OutputNode(Name);

/// <summary>An array of child records.</summary>
public sealed record OutputChildren(string Name, SelectPlan Select) : OutputNode(Name);

/// <summary>A SELECT, its names and types settled: what the SQL is made from.</summary>
/// <param name="Root">The object selected from.</param>
/// <param name="Joins">The parents, each after the source that leads to it.</param>
/// <param name="ChildOf">In a child subquery the source whose children these are, and the root's field that refers to
/// it.</param>
/// <param name="Grouped">Whether rows are groups: GROUP BY, or an aggregate is selected.</param>
/// <param name="Order">The whole order: what was written, and what makes it total.</param>
/// <param name="Limit">Records at most, or null.</param>
/// <param name="Output">What a record of the answer holds.</param>
public sealed record SelectPlan(
    QuerySource Root, IReadOnlyList<QuerySource> Joins, (QuerySource Parent, SchemaField Field)? ChildOf,
    QueryCondition? Where, bool Grouped, IReadOnlyList<QueryValue> Groups, QueryCondition? Having,
    IReadOnlyList<OrderKey> Order, long? Limit, IReadOnlyList<OutputNode> Output);
