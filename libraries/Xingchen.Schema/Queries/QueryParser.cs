using Xingchen.Schema.Expressions;

namespace Xingchen.Schema.Queries;

/// <summary>Reads the query language: recursive descent, bounded in depth and in size.</summary>
/// <remarks>
/// One level a rule, loosest first: OR, AND, NOT, comparison, sum, product, sign, primary. Conditions and values share
/// the
/// rules, for only their types tell <c>(a + b) &gt; 1</c> from <c>(a OR b)</c>; the planner checks those.
/// </remarks>
public sealed class QueryParser
{
    /// <summary>Words that a name must be quoted to be.</summary>
    private static readonly HashSet<string> Keywords = new(StringComparer.OrdinalIgnoreCase)
    {
        "SELECT", "FROM", "WHERE", "GROUP", "BY", "HAVING", "ORDER", "LIMIT", "AS", "ASC", "DESC", "NULLS", "FIRST",
        "LAST", "AND", "OR", "NOT", "IN", "LIKE", "INCLUDES", "CONTAINS", "TRUE", "FALSE", "NULL", "DISTINCT",
    };

    private static readonly HashSet<string> Functions = new(StringComparer.OrdinalIgnoreCase)
    {
        "COUNT", "SUM", "AVG", "MIN", "MAX",
    };

    private readonly IReadOnlyList<Token> tokens;
    private int at;
    private int depth;
    private int nodes;

    private QueryParser(string text) => tokens = Lexer.Read(text, "query", "(),.=<>+-*/", QueryLimits.TextLength);

    /// <summary>A path as it is written in a query: what is a keyword in quotes.</summary>
    public static string Quoted(string path) => string.Join('.', path.Split('.')
        .Select(name => Keywords.Contains(name) || Functions.Contains(name) ? $"\"{name}\"" : name));

    /// <summary>Reads a whole query.</summary>
    /// <exception cref="ProblemException"><c>query-invalid</c>, with the position.</exception>
    public static QuerySyntax ParseQuery(string text) => Parse(text, parser => parser.Query());

    /// <summary>Reads the <c>filter</c> of a list: what may stand after WHERE.</summary>
    /// <inheritdoc cref="ParseQuery"/>
    public static QueryNode ParseFilter(string text) => Parse(text, parser => parser.Or());

    /// <summary>Reads the <c>orderBy</c> of a list.</summary>
    /// <inheritdoc cref="ParseQuery"/>
    public static IReadOnlyList<OrderItem> ParseOrder(string text) => Parse(text, parser => parser.Orders());

    /// <summary>Reads the <c>select</c> of a list: paths, each under its own name.</summary>
    /// <inheritdoc cref="ParseQuery"/>
    public static IReadOnlyList<SelectItem> ParseSelect(string text) => Parse(text, parser => parser.Paths());

    private static T Parse<T>(string text, Func<QueryParser, T> rule)
    {
        try
        {
            var parser = new QueryParser(text);
            var result = rule(parser);
            parser.ExpectEnd();
            return result;
        }
        catch (SyntaxException exception)
        {
            throw new ProblemException(Problems.QueryInvalid,
                $"{exception.Message} (at character {exception.Position})", [exception.Finding]);
        }
    }

    private Token Current => tokens[at];

    private QuerySyntax Query()
    {
        using var level = Deeper();
        var position = Current.Position;
        Expect("SELECT");
        var items = Separated(Item, QueryLimits.Selected);
        Expect("FROM");
        var from = Name("an object", anyWord: true); // FROM Order needs no quotes
        var where = Accept("WHERE") ? Or() : null;
        IReadOnlyList<QueryNode> groups = [];
        if (Accept("GROUP"))
        {
            Expect("BY");
            groups = Separated(Sum, QueryLimits.Selected);
        }
        var having = Accept("HAVING") ? Or() : null;
        IReadOnlyList<OrderItem> orders = [];
        if (Accept("ORDER"))
        {
            Expect("BY");
            orders = Orders();
        }
        var limit = Accept("LIMIT") ? Limit() : null;
        return new QuerySyntax(items, from, where, groups, having, orders, limit, position);
    }

    private IReadOnlyList<OrderItem> Orders() => Separated(Order, QueryLimits.Selected);

    /// <summary>Nothing but fields stands here, so that one which is called like a keyword needs no quotes.</summary>
    private IReadOnlyList<SelectItem> Paths() =>
        Separated(() => (Current.Kind == TokenKind.Name && !Functions.Contains(Current.Text)
            ? Path(anyWord: true) : Primary()) is PathNode path ? new SelectItem(path, null, null, path.Position)
            : throw Unexpected("a field"),
            QueryLimits.Selected);

