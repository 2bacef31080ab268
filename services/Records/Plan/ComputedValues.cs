using Xingchen.Schema;

namespace Xingchen.Records.Plan;

// What expressions are made of beside the values and conditions of queries. Compared by reference: a computed field is
// bound once per source.

/// <summary>NULL of a kind.</summary>
public sealed record NullValue(ValueKind Kind) : QueryValue(Kind);

/// <summary>A function of the expression language that has SQL of its own.</summary>
public sealed record FunctionValue(string Name, IReadOnlyList<QueryValue> Arguments, ValueKind Kind) : QueryValue(Kind);

/// <summary>TRUE or FALSE: whether a condition holds.</summary>
public sealed record TruthValue(QueryCondition Condition) : QueryValue(ValueKind.Boolean);

/// <summary>One value where a condition holds, else another.</summary>
public sealed record ChoiceValue(QueryCondition Condition, QueryValue Then, QueryValue Else, ValueKind Kind)
    : QueryValue(Kind);

/// <summary>An aggregate over the children of a record: a subquery that gives one value.</summary>
public sealed record ChildrenValue(SelectPlan Select, ValueKind Kind) : QueryValue(Kind);

/// <summary>Whether a value equals one of others, of whatever they are made.</summary>
public sealed record Among(IReadOnlyList<QueryValue> Values) : QueryCondition;

/// <summary>A text begins or ends with another.</summary>
public sealed record Affix(QueryValue Text, QueryValue Part, bool AtEnd) : QueryCondition;

/// <summary>No value: NULL, a text without characters, a set without choices.</summary>
public sealed record IsBlank(QueryValue Value) : QueryCondition;
