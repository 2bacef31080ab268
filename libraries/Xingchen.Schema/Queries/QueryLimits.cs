namespace Xingchen.Schema.Queries;

/// <summary>How large a query may be: bounds on what parsing and planning it can cost.</summary>
public static class QueryLimits
{
    /// <summary>Characters of the text.</summary>
    public const int TextLength = 100_000;

    /// <summary>Parentheses, NOTs, signs and operators inside one another.</summary>
    public const int Depth = 50;

    /// <summary>Names, literals and operators, values of IN lists apart.</summary>
    public const int Nodes = 5_000;

    /// <summary>Values of one IN list.</summary>
    public const int ListValues = 10_000;

    /// <summary>Things selected.</summary>
    public const int Selected = 500;

    /// <summary>Parents in one path.</summary>
    public const int ParentLevels = 5;

    /// <summary>Tables in one statement: the object, its parents, subqueries.</summary>
    public const int Joins = 40;

    /// <summary>Digits of a number.</summary>
    public const int Digits = Expressions.Lexer.MostDigits;

    /// <summary>Digits that a calculation may come to, whatever its fields hold: fewer than PostgreSQL has. So it is
    /// never a record, perhaps one that the caller does not see, that makes a query fail.</summary>
    public const int CalculatedDigits = 100_000;

    /// <summary>Records of one page.</summary>
    public const int PageSize = 2_000;

    /// <summary>Findings reported of one query; more would help nobody.</summary>
    public const int Findings = 50;
}
