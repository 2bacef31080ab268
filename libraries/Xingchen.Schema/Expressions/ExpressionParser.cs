namespace Xingchen.Schema.Expressions;

/// <summary>Reads the expression language: recursive descent, bounded in depth and in size.</summary>
/// <remarks>One level a rule, loosest first: OR, AND, NOT, comparison, text (<c>&amp;</c>), sum, product, sign,
/// primary. Keywords and functions in any case.</remarks>
internal sealed class ExpressionParser
{
    private const string Symbols = "(),.=<>+-*/&";

    private static readonly HashSet<string> Keywords =
        new(StringComparer.OrdinalIgnoreCase) { "AND", "OR", "NOT", "IN", "TRUE", "FALSE", "NULL" };

    private readonly IReadOnlyList<Token> tokens;
    private int at;
    private int depth;
    private int nodes;

    private ExpressionParser(string text) =>
        tokens = Lexer.Read(text, "expression", Symbols, ExpressionLimits.TextLength);

    /// <exception cref="SyntaxException">It is none; with the position.</exception>
    public static ExpressionSyntax Parse(string text)
    {
        var parser = new ExpressionParser(text);
        var parsed = parser.Or();
        return parser.Current.Kind == TokenKind.End ? parsed : throw parser.Unexpected("an operator or the end");
    }

    private Token Current => tokens[at];

    private ExpressionSyntax Or() => Flat(And, "OR");

    private ExpressionSyntax And() => Flat(Not, "AND");

    private ExpressionSyntax Flat(Func<ExpressionSyntax> rule, string word)
    {
        Deeper();
        var first = rule();
        depth--;
        if (!Current.IsWord(word)) return first;
        var position = Current.Position;
        var terms = new List<ExpressionSyntax> { first };
        while (Current.IsWord(word))
        {
            at++;
            terms.Add(rule());
        }
        return Call(word, terms, position);
    }

    private ExpressionSyntax Not()
    {
        if (!Current.IsWord("NOT")) return Comparison();
        var position = Current.Position;
        at++;
        Deeper();
        var operand = Not();
        depth--;
        return Call("NOT", [operand], position);
    }

    private ExpressionSyntax Comparison()
    {
        var left = Text();
        var token = Current;
        if (token.Kind == TokenKind.Symbol && token.Text is "=" or "!=" or "<" or "<=" or ">" or ">=")
        {
            at++;
            return Call(token.Text == "!=" ? "<>" : token.Text, [left, Text()], token.Position);
        }
        var negated = token.IsWord("NOT") && tokens[at + 1].IsWord("IN");
        if (!negated && !token.IsWord("IN")) return left;
        at += negated ? 2 : 1;
        Expect("(");
        var values = new List<ExpressionSyntax> { left };
        Arguments(values);
        var among = Call("IN", values, token.Position);
        return negated ? Call("NOT", [among], token.Position) : among;
    }

    private ExpressionSyntax Text()
    {
        var first = Chain(Product, "+", "-");
        if (!Current.IsSymbol("&")) return first;
        var position = Current.Position;
        var parts = new List<ExpressionSyntax> { first };
        while (Current.IsSymbol("&"))
        {
            at++;
            parts.Add(Chain(Product, "+", "-"));
        }
        return Call("&", parts, position);
    }

    private ExpressionSyntax Product() => Chain(Sign, "*", "/");

    private ExpressionSyntax Chain(Func<ExpressionSyntax> rule, string first, string second)
    {
        Deeper();
        var left = rule();
        depth--;
        for (var chained = 0; Current.IsSymbol(first) || Current.IsSymbol(second); chained++)
        {
            var token = Current;
            if (chained >= ExpressionLimits.Nesting) throw TooDeep(token.Position);
            at++;
            left = Call(token.Text, [left, rule()], token.Position);
        }
        return left;
    }

    private ExpressionSyntax Sign()
    {
        var token = Current;
        if (!token.IsSymbol("-") && !token.IsSymbol("+")) return Primary();
        at++;
        Deeper();
        var operand = Sign();
        depth--;
        if (token.Text == "+") return operand;
        return operand is ValueSyntax { Value: ExactNumber number }
            ? new ValueSyntax(-number, token.Position)
            : Call("-", [operand], token.Position);
    }

