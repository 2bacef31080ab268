using System.Buffers.Binary;
using System.Diagnostics;

namespace Xingchen.Sidecar.Http;

/// <summary>The W3C trace context (https://www.w3.org/TR/trace-context/) of one hop.</summary>
/// <remarks>A hop keeps the trace id, the flags and the state, and puts a span id of its own; a request without a valid
/// <c>traceparent</c> begins a trace.</remarks>
/// <param name="Parent">The <c>traceparent</c> to send on.</param>
/// <param name="State">The <c>tracestate</c> to send on; null for none.</param>
internal readonly record struct TraceContext(string Parent, string? State)
{
    private const int ParentLength = 55; // version 00: 2-32-16-2, in hex

    /// <summary>The 32 hex digits that all hops share.</summary>
    public string TraceId => Parent.Substring(3, 32);

    /// <param name="parent">The inbound <c>traceparent</c>.</param>
    /// <param name="state">The inbound <c>tracestate</c>; dropped with an invalid parent.</param>
    /// <param name="sampling">0 to 1: the share of new traces that are marked as sampled.</param>
    public static TraceContext Continue(string? parent, string? state, double sampling)
    {
        if (parent is not null && IsValid(parent))
        {
            var span = ActivitySpanId.CreateRandom().ToHexString();
            var next = string.Concat("00-", parent.AsSpan(3, 33), span, parent.AsSpan(52, 3));
            return new TraceContext(next, string.IsNullOrEmpty(state) ? null : state);
        }
        var trace = ActivityTraceId.CreateRandom();
        var flags = IsSampled(trace, sampling) ? "01" : "00";
        return new TraceContext($"00-{trace.ToHexString()}-{ActivitySpanId.CreateRandom().ToHexString()}-{flags}",
            null);
    }

    /// <summary>Whether it is a <c>traceparent</c> of any version that begins like version 00.</summary>
    internal static bool IsValid(ReadOnlySpan<char> parent) =>
        parent.Length >= ParentLength
        && (parent.Length == ParentLength ? !parent.StartsWith("ff") : parent[ParentLength] == '-'
            && !parent.StartsWith("00"))
        && parent[2] == '-' && parent[35] == '-' && parent[52] == '-'
        && IsHex(parent[..2]) && IsHex(parent[3..35]) && IsHex(parent[36..52]) && IsHex(parent[53..55])
        && parent[3..35].ContainsAnyExcept('0') && parent[36..52].ContainsAnyExcept('0');

    private static bool IsHex(ReadOnlySpan<char> text) => !text.ContainsAnyExcept("0123456789abcdef");

    /// <summary>Decides by the trace id, so that every sidecar decides alike.</summary>
    private static bool IsSampled(ActivityTraceId trace, double sampling)
    {
        Span<byte> bytes = stackalloc byte[16];
        trace.CopyTo(bytes);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]) / (double)ulong.MaxValue < sampling || sampling >= 1;
    }
}
