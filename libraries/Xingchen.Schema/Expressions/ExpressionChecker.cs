namespace Xingchen.Schema.Expressions;

/// <summary>What an expression may read, where it stands.</summary>
/// <param name="Own">Fields of the record itself.</param>
/// <param name="Parents">Fields of parents.</param>
/// <param name="Children">Aggregates over children.</param>
/// <param name="User"><c>:user</c>.</param>
public sealed record ExpressionPlace(bool Own, bool Parents, bool Children, bool User)
{
    /// <summary>A formula: the same for everybody who reads the record.</summary>
    public static ExpressionPlace Formula { get; } = new(Own: true, Parents: true, Children: true, User: false);

    /// <summary>A condition on a record that is written or read: a rule, who may see it.</summary>
    public static ExpressionPlace Condition { get; } = new(Own: true, Parents: true, Children: false, User: true);

    /// <summary>A condition on the record alone.</summary>
    public static ExpressionPlace Record { get; } = new(Own: true, Parents: false, Children: false, User: true);

    /// <summary>A default: there is no record yet.</summary>
    public static ExpressionPlace Default { get; } = new(Own: false, Parents: false, Children: false, User: true);

    /// <summary>What stands in an aggregate, of each child.</summary>
    internal static ExpressionPlace Child { get; } = new(Own: true, Parents: true, Children: false, User: false);
}

/// <summary>Settles names and types of an expression against a schema; says everything wrong at once, each with its
/// position.</summary>
public sealed class ExpressionChecker
{
    private readonly Schema schema;
    private readonly SchemaObject of;
    private readonly ExpressionPlace place;
    private readonly List<Finding> findings;
    private bool isTooLarge;

    private ExpressionChecker(Schema schema, SchemaObject of, ExpressionPlace place, List<Finding> findings)
    {
        this.schema = schema;
        this.of = of;
        this.place = place;
        this.findings = findings;
    }

    /// <summary>Reads and checks an expression.</summary>
    /// <param name="text">The expression.</param>
    /// <param name="schema">Where names are looked up.</param>
    /// <param name="of">The object of the record that it is run on.</param>
    /// <param name="place">What it may read.</param>
    /// <param name="wanted">What it must give; null for anything.</param>
    /// <param name="found">What is wrong, with zero-based positions; empty where nothing is.</param>
    /// <returns>The expression; null where something is wrong.</returns>
    public static Expression? Check(
        string text, Schema schema, SchemaObject of, ExpressionPlace place, ValueKind? wanted,
        out IReadOnlyList<Finding> found)
    {
        try
        {
            return Check(ExpressionParser.Parse(text), schema, of, place, wanted, out found);
        }
        catch (SyntaxException wrong)
        {
            found = [wrong.Finding];
            return null;
        }
    }

    /// <summary>Checks an expression that was read.</summary>
    internal static Expression? Check(
        ExpressionSyntax syntax, Schema schema, SchemaObject of, ExpressionPlace place, ValueKind? wanted,
        out IReadOnlyList<Finding> found)
    {
        var all = new List<Finding>();
        found = all;
        var checker = new ExpressionChecker(schema, of, place, all);
        var expression = checker.Check(syntax, wanted, allowsNull: false);
        if (expression is not null) checker.Whole(expression);
        return all.Count == 0 ? expression : null;
    }

    /// <summary>Checks a condition: TRUE or FALSE.</summary>
    public static Expression? CheckCondition(
        string text, Schema schema, SchemaObject of, ExpressionPlace place, out IReadOnlyList<Finding> found) =>
        Check(text, schema, of, place, ValueKind.Boolean, out found);

    internal Schema Schema => schema;

    internal SchemaObject Object => of;

    internal ExpressionPlace Place => place;

    /// <summary>A checker of the same expression for the records of another object.</summary>
    internal ExpressionChecker For(SchemaObject child) => new(schema, child, ExpressionPlace.Child, findings);

