using System.Text.Json;

namespace Xingchen.Sidecar.Cel;

/// <summary>The part of CEL (https://cel.dev) that routing rules use, over one variable, <c>event</c>.</summary>
/// <remarks>
/// <c>== != &lt; &lt;= &gt; &gt;= &amp;&amp; || ! in</c>, fields and indexes, literals and lists, <c>has() size()
/// int() double() string()</c>, <c>startsWith endsWith contains matches size</c>. Anything else does not parse.
/// Immutable, thread-safe.
/// </remarks>
internal sealed class CelExpression
{
    private readonly string text;
    private readonly CelNode root;

    private CelExpression(string text, CelNode root)
    {
        this.text = text;
        this.root = root;
    }

    /// <exception cref="FormatException">Not CEL, or not of the part that is honoured; says where.</exception>
    public static CelExpression Parse(string text) => new(text, new CelParser(text).Parse());

    /// <summary>Whether the event matches.</summary>
    /// <exception cref="CelException">A key that is not there, or a value of the wrong type.</exception>
    public bool Matches(JsonElement cloudEvent) => root(cloudEvent) switch
    {
        bool result => result,
        _ => throw new CelException("the expression is neither true nor false"),
    };

    public override string ToString() => text;
}

/// <summary>An expression met a value that it cannot use.</summary>
internal sealed class CelException(string message) : Exception(message);

/// <summary>One node: the event in, and out a null, bool, long, double, string, list or <see cref="JsonElement"/>
/// object.</summary>
internal delegate object? CelNode(JsonElement cloudEvent);
