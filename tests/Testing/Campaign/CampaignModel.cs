using System.Text.Json;

namespace Xingchen.Testing.Campaign;

/// <summary>What an account must have at the end, by what it was told of its own writes.</summary>
/// <remarks>Thread-safe. Of two answers about one record the higher version counts.</remarks>
public sealed class CampaignModel
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, (long Version, JsonElement? Record, bool Live)> records = [];

    /// <summary>A record as an answer gave it; null where the answer said no more than the version.</summary>
    public void Wrote(string id, long version, JsonElement? record)
    {
        lock (gate)
            if (!records.TryGetValue(id, out var known) || known.Version < version)
                records[id] = (version, record, true);
    }

    /// <summary>A record went to the recycle bin, which is a version, or for good.</summary>
    public void Removed(string id)
    {
        lock (gate) records[id] = (records.GetValueOrDefault(id).Version + 1, null, false);
    }

    /// <summary>Whether the account ever made the record.</summary>
    public bool Knows(string id)
    {
        lock (gate) return records.ContainsKey(id);
    }

    /// <summary>Those that must be there.</summary>
    public IReadOnlyList<string> Live
    {
        get
        {
            lock (gate) return [.. records.Where(one => one.Value.Live).Select(one => one.Key)];
        }
    }

    /// <summary>How a record that was read differs from what is known of it; null where it does not.</summary>
    public string? Difference(JsonElement read)
    {
        var id = read.GetProperty("id").GetString()!;
        (long Version, JsonElement? Record, bool Live) known;
        lock (gate)
            if (!records.TryGetValue(id, out known)) return $"{id} was made by nobody who may: {read}";
        if (!known.Live) return $"{id} was deleted and is there: {read}";
        if (known.Version != read.GetProperty("version").GetInt64())
            return $"{id} has another version than {known.Version}: {read}";
        if (known.Record is not { } record) return null;
        var changed = read.EnumerateObject().FirstOrDefault(member =>
            !record.TryGetProperty(member.Name, out var value) || value.GetRawText() != member.Value.GetRawText());
        return changed.Value.ValueKind == JsonValueKind.Undefined ? null
            : $"{id} has another {changed.Name} than in {record}: {read}";
    }
}
