namespace Xingchen.Sidecar.Cel;

/// <summary>Recursive descent over the tokens: or, and, comparison, not, members, values.</summary>
internal sealed class CelParser(string text)
{
    private readonly List<CelToken> tokens = CelLexer.Read(text);
    private int next;

    private CelToken Now => tokens[next];

    /// <exception cref="FormatException"/>
    public CelNode Parse()
    {
        var node = Or();
        return Now.Kind == CelKind.End ? node : throw Unexpected();
    }

    private CelNode Or()
    {
        var left = And();
        while (Take("||"))
        {
            var (a, b) = (left, And());
            left = cloudEvent => CelValues.Decide(a, b, cloudEvent, deciding: true);
        }
        return left;
    }

    private CelNode And()
    {
        var left = Comparison();
        while (Take("&&"))
        {
            var (a, b) = (left, Comparison());
            left = cloudEvent => CelValues.Decide(a, b, cloudEvent, deciding: false);
        }
        return left;
    }

    private CelNode Comparison()
    {
        var a = Unary();
        var symbol = Now.Text;
        if (Now.Kind is not (CelKind.Symbol or CelKind.Name)
            || symbol is not ("==" or "!=" or "<" or "<=" or ">" or ">=" or "in")) return a;
        next++;
        var b = Unary();
        return symbol switch
        {
            "==" => cloudEvent => CelValues.AreEqual(a(cloudEvent), b(cloudEvent)),
            "!=" => cloudEvent => !CelValues.AreEqual(a(cloudEvent), b(cloudEvent)),
            "<" => cloudEvent => CelValues.Compare(a(cloudEvent), b(cloudEvent)) < 0,
            "<=" => cloudEvent => CelValues.Compare(a(cloudEvent), b(cloudEvent)) <= 0,
            ">" => cloudEvent => CelValues.Compare(a(cloudEvent), b(cloudEvent)) > 0,
            ">=" => cloudEvent => CelValues.Compare(a(cloudEvent), b(cloudEvent)) >= 0,
            _ => cloudEvent => CelValues.IsIn(a(cloudEvent), b(cloudEvent)),
        };
    }

    private CelNode Unary()
    {
        if (Take("!"))
        {
            var operand = Unary();
            return cloudEvent => !CelValues.Truth(operand(cloudEvent));
        }
        if (!Take("-")) return Members(Primary());
        var value = Unary();
        return cloudEvent => CelValues.Negate(value(cloudEvent));
    }

    private CelNode Members(CelNode node)
    {
        while (true)
        {
            var of = node;
            if (Take("["))
            {
                var index = Or();
                Expect("]");
                node = cloudEvent => CelValues.Index(of(cloudEvent), index(cloudEvent));
            }
            else if (Take("."))
            {
                var name = Name();
                node = Take("(") ? CelFunctions.Method(name, of, Arguments()) : cloudEvent =>
                    CelValues.Field(of(cloudEvent), name);
            }
            else
            {
                return node;
            }
        }
    }

    private CelNode Primary()
    {
        var token = Now;
        next++;
        switch (token.Kind)
        {
            case CelKind.Text or CelKind.Number:
                return _ => token.Value;
            case CelKind.Name when token.Text is "true" or "false":
                return _ => token.Text == "true";
            case CelKind.Name when token.Text == "null":
                return _ => null;
            case CelKind.Name when token.Text == "event":
                return cloudEvent => cloudEvent;
            case CelKind.Name when token.Text == "has" && Take("("):
                return Has();
            case CelKind.Name when Take("("):
                return CelFunctions.Function(token.Text, Arguments());
            case CelKind.Name:
                throw new FormatException($"'{token.Text}' at {token.At + 1} is unknown: the one variable is event");
            case CelKind.Symbol when token.Text == "(":
                var inner = Or();
                Expect(")");
                return inner;
            case CelKind.Symbol when token.Text == "[":
                var items = Items("]");
                return cloudEvent => items.Select(item => item(cloudEvent)).ToList();
            default:
                next--;
                throw Unexpected();
        }
    }

    /// <summary><c>has(a.b)</c>: whether <c>a</c> has the field.</summary>
    private CelNode Has()
    {
        var start = next;
        var node = Or();
        Expect(")");
        if (next - start < 4 || tokens[next - 2].Kind != CelKind.Name || tokens[next - 3].Text != ".")
            throw new FormatException("has() takes a field, as in has(event.data)");
        return cloudEvent => CelValues.Has(node, cloudEvent);
    }

    private List<CelNode> Arguments() => Items(")");

    private List<CelNode> Items(string end)
    {
        var items = new List<CelNode>();
        if (Take(end)) return items;
        do items.Add(Or());
        while (Take(","));
        Expect(end);
        return items;
    }

    private string Name()
    {
        if (Now.Kind != CelKind.Name) throw Unexpected();
        return tokens[next++].Text;
    }

    private bool Take(string symbol)
    {
        if (Now.Kind != CelKind.Symbol || Now.Text != symbol) return false;
        next++;
        return true;
    }

    private void Expect(string symbol)
    {
        if (!Take(symbol)) throw new FormatException($"'{symbol}' is missing at {Now.At + 1}");
    }

    private FormatException Unexpected() => Now.Kind == CelKind.End
        ? new FormatException("the expression ends too early")
        : new FormatException($"'{Now.Text}' at {Now.At + 1} is not expected there");
}
