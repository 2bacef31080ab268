namespace Xingchen.Schema.Expressions;

/// <summary>The chapters of the reference.</summary>
public enum FunctionGroup
{
    Operators, Logic, Text, Numbers, Dates, Picklists, Children,
}

/// <summary>A function or operator: one line of the table, checked and run by it, and described in
/// docs/concepts/expressions.md.</summary>
public sealed record ExpressionFunction
{
    internal delegate Expression? Checking(FunctionCall call);

    internal delegate object? Running(object?[] arguments, ExpressionMoment moment);

    internal ExpressionFunction(
        FunctionGroup group, string name, string signature, string summary, Checking check, Running run,
        bool strict = true, bool condition = false)
    {
        Group = group;
        Name = name;
        Signature = signature;
        Summary = summary;
        Check = check;
        Run = run;
        IsStrict = strict;
        IsCondition = condition;
    }

    public FunctionGroup Group { get; }

    /// <summary>In capitals, or the symbol of an operator.</summary>
    public string Name { get; }

    /// <summary>How it is written.</summary>
    public string Signature { get; }

    /// <summary>What it gives, in a sentence.</summary>
    public string Summary { get; }

    /// <summary>Whether it gives NULL (a condition: false) where an argument is NULL.</summary>
    public bool IsStrict { get; }

    /// <summary>Whether it is true or false and never NULL.</summary>
    public bool IsCondition { get; }

    /// <summary>Whether its texts are compared without regard to case: where one side of a comparison is, and where
    /// the text that is searched is.</summary>
    public bool Folds(IReadOnlyList<Expression> arguments) => IsCondition
        && (Group == FunctionGroup.Operators ? arguments.Any(a => a.IgnoresCase) : arguments[0].IgnoresCase);

    internal Checking Check { get; }

    internal Running Run { get; }
}

/// <summary>Every function and operator of the language.</summary>
public static class ExpressionFunctions
{
    /// <summary>In the order of the reference.</summary>
    public static IReadOnlyList<ExpressionFunction> All { get; } =
    [
        .. OperatorFunctions.All, .. LogicFunctions.All, .. TextFunctions.All, .. NumberFunctions.All,
        .. DateFunctions.All, .. PicklistFunctions.All, .. ChildrenFunctions.All,
    ];

    private static readonly Dictionary<string, ExpressionFunction> ByName = All.ToDictionary(f => f.Name);

    public static ExpressionFunction? Find(string name) => ByName.GetValueOrDefault(name);
}
