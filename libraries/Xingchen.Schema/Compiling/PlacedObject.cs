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

/// <summary>A place and the form of the values in it.</summary>
internal sealed record PlacedField(string Key, string? Slot, StorageForm Form)
{
    public FieldPlace Place => new(Key, Slot);

    public static PlacedField Parse(JsonElement json) => new(
        json.GetProperty("k").GetString()!,
        json.TryGetProperty("s", out var slot) ? slot.GetString() : null,
        json.TryGetProperty("t", out var form)
            && Enum.TryParse<StorageForm>(form.GetString(), ignoreCase: true, out var parsed)
            ? parsed : StorageForm.None);

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("k", Key);
        if (Slot is not null) writer.WriteString("s", Slot);
        writer.WriteString("t", Form.ToString().ToLowerInvariant());
    }
}
