using Xingchen.Records.Plan;
using Xingchen.Schema;
using Xingchen.Schema.Expressions;

namespace Xingchen.Records.Sql;

/// <summary>The functions of the expression language as SQL.</summary>
/// <remarks>
/// A text that an argument is written into once stays as long as the expression is; where a function needs an argument
/// twice it takes it from a subquery, or nesting would double the statement at each level. <c>offset 0</c> keeps the
/// server from putting it back. Every function gives what its delegate gives, NULL for NULL.
/// </remarks>
internal static class ExpressionSql
{
    private const string CodePoint = " collate \"C\"";
    private const string FirstDay = "date '0001-01-01'";

    public static string Write(FunctionValue call, Func<QueryValue, string> typed)
    {
        var a = call.Arguments.Select(typed).ToArray();
        var sql = call.Name switch
        {
            "TRIMSCALE" => $"trim_scale({a[0]})",
            "COALESCE" => $"coalesce({string.Join(", ", a)})",
            "SWITCH" => Switch(a),
            "&" => $"({string.Join(" || ", a)})",
            "LEN" => $"char_length({a[0]})::numeric",
            "FIND" => $"strpos({a[1]}, {a[0]})::numeric",
            "TRIM" => $"btrim({a[0]}, ' ')",
            "UPPER" => $"upper({a[0]} collate \"und-x-icu\")",
            "LOWER" => $"lower({a[0]} collate \"und-x-icu\")",
            "SUBSTITUTE" => $"replace({a[0]}, {a[1]}, {a[2]})",
            "TEXT" => $"({a[0]})::text",
            "FLOOR" => $"floor({a[0]})",
            "CEILING" => $"ceil({a[0]})",
            "TRUNC" => $"trunc({a[0]})",
            "ABS" => $"abs({a[0]})",
            "MOD" => $"mod({a[0]}, nullif({a[1]}, 0))",
            "ROUND" when a.Length == 1 => $"round({a[0]})",
            "NUMBER" => $"substring({a[0]} from '^(?=.{{1,60}}$)-?[0-9]+(?:[.][0-9]+)?$')::numeric",
            "YEAR" => $"extract(year from ({a[0]})::date)",
            "MONTH" => $"extract(month from ({a[0]})::date)",
            "DAY" => $"extract(day from ({a[0]})::date)",
            "WEEKDAY" => $"extract(isodow from ({a[0]})::date)",
            "SECONDS" => $"trunc(extract(epoch from ({a[1]} - {a[0]})))",
            "-" when call.Kind == ValueKind.Number => $"(({a[0]})::date - ({a[1]})::date)::numeric",
            _ => Strict(a, Body(call), call.Arguments),
        };
        return call.Kind == ValueKind.Text ? $"({sql}){CodePoint}" : sql;
    }

    /// <summary>A simple CASE looks at its value once.</summary>
    private static string Switch(string[] a)
    {
        var cases = "";
        for (var i = 1; i + 1 < a.Length; i += 2) cases += $" when {a[i]} then {a[i + 1]}";
        return $"(case {a[0]}{cases}{(a.Length % 2 == 0 ? $" else {a[^1]}" : "")} end)";
    }

    /// <summary>The functions that need an argument twice, of the columns <c>a</c>, <c>b</c>, <c>c</c>.</summary>
    private static string Body(FunctionValue call) => call.Name switch
    {
        "LEFT" => $"left(v.a, {Clamp("v.b", 0, ExpressionLimits.ResultLength)})",
        "RIGHT" => $"right(v.a, {Clamp("v.b", 0, ExpressionLimits.ResultLength)})",
        "MID" => $"substr(v.a, {Clamp("v.b", 1, ExpressionLimits.ResultLength)}, "
            + $"{Clamp("v.c", 0, ExpressionLimits.ResultLength)})",
        "ROUND" => $"round(v.a, {Clamp("v.b", -NumberPlaces, NumberPlaces)})",
        "LEAST" or "GREATEST" => $"{call.Name.ToLowerInvariant()}"
            + $"({string.Join(", ", Enumerable.Range(0, call.Arguments.Count).Select(i => "v." + Column(i)))})",
        "+" => Days("+"),
        "-" => Days("-"),
        "DATE" => $"""
            case when {Whole("v.a")} between 1 and 9999 and {Whole("v.b")} between 1 and 12 then
            case when {Whole("v.c")} between 1 and extract(day from
            make_date({Whole("v.a")}, {Whole("v.b")}, 1) + interval '1 month' - interval '1 day')
            then to_char(make_date({Whole("v.a")}, {Whole("v.b")}, {Whole("v.c")}), 'YYYY-MM-DD') end end
            """,
        "ADDMONTHS" => "case when extract(year from v.a::date) * 12 + extract(month from v.a::date) - 1 + "
            + $"{Clamp("v.b", -120_000, 120_000)} between 12 and 119999 then to_char(v.a::date + "
            + $"make_interval(months => {Clamp("v.b", -120_000, 120_000)}), 'YYYY-MM-DD') end",
        "CHOICES" => "case when jsonb_typeof(v.a) = 'array' then jsonb_array_length(v.a)::numeric end",
        var name => throw new InvalidOperationException($"No SQL for {name}."),
    };

    private const int NumberPlaces = 30;

    private static string Strict(string[] arguments, string body, IReadOnlyList<QueryValue> values)
    {
        var columns = arguments.Select((argument, i) => $"{argument} as {Column(i)}");
        var there = Enumerable.Range(0, arguments.Length).Where(i => values[i] is not ConstantValue)
            .Select(i => $"v.{Column(i)} is not null");
        return $"(select {body} from (select {string.Join(", ", columns)} offset 0) v"
            + $" where {string.Join(" and ", there.DefaultIfEmpty("true"))})";
    }

    private static string Column(int index) => index < 26 ? ((char)('a' + index)).ToString() : "x" + index;

    private static string Clamp(string number, int least, int most) =>
        $"greatest({least}, least({most}, trunc({number})))::int";

    private static string Whole(string number) => Clamp(number, -1, 10_000);

    private static string Days(string sign)
    {
        var day = $"(v.a::date - {FirstDay} {sign} {Clamp("v.b", -4_000_000, 4_000_000)})";
        return $"case when {day} between 0 and 3652058 then to_char({FirstDay} + {day}, 'YYYY-MM-DD') end";
    }
}
