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
    public int Sources => outer?.Sources ?? count;

    private QueryPlanning? outer;
    private int count;

    /// <summary>A new source: the records that the caller sees of some objects.</summary>
    /// <remarks>The one place where sources come from, so that none is without its rules. Only an object of the whole
    /// schema is read whole: what computes a field reads such ones, for whoever asks.</remarks>
    public QuerySource Source(IReadOnlyList<SchemaObject> objects, QuerySource? child, SchemaField? via)
    {
        var index = Next();
        var source = new QuerySource(index, objects, child, via);
        if (!objects.Any(item => !ReferenceEquals(Schema.Whole.Find(item.Name), item)
            && AccessRules.Restrict(Schema, item, RecordRight.Read))) return source;
        return source.With([.. objects.Select(item =>
            AccessRules.Of(this, objects.Count == 1 ? source : new QuerySource(index, [item], child, via), item,
                RecordRight.Read))]);
    }

    /// <summary>The planning of what a rule reads, as parts of this statement.</summary>
    public QueryPlanning Within(Schema.Schema whole, string user) =>
        new(whole, Parameters, Clock) { outer = this, Moment = Clock.MomentFor(user) };

    private int Next() => outer?.Next() ?? count++;
}
