using System.Runtime.CompilerServices;
using System.Text;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Something whose value is known at run time.</summary>
public interface IValueProvider
{
    ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default);
}

/// <summary>Something that the manifest names by an expression, such as <c>{postgres.bindings.tcp.host}</c>.</summary>
public interface IManifestExpressionProvider
{
    string ValueExpression { get; }
}

/// <summary>Text with values in it: resolved at run time, written as expressions in the manifest.</summary>
public sealed class ReferenceExpression : IValueProvider, IManifestExpressionProvider
{
    private readonly IReadOnlyList<object> parts;

    private ReferenceExpression(IReadOnlyList<object> parts) => this.parts = parts;

    public string ValueExpression => string.Concat(
        parts.Select(part => part is IManifestExpressionProvider provider ? provider.ValueExpression : (string)part));

    public static ReferenceExpression Create(in ExpressionInterpolatedStringHandler handler) => new(handler.Parts);

    public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default)
    {
        var text = new StringBuilder();
        foreach (var part in parts)
            text.Append(
                part is IValueProvider provider ? await provider.GetValueAsync(cancellationToken) : (string)part);
        return text.ToString();
    }

    /// <summary>Collects the parts of <c>$"…"</c> without formatting them.</summary>
    [InterpolatedStringHandler]
    public ref struct ExpressionInterpolatedStringHandler(int literalLength, int formattedCount)
    {
        internal readonly List<object> Parts { get; } = new(
            literalLength == 0 ? formattedCount : formattedCount * 2 + 1);

        public readonly void AppendLiteral(string value) => Parts.Add(value);

        public readonly void AppendFormatted(string? value) => Parts.Add(value ?? "");

        public readonly void AppendFormatted<T>(T valueProvider)
            where T : IValueProvider, IManifestExpressionProvider => Parts.Add(valueProvider);

        public readonly void AppendFormatted<T>(IResourceBuilder<T> valueProvider)
            where T : IResource, IValueProvider, IManifestExpressionProvider => Parts.Add(valueProvider.Resource);
    }
}