    private ExpressionSyntax Primary()
    {
        var token = Current;
        switch (token.Kind)
        {
            case TokenKind.Number: return Value(ExactNumber.TryParse(token.Text));
            case TokenKind.Text: return Value(token.Text);
            case TokenKind.Date: return Value(DateOnly.FromDateTime(token.Instant.UtcDateTime));
            case TokenKind.Time:
                var time = token.Instant.UtcDateTime;
                return Value(time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMicrosecond)));
            case TokenKind.Parameter:
                at++;
                if (!Current.IsSymbol(".")) return Count(new ParameterSyntax(token.Text, token.Position));
                at++;
                return Count(new ParameterSyntax(token.Text + "." + Name(first: false), token.Position));
            case TokenKind.Symbol when token.Text == "(":
                at++;
                Deeper();
                var inner = Or();
                depth--;
                Expect(")");
                return inner;
            case TokenKind.Name when tokens[at + 1].IsSymbol("(") && !token.IsWord("IN"):
                at += 2;
                var arguments = new List<ExpressionSyntax>();
                Arguments(arguments);
                return Call(token.Text.ToUpperInvariant(), arguments, token.Position);
        }
        if (token.IsWord("TRUE")) return Value(true);
        if (token.IsWord("FALSE")) return Value(false);
        if (token.IsWord("NULL")) return Value(null);
        return Path();
    }

    private void Arguments(List<ExpressionSyntax> arguments)
    {
        if (Current.IsSymbol(")"))
        {
            at++;
            return;
        }
        Deeper();
        while (true)
        {
            arguments.Add(Or());
            if (arguments.Count > ExpressionLimits.Arguments)
                throw new SyntaxException("expression-too-large", Current.Position,
                    $"At most {ExpressionLimits.Arguments} may stand here.");
            if (!Current.IsSymbol(",")) break;
            at++;
        }
        depth--;
        Expect(")");
    }

    private PathSyntax Path()
    {
        var position = Current.Position;
        var path = Name(first: true);
        var steps = 0;
        while (Current.IsSymbol("."))
        {
            at++;
            if (++steps > ExpressionPaths.MostParents)
                throw new SyntaxException("path-too-long", position,
                    $"A path goes up at most {ExpressionPaths.MostParents} parents.");
            path += "." + Name(first: false);
        }
        return Count(new PathSyntax(path, position));
    }

    private string Name(bool first)
    {
        var token = Current;
        var isName = token.Kind == TokenKind.QuotedName && !token.Text.Contains('.')
            || (token.Kind == TokenKind.Name && (!first || !Keywords.Contains(token.Text)));
        if (!isName) throw Unexpected(first ? "a field, a value, a function or (" : "a field");
        at++;
        return token.Text;
    }

    private ValueSyntax Value(object? value) => Count(new ValueSyntax(value, tokens[at++].Position));

    private CallSyntax Call(string name, IReadOnlyList<ExpressionSyntax> arguments, int position) =>
        Count(new CallSyntax(name, arguments, position));

    private T Count<T>(T node) where T : ExpressionSyntax => ++nodes <= ExpressionLimits.Size
        ? node
        : throw new SyntaxException("expression-too-large", node.Position,
            $"An expression has at most {ExpressionLimits.Size} names, values and operators.");

    private void Expect(string symbol)
    {
        if (!Current.IsSymbol(symbol)) throw Unexpected(symbol);
        at++;
    }

    private SyntaxException Unexpected(string what)
    {
        var hint = Current.Kind == TokenKind.Name && Keywords.Contains(Current.Text)
            ? $" A field of that name is written \"{Current.Text}\"." : "";
        return new SyntaxException("syntax", Current.Position, $"Here should stand {what}, not {Current}.{hint}");
    }

    private void Deeper()
    {
        // Each level of the grammar that a parenthesis goes through counts.
        if (++depth > ExpressionLimits.Nesting * 6) throw TooDeep(Current.Position);
    }

    private static SyntaxException TooDeep(int position) =>
        new("expression-too-deep", position, "The expression is nested too deeply, or its sums are too long.");
}
