using System.Collections.Immutable;
using System.Text.Json;
using Xingchen.Schema.FieldTypes;

namespace Xingchen.Schema;

/// <summary>Where an object's values rest.</summary>
/// <param name="Prefix">Of objects of packages and the private layer; those of standard ones stand in their
/// definition.</param>
/// <param name="Fields">By name; more than one place where the field was once another kind of value, the present one
/// first.</param>
internal sealed record PlacedObject(
    KeyPrefix? Prefix, ImmutableSortedDictionary<string, ImmutableArray<PlacedField>> Fields)
{
    public static readonly ImmutableSortedDictionary<string, ImmutableArray<PlacedField>> NoFields =
        ImmutableSortedDictionary.Create<string, ImmutableArray<PlacedField>>(StringComparer.Ordinal);

    public PlacedField? Find(string field, StorageForm form) =>
        Fields.GetValueOrDefault(field) is { IsDefault: false } places ? places.FirstOrDefault(p => p.Form == form)
            : null;

    public static PlacedObject Parse(JsonElement json)
    {
        var fields = NoFields.ToBuilder();
        foreach (var field in json.GetProperty("fields").EnumerateObject())
        {
            var places = ImmutableArray.Create(PlacedField.Parse(field.Value));
            if (field.Value.TryGetProperty("was", out var was))
                places = places.AddRange(was.EnumerateArray().Select(PlacedField.Parse));
            fields[field.Name] = places;
        }
        return new PlacedObject(
            json.TryGetProperty("prefix", out var text) && KeyPrefix.TryParse(text.GetString(), out var prefix)
                ? prefix : null,
            fields.ToImmutable());
    }

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("fields");
        foreach (var (name, places) in Fields)
        {
            writer.WriteStartObject(name);
            places[0].Write(writer);
            if (places.Length > 1)
            {
                writer.WriteStartArray("was");
                foreach (var place in places.Skip(1))
                {
                    writer.WriteStartObject();
                    place.Write(writer);
                    writer.WriteEndObject();
                }
                writer.WriteEndArray();
            }
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
        if (Prefix is { } prefix) writer.WriteString("prefix", prefix.ToString());
        writer.WriteEndObject();
    }
}

/// <summary>What a field asks of its indexes.</summary>
/// <param name="IgnoresCase">Whether its texts compare so.</param>
internal readonly record struct IndexWishes(bool Unique, bool Search, bool IgnoresCase)
{
    public static IndexWishes Of(ResolvedItem field) => new(
        field.Flag("unique"), field.Flag("searchable"), field.Value("caseSensitive")?.ValueKind == JsonValueKind.False);

    /// <summary>One letter each; nothing for a field that asks for nothing.</summary>
    public override string ToString() => (IgnoresCase ? "i" : "") + (Search ? "s" : "") + (Unique ? "u" : "");

    public static IndexWishes Parse(string letters) =>
        new(letters.Contains('u'), letters.Contains('s'), letters.Contains('i'));
}

/// <summary>A place and the form of the values in it.</summary>
internal sealed record PlacedField(string Key, string? Slot, StorageForm Form)
{
    public IndexRounds Rounds { get; init; }

    /// <summary>What the field asked for when it was last in force: what the data is.</summary>
    public IndexWishes Wishes { get; init; }

    public FieldPlace Place => new(Key, Slot, Rounds);

    /// <summary>Whether the value rests where the standard layers put it.</summary>
    public bool IsOfStandard => !Key.StartsWith('_');

    /// <summary>Where the account finds a standard field, given its own place of it: the standard key, and of each
    /// index the one that is kept.</summary>
    public FieldPlace With(PlacedField? own) => own is not { IsOfStandard: true } || own.Key != Key ? Place : new(
        Key, own.Slot ?? Slot, new IndexRounds(
            own.Slot is null ? Rounds.Slot : own.Rounds.Slot,
            own.Wishes.Unique ? own.Rounds.Unique : Rounds.Unique,
            own.Wishes.Search ? own.Rounds.Search : Rounds.Search));

    /// <summary>The same place for what the field asks for now, with a new round of every index that the data there is
    /// not in yet.</summary>
    /// <param name="wishes">What is asked for.</param>
    /// <param name="slot">A slot for a field that has none and wants one; else null.</param>
    /// <param name="step">1, or -1 for wishes of an account about a standard field.</param>
    public PlacedField For(IndexWishes wishes, string? slot, int step)
    {
        var moved = wishes.IgnoresCase != Wishes.IgnoresCase;
        return this with
        {
            Slot = Slot ?? slot,
            Wishes = wishes,
            Rounds = new IndexRounds(
                Rounds.Slot + (slot is not null || (moved && Slot is not null) ? step : 0),
                Rounds.Unique + (wishes.Unique && (moved || !Wishes.Unique) ? step : 0),
                Rounds.Search + (wishes.Search && (moved || !Wishes.Search) ? step : 0)),
        };
    }

    public static PlacedField Parse(JsonElement json) => new(
        json.GetProperty("k").GetString()!,
        json.TryGetProperty("s", out var slot) ? slot.GetString() : null,
        json.TryGetProperty("t", out var form)
            && Enum.TryParse<StorageForm>(form.GetString(), ignoreCase: true, out var parsed)
            ? parsed : StorageForm.None)
    {
        Rounds = json.TryGetProperty("r", out var rounds)
            ? new IndexRounds(rounds[0].GetInt32(), rounds[1].GetInt32(), rounds[2].GetInt32()) : default,
        Wishes = json.TryGetProperty("d", out var wishes) ? IndexWishes.Parse(wishes.GetString()!) : default,
    };

    public void Write(Utf8JsonWriter writer)
    {
        if (Wishes != default) writer.WriteString("d", Wishes.ToString());
        writer.WriteString("k", Key);
        if (Rounds != default)
        {
            writer.WriteStartArray("r");
            writer.WriteNumberValue(Rounds.Slot);
            writer.WriteNumberValue(Rounds.Unique);
            writer.WriteNumberValue(Rounds.Search);
            writer.WriteEndArray();
        }
        if (Slot is not null) writer.WriteString("s", Slot);
        writer.WriteString("t", Form.ToString().ToLowerInvariant());
    }
}
