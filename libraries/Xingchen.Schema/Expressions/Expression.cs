namespace Xingchen.Schema.Expressions;

/// <summary>A checked expression: every name and type in it is settled. Immutable; safe for any thread.</summary>
/// <remarks>Made by <see cref="ExpressionChecker"/>. Run by <see cref="ExpressionDelegate"/>, or as SQL by the record
/// service; a property test holds that both say the same.</remarks>
public abstract record Expression(ValueKind Kind)
{
    /// <summary>How long its values can be.</summary>
    internal ValueBound Bound { get; init; }

    /// <summary>Nodes in it, itself included.</summary>
    public int Size { get; private protected init; } = 1;

    /// <summary>Levels in it, its own included.</summary>
    public int Depth { get; private protected init; } = 1;

    /// <summary>Whether it is true or false and never NULL.</summary>
    public virtual bool IsCondition => false;

    /// <summary>Whether texts of it compare without regard to case.</summary>
    public virtual bool IgnoresCase => false;

    /// <summary>What it is made of.</summary>
    public virtual IReadOnlyList<Expression> Parts => [];

    /// <summary>Itself and everything in it.</summary>
    public IEnumerable<Expression> All => Parts.SelectMany(part => part.All).Prepend(this);

    /// <summary>Whether values of other records are needed to run it.</summary>
    public bool ReadsOthers => All.Any(node =>
        node is ChildrenExpression or FieldExpression { Path.Parents.Count: > 0 });

    /// <summary>Whether it is the same for every record.</summary>
    public bool ReadsNothing => All.All(node => node is not (FieldExpression or ChildrenExpression));

    /// <summary>Whether it is the same for every record at every time.</summary>
    public bool IsConstant => All.All(node => node is ConstantExpression or CallExpression);

    private protected static int SizeOf(IEnumerable<Expression> parts) => 1 + parts.Sum(part => part.Size);

    private protected static int DepthOf(IEnumerable<Expression> parts) =>
        1 + parts.Select(part => part.Depth).DefaultIfEmpty().Max();
}

/// <summary>A value that stands in the text.</summary>
/// <param name="Value"><see cref="string"/>, <see cref="ExactNumber"/>, <see cref="bool"/>, <see cref="DateOnly"/>,
/// <see
/// cref="DateTime"/> in UTC, <see cref="long"/> for a record id; null is NULL.</param>
public sealed record ConstantExpression(object? Value, ValueKind Kind) : Expression(Kind)
{
    public override bool IsCondition => Value is bool;
}

/// <summary>A field of the record or of a parent.</summary>
public sealed record FieldExpression(ExpressionPath Path, ValueKind Kind) : Expression(Kind)
{
    public override bool IgnoresCase => Kind == ValueKind.Text && Path.Field is { CaseSensitive: false };
}

/// <summary>What a request brings with it.</summary>
public enum RequestValue
{
    /// <summary>Who asks, as in <c>createdBy</c>.</summary>
    User,
    /// <summary>The instant.</summary>
    Now,
    /// <summary>The day in the account's time zone.</summary>
    Today,
}

/// <summary>The user, the time or the day.</summary>
public sealed record RequestExpression(RequestValue Value, ValueKind Kind) : Expression(Kind);

/// <summary>A function or operator of its arguments.</summary>
public sealed record CallExpression : Expression
{
    internal CallExpression(
        ExpressionFunction function, IReadOnlyList<Expression> arguments, ValueKind kind, ValueBound bound = default)
        : base(kind)
    {
        Function = function;
        Arguments = arguments;
        Bound = bound;
        Size = SizeOf(arguments);
        Depth = DepthOf(arguments);
    }

    public ExpressionFunction Function { get; }

    public IReadOnlyList<Expression> Arguments { get; }

    public override bool IsCondition => Function.IsCondition;

    public override IReadOnlyList<Expression> Parts => Arguments;
}

/// <summary>How child records become one value.</summary>
public enum Summary
{
    Count, Sum, Min, Max, Average,
}

/// <summary>An aggregate over the children of the record or of a parent.</summary>
public sealed record ChildrenExpression : Expression
{
    internal ChildrenExpression(
        IReadOnlyList<SchemaField> parents, ChildRelation relation, SchemaObject child, Summary summary,
        Expression? value, Expression? filter, ValueKind kind, ValueBound bound)
        : base(kind)
    {
        Parents = parents;
        Relation = relation;
        Child = child;
        Summary = summary;
        Value = value;
        Filter = filter;
        Bound = bound;
        Size = SizeOf(Parts);
        Depth = DepthOf(Parts);
    }

    /// <summary>The references from the record to whose children these are.</summary>
    public IReadOnlyList<SchemaField> Parents { get; }

    public ChildRelation Relation { get; }

    /// <summary>The object whose records are summarized, and of which <see cref="Value"/> and <see cref="Filter"/> are.
    /// </summary>
    public SchemaObject Child { get; }

    public Summary Summary { get; }

    /// <summary>What is summarized; null where children are counted.</summary>
    public Expression? Value { get; }

    /// <summary>Which children; null for all.</summary>
    public Expression? Filter { get; }

    public override IReadOnlyList<Expression> Parts => [.. new[] { Value, Filter }.OfType<Expression>()];
}

/// <summary>The most digits before and after the point of a number, the most characters of a text.</summary>
internal readonly record struct ValueBound(int Whole = 0, int Scale = 0, int Length = 0)
{
    /// <summary>Digits that a stored number has at most, before its point and after it.</summary>
    private const int StoredDigits = 38;

    public static ValueBound Of(SchemaField field) => field.Type switch
    {
        FieldType.Integer => new(19),
        FieldType.LongText or FieldType.Json => new(Length: 131_072),
        FieldType.Url => new(Length: 2000),
        FieldType.Text => new(Length: 1000),
        _ when ValueKinds.Of(field.Type) == ValueKind.Number => new(StoredDigits, StoredDigits),
        _ => new(Length: 255),
    };

    public static ValueBound Of(object? value) => value switch
    {
        ExactNumber number => new(number.ToString().Length, number.Scale),
        string text => new(Length: text.Length),
        _ => default,
    };

    public static ValueBound Most(IEnumerable<Expression> expressions)
    {
        var most = default(ValueBound);
        foreach (var expression in expressions)
            most = new(Math.Max(most.Whole, expression.Bound.Whole), Math.Max(most.Scale, expression.Bound.Scale),
                Math.Max(most.Length, expression.Bound.Length));
        return most;
    }
}
