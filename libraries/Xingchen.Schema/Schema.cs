using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Text.Json;
using Xingchen.Schema.Expressions;

namespace Xingchen.Schema;

/// <summary>The layers resolved for one account: immutable, addressed by the hash of its stack and places.</summary>
/// <remarks>Shared by every account with an equal stack; holds nothing of any org's data. Safe for any
/// thread.</remarks>
public sealed class Schema
{
    private readonly FrozenDictionary<string, SchemaObject> objects;
    private readonly FrozenDictionary<int, SchemaObject> byPrefix;
    private readonly ConcurrentDictionary<string, ObjectConditions?> conditions = new();
    private readonly Lock gate = new();
    private volatile ComputedFields? computed;
    private ComputedFields? computing;

    private readonly FrozenDictionary<string, PermissionSet> permissionSets;
    private readonly IReadOnlyList<string> translated = [];

    /// <param name="languages">That translations are in, by tag.</param>
    public Schema(
        string address, IEnumerable<SchemaObject> objects, IReadOnlyList<PermissionSet>? permissionSets = null,
        IReadOnlyList<string>? languages = null)
    {
        translated = languages ?? [];
        PermissionSets = permissionSets ?? [];
        this.permissionSets = PermissionSets.ToFrozenDictionary(set => set.Name);
        Address = address;
        Objects = [.. objects];
        this.objects = Objects.ToFrozenDictionary(o => o.Name);
        byPrefix = Objects.ToFrozenDictionary(o => o.Prefix.Value);
        IsBuilding = Objects.Any(o => o.Fields.Any(f => f.Place.Building != FieldIndexes.None));
    }

    private Schema(Schema visible, SchemaCaller caller)
    {
        (Address, IsBuilding, Objects, PermissionSets) =
            (visible.Address, visible.IsBuilding, visible.Objects, visible.PermissionSets);
        (objects, byPrefix, permissionSets) = (visible.objects, visible.byPrefix, visible.permissionSets);
        Caller = caller;
    }

    /// <summary>Who sees only this of what is in force; null where this is all of it.</summary>
    public SchemaCaller? Caller { get; }

    /// <summary>Everything that is in force.</summary>
    public Schema Whole => Caller?.View.Whole ?? this;

    /// <summary>What a caller sees of this by his grants: the one way from a schema to what may be shown of
    /// it.</summary>
    /// <param name="grants">Null for one who is not restricted.</param>
    /// <param name="user">Who he is, as in <c>createdBy</c>.</param>
    public Schema For(Grants? grants, string user) => grants is null ? Whole
        : For(new SchemaCaller(CallerView.Of(Whole, grants.Sets), user, grants.Attributes));

    /// <summary>What a caller sees of this, and who he is.</summary>
    /// <param name="caller">Null for one who is not restricted.</param>
    /// <remarks>Where <paramref name="caller"/> has a view of another schema (what was in force at another time), his
    /// sets of that one say what he sees of this.</remarks>
    public Schema For(SchemaCaller? caller)
    {
        if (caller is null) return Whole;
        var view = caller.View.Whole == Whole ? caller.View : CallerView.By(Whole, caller.View.Sets);
        return new Schema(view.Visible, caller with { View = view });
    }

    /// <summary>SHA-256 of the stack and places that it was resolved from.</summary>
    public string Address { get; }

    /// <summary>The languages that translations are in, beside English and Chinese.</summary>
    public IReadOnlyList<string> Languages => Whole.translated;

    /// <summary>Whether an index of some field is still being filled for the account.</summary>
    public bool IsBuilding { get; }

    /// <summary>By name, ordinal.</summary>
    public IReadOnlyList<SchemaObject> Objects { get; }

    /// <summary>By name, ordinal; none in what a caller sees of a schema.</summary>
    public IReadOnlyList<PermissionSet> PermissionSets { get; }

    public PermissionSet? FindPermissionSet(string name) => permissionSets.GetValueOrDefault(name);