    internal Expression? Check(ExpressionSyntax syntax, ValueKind? wanted, bool allowsNull)
    {
        var found = syntax switch
        {
            ValueSyntax { Value: null } when !allowsNull || wanted is null => Refuse("null-misplaced", syntax,
                "NULL stands after = and <>, and beside values that tell what it is."),
            ValueSyntax value => Constant(value, wanted),
            PathSyntax path => Path(path),
            ParameterSyntax parameter => Parameter(parameter),
            CallSyntax call => Call(call),
            _ => null,
        };
        if (found is null || wanted is null || found.Kind == wanted) return found;
        return Refuse("type-mismatch", syntax,
            $"Here should stand {ValueKinds.Words(wanted.Value)}, not {ValueKinds.Words(found.Kind)}.");
    }

    internal Expression? Refuse(string code, ExpressionSyntax at, string detail)
    {
        if (findings.Count < ExpressionLimits.Findings) findings.Add(new Finding(code, detail, Position: at.Position));
        return null;
    }

    private static Expression Literal(object? value, ValueKind kind) =>
        new ConstantExpression(value, kind) { Bound = ValueBound.Of(value) };

    private Expression? Constant(ValueSyntax syntax, ValueKind? wanted)
    {
        if (syntax.Value is string text && wanted is ValueKind.Id)
            return RecordId.TryParse(text, out var id) ? Literal(id.Value, ValueKind.Id)
                : Refuse("type-mismatch", syntax, "Here should stand a record id, of 15 or 18 characters.");
        if (syntax.Value is string && wanted is ValueKind.Date or ValueKind.DateTime && syntax.Value is string)
            return Refuse("type-mismatch", syntax, "Dates and times are written without quotes: 2026-11-20.");
        return syntax.Value switch
        {
            null => Literal(null, wanted!.Value),
            string => Literal(syntax.Value, ValueKind.Text),
            bool => Literal(syntax.Value, ValueKind.Boolean),
            DateOnly => Literal(syntax.Value, ValueKind.Date),
            DateTime => Literal(syntax.Value, ValueKind.DateTime),
            _ => Literal(syntax.Value, ValueKind.Number),
        };
    }

    private Expression? Parameter(ParameterSyntax syntax) => syntax.Name switch
    {
        "user" when place.User => new RequestExpression(RequestValue.User, ValueKind.Text)
        {
            Bound = new(Length: 255),
        },
        "now" => new RequestExpression(RequestValue.Now, ValueKind.DateTime),
        "user" => Refuse("parameter-misplaced", syntax,
            "This is the same for everybody who reads it; :user stands in conditions and defaults."),
        _ => Refuse("parameter-unknown", syntax,
            $"There is no :{LayerReader.Clip(syntax.Name)}; there are :user and :now."),
    };

    private Expression? Path(PathSyntax syntax)
    {
        if (!place.Own)
            return Refuse("field-misplaced", syntax, "There is no record yet whose fields could be read here.");
        if (schema.FindPath(of, syntax.Path, out var wrong) is not { } path)
            return Refuse("field-unknown", syntax, wrong + Hint(syntax.Path));
        if (path.Parents.Count > 0 && !place.Parents)
            return Refuse("parent-misplaced", syntax, "Only fields of the record itself may be read here.");
        if (path.Field is { Type: FieldType.Formula or FieldType.Rollup }) return Computed(syntax, path);
        var kind = path.Field is { } field ? ValueKinds.Of(field.Type) : ValueKinds.OfSystem(path.Name);
        return kind is null
            ? Refuse("field-unknown", syntax, $"\"{path.Name}\" cannot be read here.")
            : new FieldExpression(path, kind.Value)
            {
                Bound = path.Field is { } known ? ValueBound.Of(known) : new(Whole: 19, Length: 255),
            };
    }

