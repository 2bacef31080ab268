using System.Collections.Immutable;
using System.Text.Json;

namespace Xingchen.Schema;

/// <summary>Where values rest, for the standard layers of a cell or for one account. Immutable and
/// append-only.</summary>
/// <remarks>A place once given stays its field's for ever, also while the field is not in force: data waits in it. A
/// field that comes back as another kind of value gets another place, and its old one again if it changes
/// back.</remarks>
public sealed class Places
{
    private readonly ImmutableSortedDictionary<string, PlacedObject> objects;

    private Places(ImmutableSortedDictionary<string, PlacedObject> objects, int next)
    {
        this.objects = objects;
        Next = next;
    }

    /// <summary>Nothing placed.</summary>
    public static Places None { get; } =
        new(ImmutableSortedDictionary.Create<string, PlacedObject>(StringComparer.Ordinal), KeyPrefix.FirstAllotted);

    /// <summary>The next key prefix to give to an object of a package or of the private layer.</summary>
    internal int Next { get; }

    internal PlacedObject? Find(string name) => objects.GetValueOrDefault(name);

    internal Places With(string name, PlacedObject placed, int next) => new(objects.SetItem(name, placed), next);

    /// <summary>Gives a place to every field that has none.</summary>
    /// <param name="resolution">What is to be in force.</param>
    /// <param name="standard">The places of the standard layers.</param>
    /// <param name="account">The places of the account; <see cref="None"/> where <paramref
    /// name="forStandard"/>.</param>
    /// <param name="forStandard">Whether the fields of standard layers are placed, else those of packages and the
    /// private layer.</param>
    /// <returns>The new standard places or the new places of the account; the same instance where nothing was to
    /// do.</returns>
    public static Places Allot(Resolution resolution, Places standard, Places account, bool forStandard) =>
        new PlaceAllotment(standard, account, forStandard).Allot(resolution);

    /// <summary>Reads what <see cref="ToJson"/> wrote; an empty object is <see cref="None"/>.</summary>
    /// <exception cref="JsonException">It is not such a document.</exception>
    public static Places Parse(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        return Parse(document.RootElement);
    }

    /// <inheritdoc cref="Parse(ReadOnlyMemory{byte})"/>
    public static Places Parse(string json) => Parse(System.Text.Encoding.UTF8.GetBytes(json));

    /// <inheritdoc cref="Parse(ReadOnlyMemory{byte})"/>
    public static Places Parse(JsonElement json)
    {
        var builder = ImmutableSortedDictionary.CreateBuilder<string, PlacedObject>(StringComparer.Ordinal);
        if (json.TryGetProperty("objects", out var all))
            foreach (var one in all.EnumerateObject()) builder[one.Name] = PlacedObject.Parse(one.Value);
        return new Places(builder.ToImmutable(),
            json.TryGetProperty("next", out var next) && KeyPrefix.TryParse(next.GetString(), out var prefix)
                ? prefix.Value : KeyPrefix.FirstAllotted);
    }

    /// <summary>Canonical JSON:
    /// <c>{"next":"A01","objects":{"c__Pet":{"fields":{"x":{"k":"_1","s":"t1","t":"text"}},"prefix":"A00"}}}</c>.
    /// </summary>
    public byte[] ToJson() => CanonicalJson.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("next", new KeyPrefix(Next).ToString());
        writer.WriteStartObject("objects");
        foreach (var (name, placed) in objects)
        {
            writer.WritePropertyName(name);
            placed.Write(writer);
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    });
}
