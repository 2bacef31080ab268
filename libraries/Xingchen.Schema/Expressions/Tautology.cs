namespace Xingchen.Schema.Expressions;

/// <summary>Whether a condition is the same whatever a record holds, as far as its AND, OR and NOT alone
/// show.</summary>
/// <remarks>What stands between them is taken for independent: where the answer is yes it is right; some that are
/// (<c>x &lt; 1 OR x &gt;= 1 OR x = NULL</c>) are not found.</remarks>
internal static class Tautology
{
    private const int MostAtoms = 12;

    /// <summary>Whether it holds for every record.</summary>
    public static bool Holds(Expression condition) => Always(condition, wanted: true);

    /// <summary>Whether it holds for none.</summary>
    public static bool Fails(Expression condition) => Always(condition, wanted: false);

    private static bool Always(Expression condition, bool wanted)
    {
        if (condition.IsConstant) return condition.ToCondition()(null!, null!) == wanted;
        var atoms = new List<string>();
        Collect(condition, atoms);
        if (atoms.Count > MostAtoms) return false;
        for (var values = 0; values < 1 << atoms.Count; values++)
            if (Value(condition, atom => (values >> atoms.IndexOf(atom) & 1) == 1) != wanted) return false;
        return true;
    }

    private static void Collect(Expression condition, List<string> atoms)
    {
        if (condition is ConstantExpression) return;
        if (condition is CallExpression { Function.Name: "AND" or "OR" or "NOT" } call)
            foreach (var term in call.Arguments) Collect(term, atoms);
        else if (!atoms.Contains(NameOf(condition)))
            atoms.Add(NameOf(condition));
    }

    private static bool Value(Expression condition, Func<string, bool> atom) => condition switch
    {
        ConstantExpression constant => constant.Value is true,
        CallExpression { Function.Name: "AND" } all => all.Arguments.All(term => Value(term, atom)),
        CallExpression { Function.Name: "OR" } any => any.Arguments.Any(term => Value(term, atom)),
        CallExpression { Function.Name: "NOT" } not => !Value(not.Arguments[0], atom),
        // a <> b is what a = b is not
        CallExpression { Function.Name: "<>" } => !atom(NameOf(condition)),
        _ => atom(NameOf(condition)),
    };

    private static string NameOf(Expression expression) => expression switch
    {
        ConstantExpression constant => $"{constant.Kind}:{constant.Value}",
        RequestExpression request => request.Value.ToString(),
        FieldExpression field => string.Join('.', field.Path.Parents.Select(p => p.Name).Append(field.Path.Name)),
        CallExpression call => (call.Function.Name == "<>" ? "=" : call.Function.Name)
            + $"({string.Join(',', call.Arguments.Select(NameOf))})",
        ChildrenExpression children => $"{children.Summary}({children.Relation.Name})",
        _ => expression.ToString(),
    };
}
