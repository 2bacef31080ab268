using System.Runtime.CompilerServices;
using System.Text.Json;
using Xingchen.Records.Values;
using Xingchen.Schema;

namespace Xingchen.Records.Plan;

/// <summary>What the record path asks of an object at every request, computed once per schema.</summary>
internal sealed class ObjectLayout
{
    private static readonly ConditionalWeakTable<SchemaObject, ObjectLayout> Known = [];

    private readonly int[] standard;
    private readonly int[] custom;
    private readonly Dictionary<string, int> ordinals = [];

    private ObjectLayout(SchemaObject item)
    {
        Object = item;
        Fields = [.. item.Fields.Select(field => new FieldLayout(field))];
        standard = Index(Fields, isCustom: false);
        custom = Index(Fields, isCustom: true);
        for (var i = 0; i < Fields.Length; i++) ordinals[Fields[i].Field.Name] = i;
        Slots = [.. Fields.Index().Where(entry => entry.Item.Field.Place.Slot is not null)
            .Select(entry => entry.Index)];
        Uniques = [.. Fields.Index().Where(entry => entry.Item.Field.Unique).Select(entry => entry.Index)];
        Searchables = [.. Fields.Index().Where(entry => entry.Item.Field.Searchable).Select(entry => entry.Index)];
        Computed = [.. Fields.Index().Where(entry => entry.Item.Field.IsComputed).Select(entry => entry.Index)];
        Prefix = item.Prefix.Value;
    }

    public SchemaObject Object { get; }

    public int Prefix { get; }

    public FieldLayout[] Fields { get; }

    /// <summary>Ordinals of the fields that have a slot.</summary>
    public int[] Slots { get; }

    /// <summary>Ordinals of the unique fields.</summary>
    public int[] Uniques { get; }

    /// <summary>Ordinals of the searchable fields.</summary>
    public int[] Searchables { get; }

    /// <summary>Ordinals of the fields that rest nowhere and are computed when they are read.</summary>
    public int[] Computed { get; }

    public static ObjectLayout Of(SchemaObject item) => Known.GetValue(item, static item => new ObjectLayout(item));

    /// <summary>The ordinal of a field by its name; -1 where there is none.</summary>
    public int Find(string name) => ordinals.GetValueOrDefault(name, -1);

    /// <summary>The ordinal of a field by its key in the body, <c>12</c> or <c>_12</c>; -1 where the schema has
    /// none.</summary>
    public int Find(ReadOnlySpan<byte> bodyKey)
    {
        var index = bodyKey.Length > 0 && bodyKey[0] == (byte)'_' ? custom : standard;
        var number = 0;
        foreach (var digit in bodyKey)
        {
            if (digit == (byte)'_') continue;
            number = number * 10 + digit - '0';
        }
        return number >= 0 && number < index.Length ? index[number] : -1;
    }

    private static int[] Index(FieldLayout[] fields, bool isCustom)
    {
        var numbers = fields.Index()
            .Where(entry => entry.Item.Field.Place.BodyKey.StartsWith('_') == isCustom)
            .Select(entry => (Number: int.Parse(entry.Item.Field.Place.BodyKey.TrimStart('_')), entry.Index)).ToList();
        var index = new int[numbers.Count == 0 ? 0 : numbers.Max(entry => entry.Number) + 1];
        Array.Fill(index, -1);
        foreach (var (number, ordinal) in numbers) index[number] = ordinal;
        return index;
    }
}

/// <summary>A field with its codec and its name as JSON.</summary>
internal sealed class FieldLayout(SchemaField field)
{
    public SchemaField Field { get; } = field;

    public ValueCodec Codec { get; } = ValueCodec.For(field.Type);

    public JsonEncodedText Name { get; } = JsonEncodedText.Encode(field.Name);

    /// <summary>What a slot holds of a value; null where the field has none or the family does not fit.</summary>
    public object? SlotOf(StoredValue value) => Field.Place.Slot?[0] switch
    {
        't' => value.Sort as string,
        'n' => value.Sort is double number ? number : null,
        'd' => value.Sort is DateTime time ? time : null,
        'r' => value.Sort is long id ? id : null,
        _ => null,
    };
}