    private SelectItem Item()
    {
        var position = Current.Position;
        if (Current.IsSymbol("(") && tokens[at + 1].IsWord("SELECT"))
        {
            at++;
            var children = Query();
            Expect(")", symbol: true);
            return new SelectItem(null, children, Accept("AS") ? Name("an alias") : null, position);
        }
        var expression = Sum();
        return new SelectItem(expression, null, Accept("AS") ? Name("an alias") : null, position);
    }

    private OrderItem Order()
    {
        var expression = Sum();
        var descending = Accept("DESC");
        if (!descending) Accept("ASC");
        if (!Accept("NULLS")) return new OrderItem(expression, descending, null);
        if (Accept("FIRST")) return new OrderItem(expression, descending, true);
        Expect("LAST");
        return new OrderItem(expression, descending, false);
    }

    private QueryNode Limit() => Current.Kind is TokenKind.Number or TokenKind.Parameter
        ? Primary()
        : throw Unexpected("a number of records");

    private QueryNode Or() => Chain(And, "OR", isAnd: false);

    private QueryNode And() => Chain(Not, "AND", isAnd: true);

    private QueryNode Chain(Func<QueryNode> rule, string word, bool isAnd)
    {
        using var level = Deeper();
        var first = rule();
        if (!Current.IsWord(word)) return first;
        var position = Current.Position;
        var terms = new List<QueryNode> { first };
        while (Accept(word)) terms.Add(rule());
        return Count(new LogicNode(isAnd, terms, position));
    }

    private QueryNode Not()
    {
        using var level = Deeper();
        var position = Current.Position;
        return Accept("NOT") ? Count(new NotNode(Not(), position)) : Comparison();
    }

    private QueryNode Comparison()
    {
        var left = Sum();
        var token = Current;
        if (token.Kind == TokenKind.Symbol && token.Text is "=" or "!=" or "<" or "<=" or ">" or ">=")
        {
            at++;
            return Count(new CompareNode(token.Text, left, Sum(), token.Position));
        }
        var negated = token.IsWord("NOT") && (tokens[at + 1].IsWord("IN") || tokens[at + 1].IsWord("LIKE")
            || tokens[at + 1].IsWord("INCLUDES") || tokens[at + 1].IsWord("CONTAINS"));
        if (negated) at++;
        QueryNode? found = null;
        if (Accept("LIKE")) found = new CompareNode("LIKE", left, Sum(), token.Position);
        else if (Accept("CONTAINS")) found = new CompareNode("CONTAINS", left, Sum(), token.Position);
        else if (Accept("INCLUDES")) found = List("INCLUDES", left, token.Position);
        else if (Accept("IN")) found = List("IN", left, token.Position);
        if (found is null) return left;
        Count(found);
        return negated ? new NotNode(found, token.Position) : found;
    }

    /// <summary>After IN: <c>(SELECT …)</c>, <c>(a, b)</c> or one value without parentheses (a parameter that is a
    /// list).</summary>
    private QueryNode List(string word, QueryNode left, int position)
    {
        if (!Current.IsSymbol("(")) return new ListNode(word, left, [Sum()], position);
        at++;
        if (word == "IN" && Current.IsWord("SELECT"))
        {
            var query = Query();
            Expect(")", symbol: true);
            return new InQueryNode(left, query, position);
        }
        var values = Separated(Value, QueryLimits.ListValues);
        Expect(")", symbol: true);
        return new ListNode(word, left, values, position);
    }

    /// <summary>A value of a list, which has a bound of its own.</summary>
    private QueryNode Value()
    {
        var before = nodes;
        var value = Sum();
        nodes = before;
        return value;
    }

    private QueryNode Sum()
    {
        using var level = Deeper();
        return Arithmetic(Product, "+", "-");
    }

    private QueryNode Product() => Arithmetic(Sign, "*", "/");

    private QueryNode Arithmetic(Func<QueryNode> rule, string first, string second)
    {
        var left = rule();
        for (var chained = 0; Current.IsSymbol(first) || Current.IsSymbol(second); chained++)
        {
            var token = Current;
            if (chained >= QueryLimits.Depth) throw TooDeep(token.Position);
            at++;
            left = Count(new ArithmeticNode(token.Text[0], left, rule(), token.Position));
        }
        return left;
    }

    private QueryNode Sign()
    {
        var token = Current;
        if (!token.IsSymbol("-") && !token.IsSymbol("+")) return Primary();
        using var level = Deeper();
        at++;
        var operand = Sign();
        if (token.Text == "+") return operand;
        return operand is NumberNode number && !number.Text.StartsWith('-')
            ? new NumberNode("-" + number.Text, token.Position)
            : Count(new NegateNode(operand, token.Position));
    }

