namespace Xingchen.Schema.Expressions;

/// <summary>What a request brings to the expressions that it runs.</summary>
/// <param name="Now">UTC, to the microsecond.</param>
/// <param name="Today">The day of the account's time zone.</param>
/// <param name="User">Who asks, as in <c>createdBy</c>.</param>
/// <param name="Start">When a day begins in the account's time zone, UTC.</param>
public sealed record ExpressionMoment(DateTime Now, DateOnly Today, string User, Func<DateOnly, DateTime> Start);

/// <summary>A record as an expression reads it.</summary>
/// <remarks>Values are <see cref="string"/>, <see cref="ExactNumber"/>, <see cref="bool"/>, <see cref="DateOnly"/>,
/// <see
/// cref="DateTime"/> in UTC, <see cref="long"/> for record ids, a list of texts for choices; null where there is
/// none.</remarks>
public abstract class ExpressionRecord
{
    /// <summary>The stored value of a field.</summary>
    public abstract object? Value(SchemaField field);

    /// <summary>The value of one of the fields that every record has.</summary>
    public abstract object? System(string name);

    /// <summary>The live record that a reference leads to; null where there is none.</summary>
    public abstract ExpressionRecord? Parent(SchemaField reference);

    /// <summary>The live records of a relationship.</summary>
    public abstract IEnumerable<ExpressionRecord> Children(ChildRelation relation);
}
