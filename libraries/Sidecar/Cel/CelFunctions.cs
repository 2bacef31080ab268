using System.Globalization;
using System.Text.RegularExpressions;

namespace Xingchen.Sidecar.Cel;

/// <summary>The functions that are honoured.</summary>
internal static class CelFunctions
{
    /// <exception cref="FormatException">No such function, or the wrong number of arguments.</exception>
    public static CelNode Function(string name, List<CelNode> arguments)
    {
        if (name is not ("size" or "int" or "double" or "string"))
            throw new FormatException($"the function {name}() is not honoured");
        var argument = One(name, arguments);
        return name switch
        {
            "size" => cloudEvent => CelValues.Size(argument(cloudEvent)),
            "int" => cloudEvent => ToInt(argument(cloudEvent)),
            "double" => cloudEvent => ToDouble(argument(cloudEvent)),
            _ => cloudEvent => ToText(argument(cloudEvent)),
        };
    }

    /// <exception cref="FormatException">No such method, or the wrong number of arguments.</exception>
    public static CelNode Method(string name, CelNode of, List<CelNode> arguments)
    {
        if (name == "size" && arguments.Count == 0) return cloudEvent => CelValues.Size(of(cloudEvent));
        Func<string, string, object> test = name switch
        {
            "startsWith" => (text, part) => text.StartsWith(part, StringComparison.Ordinal),
            "endsWith" => (text, part) => text.EndsWith(part, StringComparison.Ordinal),
            "contains" => (text, part) => text.Contains(part, StringComparison.Ordinal),
            "matches" => (text, pattern) => Regex.IsMatch(text, pattern, RegexOptions.NonBacktracking),
            _ => throw new FormatException($"the method {name}() is not honoured"),
        };
        var argument = One(name, arguments);
        return cloudEvent => test(Text(of(cloudEvent), name), Text(argument(cloudEvent), name));
    }

    private static CelNode One(string name, List<CelNode> arguments) =>
        arguments.Count == 1 ? arguments[0] : throw new FormatException($"{name}() takes one argument");

    private static string Text(object? value, string name) =>
        value as string ?? throw new CelException($"{name}() is for texts");

    private static object ToInt(object? value) => value switch
    {
        long whole => whole,
        double real when real is > long.MinValue and < long.MaxValue => (long)real,
        string text when long.TryParse(
            text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => whole,
        _ => throw new CelException("int() cannot convert this"),
    };

    private static object ToDouble(object? value) => value switch
    {
        long whole => (double)whole,
        double real => real,
        string text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) => real,
        _ => throw new CelException("double() cannot convert this"),
    };

    private static string ToText(object? value) => value switch
    {
        string text => text,
        bool flag => flag ? "true" : "false",
        long or double => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        _ => throw new CelException("string() cannot convert this"),
    };
}