    public SchemaObject? Find(string name) => objects.GetValueOrDefault(name);

    public SchemaObject? Find(KeyPrefix prefix) => byPrefix.GetValueOrDefault(prefix.Value);

    /// <summary>What must hold of an object's records when they are written; null for nothing.</summary>
    /// <remarks>By everything that is in force, whatever the caller sees of it.</remarks>
    public ObjectConditions? ConditionsOf(string item) => Caller is not null ? Whole.ConditionsOf(item)
        : conditions.GetOrAdd(item, static (name, schema) =>
            schema.Find(name) is { } found ? ObjectConditions.Of(schema, found) : null, this);

    /// <summary>What computes its formulas and roll-ups: checked when it is first asked for.</summary>
    /// <remarks>Who sees a computed field sees its value, whatever it is computed from.</remarks>
    public ComputedFields Computed
    {
        get
        {
            if (Caller is not null) return Whole.Computed; // what a formula reads is not asked of who reads it
            if (computed is { } known) return known;
            lock (gate)
            {
                // A formula that reads another asks again while the first is being checked.
                if (computing is { } begun) return begun;
                if (computed is { } made) return made;
                made = ComputedFields.Of(this, begin => computing = begin);
                computing = null;
                return computed = made;
            }
        }
    }
}

/// <summary>A text in the languages it was given in.</summary>
/// <param name="ByLanguage">BCP 47 tag to text; <c>en</c> and <c>zh-CN</c> as a rule.</param>
public sealed record Label(IReadOnlyDictionary<string, string> ByLanguage)
{
    /// <summary>The text for the first of <paramref name="languages"/> there is, else English, else any.</summary>
    public string For(IReadOnlyList<string> languages)
    {
        foreach (var language in languages)
            if (ByLanguage.TryGetValue(language, out var text)) return text;
        return ByLanguage.TryGetValue("en", out var english) ? english : ByLanguage.Values.FirstOrDefault() ?? "";
    }
}

/// <summary>An object of a schema.</summary>
/// <param name="Layer">The layer that defines it: <c>global</c>, <c>idc</c>, <c>group</c>, a package's name, or
/// <c>account</c>.</param>
/// <param name="Custom">Whether a package or the private layer defines it.</param>
/// <param name="Fields">In their order of presentation.</param>
/// <param name="Children">The relationships of which this object is the master or the referenced end and that have a
/// name.</param>
/// <param name="MasterField">The name of its master–detail field, or null.</param>
public sealed record SchemaObject(
    string Name, Label Label, Label PluralLabel, KeyPrefix Prefix, string NameField, string Layer, bool Custom,
    IReadOnlyList<SchemaField> Fields, IReadOnlyList<ChildRelation> Children, string? MasterField)
{
    private readonly FrozenDictionary<string, SchemaField> byName = Fields.ToFrozenDictionary(f => f.Name);
    private readonly FrozenDictionary<string, SchemaField> byKey = Fields.ToFrozenDictionary(f => f.Place.BodyKey);

    /// <summary>Whether it is kept out of sight; its records stay readable and writable.</summary>
    public bool Hidden { get; init; }

    /// <summary>Days for which every version of a record is kept; null for what the cell says.</summary>
    public int? HistoryDays { get; init; }

    /// <summary>Days after which a deleted record is purged; null for what the cell says.</summary>
    public int? RecycleBinDays { get; init; }

    /// <summary>By name, ordinal.</summary>
    public IReadOnlyList<ValidationRule> Rules { get; init; } = [];

    public Label? Description { get; init; }

    public Label? Help { get; init; }

    public SchemaField? Find(string field) => byName.GetValueOrDefault(field);

    public SchemaField? FindByKey(string bodyKey) => byKey.GetValueOrDefault(bodyKey);
}

