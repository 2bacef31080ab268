namespace Xingchen.Schema.Expressions;

/// <summary>A piece of an expression as it was written: no name looked up.</summary>
/// <param name="Position">Zero-based character in the text.</param>
internal abstract record ExpressionSyntax(int Position);

/// <summary>A value: <see cref="string"/>, <see cref="ExactNumber"/>, <see cref="bool"/>, <see cref="DateOnly"/>, <see
/// cref="DateTime"/>, or null for NULL.</summary>
internal sealed record ValueSyntax(object? Value, int Position) : ExpressionSyntax(Position);

/// <summary>A field, reached over parents.</summary>
internal sealed record PathSyntax(string Path, int Position) : ExpressionSyntax(Position);

/// <summary><c>:name</c>.</summary>
internal sealed record ParameterSyntax(string Name, int Position) : ExpressionSyntax(Position);

/// <summary>A function, or an operator by its symbol, of its arguments.</summary>
internal sealed record CallSyntax(string Name, IReadOnlyList<ExpressionSyntax> Arguments, int Position)
    : ExpressionSyntax(Position);
