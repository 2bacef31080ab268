using System.Collections.Frozen;

namespace Xingchen.Schema;

/// <summary>A schema as somebody sees it who has some permission sets, and what he may do with it.</summary>
/// <remarks>
/// Sets add up: a right, and a field, is there where any of them gives it. A name that is no set of the schema gives
/// nothing. Immutable and safe for any thread; depends on the schema and the sets alone, so that callers with equal
/// sets share one.
/// </remarks>
public sealed class CallerView
{
    private readonly FrozenDictionary<string, ObjectRights> rights;

    private CallerView(
        Schema whole, IReadOnlyList<PermissionSet> sets, FrozenDictionary<string, ObjectRights> rights)
    {
        Whole = whole;
        Sets = sets;
        this.rights = rights;
        Visible = new Schema(whole.Address, whole.Objects.Where(item => MayRead(item.Name)).Select(Seen));
    }

    /// <summary>Everything that is in force.</summary>
    public Schema Whole { get; }

    /// <summary>What the caller sees of it: no other objects, fields, references and relationships are there. A field
    /// that he may not edit is read-only.</summary>
    public Schema Visible { get; }

    /// <summary>The sets that it goes by.</summary>
    public IReadOnlyList<PermissionSet> Sets { get; }

    /// <summary>The view of <paramref name="whole"/> by the sets of these names.</summary>
    public static CallerView Of(Schema whole, IEnumerable<string> sets) =>
        By(whole, [.. sets.Distinct().Select(whole.FindPermissionSet).OfType<PermissionSet>()]);

    /// <summary>The view of <paramref name="whole"/> by sets, perhaps of what was in force at another time.</summary>
    public static CallerView By(Schema whole, IReadOnlyList<PermissionSet> granted)
    {
        var given = whole.Objects.ToFrozenDictionary(item => item.Name, item => new ObjectRights(item,
            [.. granted.Select(set => set.Objects.GetValueOrDefault(item.Name)).OfType<ObjectPermission>()
                .Where(permission => permission.Read)]));
        return new CallerView(whole, granted, given);
    }

    /// <summary>What the caller may do with records of an object of the schema.</summary>
    public ObjectRights Of(string item) => rights[item];

    private bool MayRead(string item) => rights.TryGetValue(item, out var right) && right.May(RecordRight.Read);

    private SchemaObject Seen(SchemaObject item)
    {
        var right = rights[item.Name];
        return new SchemaObject(
            item.Name, item.Label, item.PluralLabel, item.Prefix,
            right.Sees(item.NameField) ? item.NameField : "id", item.Layer, item.Custom,
            [.. item.Fields.Where(field => right.Sees(field.Name)).Select(field => field with
            {
                ReadOnly = field.ReadOnly || !right.Edits(field.Name),
                References = field.References is null ? null : [.. field.References.Where(MayRead)],
            })],
            [.. item.Children.Where(child => MayRead(child.Object) && rights[child.Object].Sees(child.Field))],
            item.MasterField is { } master && right.Sees(master) ? master : null)
        {
            Hidden = item.Hidden, HistoryDays = item.HistoryDays, RecycleBinDays = item.RecycleBinDays,
            Rules = item.Rules, Description = item.Description, Help = item.Help,
        };
    }
}

/// <summary>What somebody may do with an object's records, by all of his permission sets together.</summary>
public sealed class ObjectRights
{
    private readonly IReadOnlyList<ObjectPermission> permissions;
    private readonly FrozenDictionary<string, FieldPermission> fields;

    internal ObjectRights(SchemaObject item, IReadOnlyList<ObjectPermission> permissions)
    {
        this.permissions = permissions;
        fields = item.Fields.ToFrozenDictionary(field => field.Name, field => permissions.Count == 0
            ? FieldPermission.None : permissions.Max(permission => permission.Of(field.Name)));
    }

    /// <summary>Whether the right is there at all, for some records.</summary>
    public bool May(RecordRight right) => permissions.Any(permission => permission.Allows(right));

    public bool Sees(string field) => fields.GetValueOrDefault(field) >= FieldPermission.See;

    public bool Edits(string field) => fields.GetValueOrDefault(field) == FieldPermission.Edit;

    /// <summary>The records that a right is for: those for which any of these conditions holds; null for all of
    /// them.</summary>
    public IReadOnlyList<string>? Rules(RecordRight right)
    {
        var rules = permissions.Where(permission => permission.Allows(right)).Select(permission => permission.Rule)
            .Distinct().ToList();
        return rules.Contains(null) ? null : [.. rules.OfType<string>()];
    }
}

/// <summary>Who sees a schema by permission sets.</summary>
/// <param name="View">What he sees and may do.</param>
/// <param name="User">Who he is, as in <c>createdBy</c>.</param>
/// <param name="Attributes">What is known of him: a flat JSON object.</param>
/// <param name="Now">What his request reckons from.</param>
/// <param name="TimeZone">IANA name of the zone that his account reckons its days in.</param>
public sealed record SchemaCaller(
    CallerView View, string User, string Attributes, DateTimeOffset Now = default, string TimeZone = "UTC");
