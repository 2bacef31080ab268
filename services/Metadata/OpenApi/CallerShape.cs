using Xingchen.Schema;

namespace Xingchen.Metadata.OpenApi;

/// <summary>What a caller may create, change and delete of an object.</summary>
internal readonly record struct Rights(bool Create, bool Edit, bool Delete);

/// <summary>The schema as a caller sees it, and what he may do with it: all that his document depends on.</summary>
/// <param name="whole">What is in force.</param>
/// <param name="sets">The permission sets that he is granted; null for one who is not restricted.</param>
internal sealed class CallerShape(Schema.Schema whole, IReadOnlyList<string>? sets)
{
    private readonly Schema.Schema seen = whole.For(sets is null ? null : new Grants(sets), "");

    /// <summary>Objects that are not kept out of sight, by name.</summary>
    public IEnumerable<SchemaObject> Objects => seen.Objects.Where(item => !item.Hidden);

    /// <summary>The object as he sees it; null where he does not, or it is kept out of sight.</summary>
    public SchemaObject? Find(string name) => seen.Find(name) is { Hidden: false } item ? item : null;

    /// <summary>The key prefix of an object's ids, also of one that is kept out of sight; null where he does not see
    /// it.</summary>
    public string? PrefixOf(string name) => seen.Find(name)?.Prefix.ToString();

    /// <summary>The type of what a computed field gives; null where its expression is wrong.</summary>
    public FieldType? TypeOf(SchemaObject item, SchemaField field) => seen.Computed.TypeOf(item, field);

    public Rights RightsOf(SchemaObject item)
    {
        var rights = seen.Caller?.View.Of(item.Name);
        bool May(RecordRight right) => rights?.May(right) != false;
        return new Rights(May(RecordRight.Create), May(RecordRight.Edit), May(RecordRight.Delete));
    }

    /// <summary>What is equal for callers who are granted the same of a schema.</summary>
    public static string Key(Schema.Schema whole, IReadOnlyList<string>? sets) => sets is null ? "*"
        : string.Join(' ', sets.Where(set => whole.FindPermissionSet(set) is not null).Distinct()
            .Order(StringComparer.Ordinal));
}