/// <summary>A validation rule of an object.</summary>
/// <param name="Condition">An expression that holds where a record is wrong.</param>
/// <param name="Message">What is said then.</param>
/// <param name="Fields">The fields that it is about; none where it is about the whole record.</param>
/// <param name="Layer">The layer that defines it.</param>
public sealed record ValidationRule(
    string Name, string Condition, Label Message, IReadOnlyList<string> Fields, string Layer);

/// <summary>A named relationship from a parent to its child records.</summary>
/// <param name="Name">As it stands in a parent's record and after FROM in a child subquery.</param>
/// <param name="Object">The child object.</param>
/// <param name="Field">Its field that refers to the parent.</param>
/// <param name="Owned">Whether the relationship is master–detail: children live and die with their parent.</param>
public sealed record ChildRelation(string Name, string Object, string Field, bool Owned);

/// <summary>A field of an object.</summary>
/// <param name="Length">Characters (Unicode scalar values) at most; null where the type has none.</param>
/// <param name="Precision">Decimal digits in all; null where the type has none.</param>
/// <param name="Scale">Decimal digits after the point; null where the type has none.</param>
/// <param name="Values">The values of a picklist, in order; empty elsewhere.</param>
/// <param name="References">Names of the objects that a reference may point to; more than one is a polymorphic
/// reference.</param>
/// <param name="CaseSensitive">Whether text compares, sorts and is unique case-sensitively; true unless the field
/// says otherwise.</param>
/// <param name="OnDelete">What deleting a referenced record does: <c>restrict</c>, <c>clear</c> or
/// <c>cascade</c>.</param>
/// <param name="Searchable">Whether CONTAINS finds it by an index.</param>
/// <param name="Default">The value a record gets where it brings none; null where there is no default.</param>
public sealed record SchemaField(
    string Name, Label Label, FieldType Type, string Layer, FieldPlace Place,
    bool Required = false, bool Unique = false, bool Indexed = false, bool ReadOnly = false, bool Hidden = false,
    int? Length = null, int? Precision = null, int? Scale = null,
    IReadOnlyList<PicklistValue>? Values = null, IReadOnlyList<string>? References = null,
    bool CaseSensitive = true, string OnDelete = "restrict", JsonElement? Default = null, string? Formula = null,
    Label? Help = null, string? Format = null, bool Searchable = false)
{
    /// <summary>What a formula gives; null where the field is none.</summary>
    public FieldType? Result { get; init; }

    /// <summary>How children are summarized; null where the field is no roll-up.</summary>
    public Rollup? Rollup { get; init; }

    /// <summary>The condition under which a record needs a value; null where there is none.</summary>
    public string? RequiredIf { get; init; }

    /// <summary>Whether its owner asks not to use it any more; it works as before.</summary>
    public bool Deprecated { get; init; }

    /// <summary>The condition under which a change may not change the value; null where there is none.</summary>
    public string? ReadOnlyIf { get; init; }

    /// <summary>The expression of the default; null where that is a value or there is none.</summary>
    public string? DefaultExpression { get; init; }

    /// <summary>Whether it is computed when it is read, and rests nowhere.</summary>
    public bool IsComputed => Type is FieldType.Formula or FieldType.Rollup;
}

/// <summary>A summary of child records.</summary>
/// <param name="Of">The relationship.</param>
/// <param name="Each">What is summarized of each child: an expression; null where they are counted.</param>
/// <param name="Filter">Which children: a condition; null for all.</param>
public sealed record Rollup(string Of, Summary Summary, string? Each, string? Filter)
{
    /// <summary>The functions as definitions name them, in the order of <see cref="Expressions.Summary"/>.</summary>
    internal static readonly string[] Functions = ["count", "sum", "min", "max", "avg"];

    public static string NameOf(Summary summary) => Functions[(int)summary];
}

/// <summary>A value of a picklist.</summary>
/// <param name="Hidden">A hidden value stays readable in records and may not be written anew.</param>
public sealed record PicklistValue(string Value, Label Label, bool Hidden = false);
