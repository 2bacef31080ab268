namespace Xingchen.Schema.Expressions;

/// <summary>How large an expression may be: bounds on what reading, checking and running it can cost.</summary>
public static class ExpressionLimits
{
    /// <summary>Characters of the text.</summary>
    public const int TextLength = 10_000;

    /// <summary>Parentheses, calls, signs and operators inside one another.</summary>
    public const int Nesting = 50;

    /// <summary>The same with the formulas that it reads put in their places.</summary>
    public const int Depth = 150;

    /// <summary>Names, values, operators and calls, with the formulas that it reads put in their places.</summary>
    public const int Size = 2_000;

    /// <summary>Arguments of one call, values of one list.</summary>
    public const int Arguments = 200;

    /// <summary>Digits that a number may have before, and after, its point while it is calculated.</summary>
    public const int Digits = 800;

    /// <summary>Characters that a text may have while it is put together.</summary>
    public const int ResultLength = 1_000_000;

    /// <summary>Findings told of one expression.</summary>
    public const int Findings = 50;
}