    /// <summary>A computed field: its expression, put in its place. Where the parent is not there, NULL.</summary>
    private Expression? Computed(PathSyntax syntax, ExpressionPath path)
    {
        if (schema.Computed.Find(path.Object, path.Field!) is not { } expression)
            return Refuse("field-broken", syntax,
                $"\"{path.Name}\" of {path.Object.Name} is computed by an expression that is wrong itself.");
        if (path.Parents.Count == 0) return expression;
        if (ExpressionPaths.Rebase(expression, path.Parents) is not { } moved)
            return Refuse("path-too-long", syntax,
                $"\"{path.Name}\" reads parents itself: together they go up more than "
                + $"{ExpressionPaths.MostParents}.");
        var there = new FieldExpression(new ExpressionPath(path.Parents, path.Object, null, "id"), ValueKind.Id);
        return Bounded(new CallExpression(LogicFunctions.If,
            [
                new CallExpression(LogicFunctions.IsBlank, [there], ValueKind.Boolean),
                Literal(null, moved.Kind), moved,
            ], moved.Kind, moved.Bound), syntax);
    }

    private string Hint(string path) => of.Children.Any(child => child.Name == path)
        ? " Children are summarized: COUNT(" + path + ")." : "";

    private Expression? Call(CallSyntax syntax)
    {
        if (ExpressionFunctions.Find(syntax.Name) is { } function)
            return Bounded(function.Check(new FunctionCall(this, function, syntax)), syntax);
        foreach (var argument in syntax.Arguments) Check(argument, null, allowsNull: false);
        return Refuse("function-unknown", syntax, $"There is no function {LayerReader.Clip(syntax.Name)}."
            + Nearest(syntax.Name));
    }

    private static string Nearest(string name) =>
        ExpressionFunctions.All.FirstOrDefault(f => f.Name.Length > 2
            && (f.Name.StartsWith(name, StringComparison.Ordinal) || name.StartsWith(f.Name, StringComparison.Ordinal)))
            is { } near ? $" There is {near.Signature}." : "";

    private Expression? Bounded(Expression? expression, ExpressionSyntax at)
    {
        if (expression is null) return null;
        if (expression.Bound.Whole > ExpressionLimits.Digits || expression.Bound.Scale > ExpressionLimits.Digits)
            return Refuse("number-too-long", at, "This could have more than "
                + $"{ExpressionLimits.Digits} digits; ROUND what it is made of.");
        if (expression.Bound.Length > ExpressionLimits.ResultLength)
            return Refuse("text-too-long", at, "This could have more than "
                + $"{ExpressionLimits.ResultLength} characters; take LEFT of what it is made of.");
        if (expression.Size <= ExpressionLimits.Size && expression.Depth <= ExpressionLimits.Depth) return expression;
        if (!isTooLarge)
            Refuse("expression-too-large", at, "With the formulas that it reads this has more than "
                + $"{ExpressionLimits.Size} names, values and operators, or {ExpressionLimits.Depth} levels.");
        isTooLarge = true;
        return null;
    }

    /// <summary>What only the whole can show: what formulas bring with them.</summary>
    private void Whole(Expression expression)
    {
        if (!place.Children && expression.All.Any(node => node is ChildrenExpression))
            findings.Add(new Finding("children-misplaced",
                "What is summarized over children changes when they do; it cannot be asked here.", Position: 0));
        if (!place.Parents && expression.All.Any(node => node is FieldExpression { Path.Parents.Count: > 0 }))
            findings.Add(new Finding("parent-misplaced", "A formula that is read here reads parents.", Position: 0));
    }
}

/// <summary>One call that is being checked.</summary>
internal sealed class FunctionCall(ExpressionChecker checker, ExpressionFunction function, CallSyntax syntax)
{
    public ExpressionChecker Checker => checker;

    public CallSyntax Syntax => syntax;

    public int Count => syntax.Arguments.Count;

    /// <summary>An argument of any kind.</summary>
    public Expression? Any(int index) => checker.Check(syntax.Arguments[index], null, allowsNull: false);

    public Expression? Argument(int index, ValueKind kind) =>
        checker.Check(syntax.Arguments[index], kind, allowsNull: false);

    /// <summary>Whether there are as many arguments as there should be; else a finding.</summary>
    public bool Has(int least, int most)
    {
        if (Count >= least && Count <= most) return true;
        for (var i = 0; i < Count; i++)
            if (syntax.Arguments[i] is not ValueSyntax) Any(i);
        Refuse("arguments-wrong", $"It is written {function.Signature}.");
        return false;
    }

