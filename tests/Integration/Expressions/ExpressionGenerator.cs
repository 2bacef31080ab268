#pragma warning disable RS0030 // Random: seeded, and the seed is printed
using Xingchen.Schema;

namespace Xingchen.Tests.Integration.Expressions;

/// <summary>Random expressions over an Order of the trade schema: every function, parents and children, hard
/// values.</summary>
internal sealed class ExpressionGenerator(Random random)
{
    public static readonly string[] Texts = ["", "a", "A", "b", "Zed", "zed", "é", "É", "北京", "北京市 a%b", "a%b",
        "a_b",
        "a\\b", "\uFFFD", "\U0001F600x", " a ", "12.30", "-7", "0.50", "1e5", "it''s"];

    public static readonly string[] Numbers = ["0", "1", "-1", "2.50", "2.5", "100.01", "9007199254740993", "0.1",
        "-0.0001", "3", "7", "-12.345", "99999999999999.9999", "0.0000"];

    private static readonly string[] Dates = ["2024-02-29", "2026-01-01", "2026-11-20", "1999-12-31", "0001-01-01",
        "9999-12-31", "2018-11-04"];

    private static readonly string[] Times = ["2026-01-01T00:00:00Z", "2026-11-20T08:00:00.5Z", "1999-12-31T23:59:59Z"];

    public string Of(ValueKind kind, int depth, bool ofChild = false) => kind switch
    {
        ValueKind.Text => Text(depth, ofChild),
        ValueKind.Number => Number(depth, ofChild),
        ValueKind.Boolean => Condition(depth, ofChild),
        ValueKind.Date => Date(depth, ofChild),
        ValueKind.DateTime => Time(depth, ofChild),
        _ => Pick<string>(ofChild ? ["order", "\"order\".customer"]
            : ["customer", "customer.region", "id", "customer.id"]),
    };

    private string Text(int depth, bool child)
    {
        if (depth <= 0)
            return random.Next(4) == 0 ? $"'{Pick(Texts)}'" : Pick<string>(child
                ? ["product", "\"order\".status", "\"order\".customer.name", "createdBy"]
                : ["number", "status", "\"order\"", "customer.code", "customer.name", "customer.country",
                    "customer.city",
                    "customer.about", "customer.region.name", "customer.parent.name", "customer.parent.region.name",
                    "createdBy", "customer.object", "object", ":user"]);
        string T() => Text(depth - 1, child);
        string N() => random.Next(3) > 0 ? Pick(["0", "1", "2", "3", "-1", "100"]) : Number(depth - 1, child);
        return random.Next(17) switch
        {
            0 or 1 or 2 => $"({T()} & {T()})",
            3 => $"LEFT({T()}, {N()})",
            4 => $"RIGHT({T()}, {N()})",
            5 => $"MID({T()}, {N()}, {N()})",
            6 => $"UPPER({T()})",
            7 => $"LOWER({T()})",
            8 => $"TRIM({T()})",
            9 => $"SUBSTITUTE(LEFT({T()}, 20), {T()}, LEFT({T()}, 3))",
            10 => $"TEXT({Of(random.Next(2) == 0 ? ValueKind.Number : ValueKind.Date, depth - 1, child)})",
            11 when !child => $"{Pick(["MIN", "MAX"])}(lines, {Text(depth - 2, true)}{Filter(depth)})",
            12 => $"TEXT({T()})",
            _ => Choice(ValueKind.Text, depth, child),
        };
    }

    private string Number(int depth, bool child)
    {
        if (depth <= 0)
            return random.Next(3) == 0 ? Pick(Numbers) : Pick<string>(child
                ? ["quantity", "unitPrice", "discount", "\"order\".total", "version"]
                : ["total", "freight", "customer.creditLimit", "customer.score", "customer.parent.score", "version"]);
        string N() => Number(depth - 1, child);
        string T() => Text(depth - 1, child);
        string D() => Date(depth - 1, child);
        return random.Next(26) switch
        {
            0 or 1 => $"({N()} + {N()})",
            2 or 3 => $"({N()} - {N()})",
            4 or 5 => $"({N()} * {N()})",
            6 or 7 or 8 => $"({N()} / ({N()} + 0))",
            9 => $"ROUND({N()}, {(random.Next(2) == 0 ? random.Next(-3, 6).ToString() : N())})",
            10 => $"{Pick(["FLOOR", "CEILING", "TRUNC", "ABS", "ROUND"])}({N()})",
            11 => $"MOD({N()}, {N()})",
            12 => $"{Pick(["LEAST", "GREATEST"])}({N()}, {N()}, {N()})",
            13 => $"NUMBER({T()})",
            14 => $"LEN({T()})",
            15 => $"FIND({T()}, {T()})",
            16 => $"{Pick(["YEAR", "MONTH", "DAY", "WEEKDAY"])}({D()})",
            17 => $"({D()} - {D()})",
            18 => $"SECONDS({Time(depth - 1, child)}, {Time(depth - 1, child)})",
            19 when !child => "CHOICES(customer.tags)",
            20 or 21 when !child =>
                $"{Pick(["SUM", "AVG", "MIN", "MAX"])}(lines, {Number(depth - 2, true)}{Filter(depth)})",
            22 when !child => $"COUNT(lines{Filter(depth)})",
            23 => $"-{N()}",
            _ => Choice(ValueKind.Number, depth, child),
        };
    }