    private QueryNode Primary()
    {
        var token = Current;
        switch (token.Kind)
        {
            case TokenKind.Number: at++; return Count(new NumberNode(token.Text, token.Position));
            case TokenKind.Text: at++; return Count(new LiteralNode(token.Text, token.Position));
            case TokenKind.Date: at++; return Count(new DateNode(DateOnly.FromDateTime(token.Instant.DateTime),
                token.Position));
            case TokenKind.Time: at++; return Count(new TimeNode(token.Instant, token.Position));
            case TokenKind.Parameter: at++; return Count(new ParameterNode(token.Text, token.Position));
            case TokenKind.Symbol when token.Text == "(": return Parenthesis();
            case TokenKind.Name when Functions.Contains(token.Text) && tokens[at + 1].IsSymbol("("): return Call();
        }
        if (Accept("TRUE")) return Count(new LiteralNode(true, token.Position));
        if (Accept("FALSE")) return Count(new LiteralNode(false, token.Position));
        if (Accept("NULL")) return Count(new LiteralNode(null, token.Position));
        return Path();
    }

    private QueryNode Parenthesis()
    {
        using var level = Deeper();
        at++;
        if (Current.IsWord("SELECT"))
            throw new SyntaxException("subquery-misplaced", Current.Position,
                "A subquery stands after IN, or among what is selected.");
        var inner = Or();
        Expect(")", symbol: true);
        return inner;
    }

    private CallNode Call()
    {
        using var level = Deeper();
        var token = Current;
        at += 2;
        var distinct = Accept("DISTINCT");
        var argument = Current.IsSymbol(")") && !distinct ? null : Sum();
        Expect(")", symbol: true);
        var call = new CallNode(token.Text.ToUpperInvariant(), distinct, argument, token.Position);
        Count(call);
        return call;
    }

    private PathNode Path(bool anyWord = false)
    {
        var position = Current.Position;
        var quoted = Current.Kind == TokenKind.QuotedName;
        // before a point no keyword can stand, so Order.total needs no quotes
        var pointed = Current.Kind == TokenKind.Name && tokens[at + 1].IsSymbol(".");
        var names = new List<QueryName> { Name("a field, a value or (", anyWord || pointed) };
        while (Current.IsSymbol("."))
        {
            at++;
            quoted |= Current.Kind == TokenKind.QuotedName;
            names.Add(Name("a field", anyWord: true));
            if (names.Count > QueryLimits.ParentLevels + 1)
                throw new SyntaxException("path-too-long", position,
                    $"A path goes up at most {QueryLimits.ParentLevels} parents.");
        }
        var path = new PathNode(names, quoted, position);
        Count(path);
        return path;
    }

    private QueryName Name(string what, bool anyWord = false)
    {
        var token = Current;
        var isName = token.Kind == TokenKind.QuotedName
            || token.Kind == TokenKind.Name && (anyWord || !Keywords.Contains(token.Text));
        if (!isName) throw Unexpected(what);
        at++;
        return new QueryName(token.Text, token.Position);
    }

    private List<T> Separated<T>(Func<T> rule, int most)
    {
        var list = new List<T> { rule() };
        while (Current.IsSymbol(","))
        {
            var position = Current.Position;
            at++;
            list.Add(rule());
            if (list.Count > most) throw new SyntaxException("query-too-large", position,
                $"At most {most} may stand here.");
        }
        return list;
    }

    private bool Accept(string word)
    {
        if (!Current.IsWord(word)) return false;
        at++;
        return true;
    }

    private void Expect(string word, bool symbol = false)
    {
        if (symbol ? !Current.IsSymbol(word) : !Current.IsWord(word)) throw Unexpected(word);
        at++;
    }

    private void ExpectEnd()
    {
        if (Current.Kind != TokenKind.End) throw Unexpected("an operator, a clause or the end");
    }

    private SyntaxException Unexpected(string what)
    {
        var hint = Current.Kind == TokenKind.Name && Keywords.Contains(Current.Text)
            ? $" A field of that name is written \"{Current.Text}\"." : "";
        return new SyntaxException("syntax", Current.Position, $"Here should stand {what}, not {Current}.{hint}");
    }

    private T Count<T>(T node) where T : QueryNode => ++nodes <= QueryLimits.Nodes
        ? node
        : throw new SyntaxException("query-too-large", node.Position,
            $"A query has at most {QueryLimits.Nodes} names, values and operators.");

    private Level Deeper()
    {
        if (++depth > QueryLimits.Depth * 4) throw TooDeep(Current.Position);
        return new Level(this);
    }

    private static SyntaxException TooDeep(int position) =>
        new("query-too-deep", position, "The query is nested too deeply, or its sums are too long.");

    /// <summary>One rule inside another; disposing leaves it.</summary>
    private readonly struct Level(QueryParser parser) : IDisposable
    {
        public void Dispose() => parser.depth--;
    }
}
