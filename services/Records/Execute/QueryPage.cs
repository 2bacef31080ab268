using Xingchen.Records.Plan;
using Xingchen.Schema;

namespace Xingchen.Records.Execute;

/// <summary>The keys of the order, between the text in a cursor and the constants of a statement.</summary>
internal static class QueryPage
{
    /// <summary>The keys as constants; null where the cursor does not fit the plan (the schema has changed
    /// since).</summary>
    public static IReadOnlyList<ConstantValue?>? Keys(IReadOnlyList<OrderKey> order, IReadOnlyList<string?> keys)
    {
        if (keys.Count != order.Count) return null;
        var values = new ConstantValue?[keys.Count];
        for (var i = 0; i < keys.Count; i++)
        {
            if (keys[i] is not { } text) continue;
            if (Read(order[i].Value.Kind, text) is not { } value) return null;
            values[i] = new ConstantValue(value, order[i].Value.Kind);
        }
        return values;
    }

    private static object? Read(ValueKind kind, string text) => kind switch
    {
        ValueKind.Text or ValueKind.Number => text,
        ValueKind.Boolean => text == "true",
        ValueKind.Date => DateOnly.TryParseExact(text, "yyyy-MM-dd", out var date) ? date : null,
        ValueKind.DateTime => long.TryParse(text, out var micros)
            ? DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond) : null,
        ValueKind.Id => long.TryParse(text, out var id) ? id : null,
        _ => null,
    };
}