    private string Date(int depth, bool child)
    {
        if (depth <= 0)
            return random.Next(3) == 0 ? Pick([.. Dates, "TODAY()"])
                : Pick<string>(child ? ["\"order\".due"] : ["due", "customer.since", "customer.parent.since"]);
        string N() => Number(depth - 1, child);
        return random.Next(7) switch
        {
            0 => $"({Date(depth - 1, child)} + {N()})",
            1 => $"({Date(depth - 1, child)} - {N()})",
            2 => $"ADDMONTHS({Date(depth - 1, child)}, {N()})",
            3 => $"DATE({Pick(["2026", "1", "9999", "0", N()])}, {Pick(["1", "2", "12", "13", N()])}, "
                + $"{Pick(["1", "29", "31", "0", N()])})",
            4 when !child => $"{Pick(["MIN", "MAX"])}(lines, {Date(depth - 2, true)}{Filter(depth)})",
            5 => $"GREATEST({Date(depth - 1, child)}, {Date(depth - 1, child)})",
            _ => Choice(ValueKind.Date, depth, child),
        };
    }

    private string Time(int depth, bool child)
    {
        if (depth <= 0)
            return random.Next(4) == 0 ? Pick([.. Times, "NOW()", ":now"])
                : Pick<string>(child ? ["\"order\".orderedAt", "createdAt"]
                    : ["orderedAt", "shippedAt", "createdAt", "modifiedAt"]);
        return random.Next(3) switch
        {
            0 => $"STARTOFDAY({Date(depth - 1, child)})",
            1 => $"LEAST({Time(depth - 1, child)}, {Time(depth - 1, child)})",
            _ => Choice(ValueKind.DateTime, depth, child),
        };
    }

    private string Condition(int depth, bool child)
    {
        if (depth <= 0)
            return Pick<string>(child ? ["\"order\".customer.active", "TRUE", "ISBLANK(product)"]
                : ["customer.active", "customer.parent.active", "TRUE", "FALSE", "INCLUDES(customer.tags, 'a', 'c')",
                    "ISBLANK(customer.tags)", "(customer.extra = NULL)", "(customer.tags <> NULL)"]);
        string C() => Condition(depth - 1, child);
        string T() => Text(depth - 1, child);
        var kind = Pick([ValueKind.Text, ValueKind.Number, ValueKind.Date, ValueKind.DateTime, ValueKind.Id]);
        string V() => Of(kind, depth - 1, child);
        return random.Next(16) switch
        {
            0 => $"({C()} AND {C()} AND {C()})",
            1 => $"({C()} OR {C()})",
            2 or 3 => $"(NOT {C()})",
            4 => $"ISBLANK({V()})",
            5 => $"({V()} {Pick(["=", "<>"])} NULL)",
            6 or 7 or 8 => kind == ValueKind.Id ? $"({V()} <> {V()})"
                : $"({V()} {Pick(["=", "<>", "<", "<=", ">", ">="])} {V()})",
            9 => $"({V()} {Pick(["IN", "NOT IN"])} ({V()}, {V()}, {V()}))",
            10 => $"CONTAINS({T()}, {T()})",
            11 => $"BEGINS({T()}, {T()})",
            12 => $"ENDS({T()}, {T()})",
            13 => $"({Date(depth - 1, child)} <= {Time(depth - 1, child)})",
            14 => $"(({C()}) = ({C()}))",
            _ => Choice(ValueKind.Boolean, depth, child),
        };
    }

    private string Choice(ValueKind kind, int depth, bool child)
    {
        string V() => Of(kind, depth - 1, child);
        return random.Next(4) switch
        {
            0 => $"COALESCE({V()}, {V()})",
            1 => $"IF({Condition(depth - 1, child)}, {V()})",
            2 => $"SWITCH({Text(depth - 1, child)}, {Text(depth - 1, child)}, {V()}, "
                + $"{Text(depth - 1, child)}, NULL, {V()})",
            _ => $"IF({Condition(depth - 1, child)}, {V()}, {V()})",
        };
    }

    private string Filter(int depth) => random.Next(2) == 0 ? "" : $", {Condition(depth - 2, true)}";

    public T Pick<T>(IReadOnlyList<T> values) => values[random.Next(values.Count)];
}
