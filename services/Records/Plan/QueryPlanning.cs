using System.Text.Json;
using Xingchen.Schema;
using Xingchen.Schema.Expressions;

namespace Xingchen.Records.Plan;

/// <summary>What the planning of one statement shares among its SELECTs.</summary>
internal sealed class QueryPlanning(
    Schema.Schema schema, IReadOnlyDictionary<string, JsonElement> parameters, QueryClock clock)
{
    public Schema.Schema Schema { get; } = schema;

    public IReadOnlyDictionary<string, JsonElement> Parameters { get; } = parameters;

    public QueryClock Clock { get; } = clock;

    public DateOnly Today { get; } = clock.Today;

    /// <summary>What the expressions of the statement are run with.</summary>
    /// <remarks>What everybody reads asks for no user.</remarks>
    public ExpressionMoment Moment { get; init; } = clock.MomentFor("");

    public QueryFindings Findings { get; } = new();

    /// <summary>How many sources the statement has so far.</summary>
    public int Sources { get; private set; }

    public QuerySource Source(IReadOnlyList<SchemaObject> objects, QuerySource? child, SchemaField? via) =>
        new(Sources++, objects, child, via);
}