    /// <summary>The arguments as the kinds named, the last of which stands for all that follow; null where one is
    /// wrong.</summary>
    public IReadOnlyList<Expression>? Typed(int least, int most, params ValueKind[] kinds)
    {
        if (!Has(least, most)) return null;
        var arguments = Enumerable.Range(0, Count).Select(i => Argument(i, kinds[Math.Min(i, kinds.Length - 1)]));
        return Whole([.. arguments]);
    }

    /// <summary>Some of the arguments, all of one kind, which those that are no constants tell.</summary>
    public IReadOnlyList<Expression>? Alike(IEnumerable<int> indexes, bool allowsNull)
    {
        var list = indexes.ToList();
        var found = new Dictionary<int, Expression?>();
        ValueKind? kind = null;
        foreach (var i in list.OrderBy(i => syntax.Arguments[i] is ValueSyntax value ? value.Value is null ? 2 : 1 : 0))
        {
            // Where all that could tell what a NULL is are wrong, that is said already.
            if (kind is null && found.Count > 0 && syntax.Arguments[i] is ValueSyntax { Value: null })
            {
                found[i] = null;
                continue;
            }
            // What is no constant is checked by itself, so that the message can name both sides.
            found[i] = checker.Check(syntax.Arguments[i],
                syntax.Arguments[i] is ValueSyntax ? kind is ValueKind.Date or ValueKind.DateTime
                    && syntax.Arguments[i] is ValueSyntax { Value: DateOnly or DateTime } ? null : kind : null,
                        allowsNull);
            kind ??= found[i]?.Kind;
        }
        if (Whole([.. list.Select(i => found[i])]) is not { } all) return null;
        if (all.Any(a => a.Kind == ValueKind.DateTime) && all.Any(a => a.Kind == ValueKind.Date))
            all = [.. all.Select(DateFunctions.Lift)];
        if (all.FirstOrDefault(a => a.Kind != all[0].Kind) is { } other)
        {
            Refuse("type-mismatch", $"{Sentence(all[0].Kind)} and {ValueKinds.Words(other.Kind)} do not go together.");
            return null;
        }
        return Choices(all, list) ? all : null;
    }

    public Expression? Refuse(string code, string detail) => checker.Refuse(code, syntax, detail);

    public Expression Make(ValueKind kind, IReadOnlyList<Expression> arguments, ValueBound bound = default) =>
        new CallExpression(function, arguments, kind, bound);

    public static IReadOnlyList<Expression>? Whole(IReadOnlyList<Expression?> arguments) =>
        arguments.Contains(null) ? null : [.. arguments.OfType<Expression>()];

    private static string Sentence(ValueKind kind)
    {
        var words = ValueKinds.Words(kind);
        return char.ToUpperInvariant(words[0]) + words[1..];
    }

    /// <summary>A picklist is compared with values that it has.</summary>
    private bool Choices(IReadOnlyList<Expression> all, IReadOnlyList<int> indexes)
    {
        var list = all.OfType<FieldExpression>().Select(a => a.Path.Field)
            .FirstOrDefault(field => field?.Type == FieldType.Picklist);
        if (list is null) return true;
        var fits = true;
        foreach (var (argument, index) in all.Zip(indexes))
            if (argument is ConstantExpression { Value: string text }) fits &= Choice(list, text, index);
        return fits;
    }

    /// <summary>Whether a picklist has a value; else a finding.</summary>
    public bool Choice(SchemaField list, string text, int index)
    {
        if (text.Length == 0 || list.Values is not { Count: > 0 } values
            || values.Any(v => v.Value == text)) return true;
        checker.Refuse("choice-unknown", syntax.Arguments[index],
            $"\"{LayerReader.Clip(text)}\" is no value of {list.Name}; it has "
            + string.Join(", ", values.Take(20).Select(v => v.Value)) + (values.Count > 20 ? ", …" : "") + ".");
        return false;
    }
}
