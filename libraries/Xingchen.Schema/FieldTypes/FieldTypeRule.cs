using System.Text.Json;

namespace Xingchen.Schema.FieldTypes;

/// <summary>How a value rests in a record's body; a field that changes to a type of the same form keeps its
/// data.</summary>
public enum StorageForm
{
    None, Text, Texts, Number, Boolean, Date, Time, Reference, Json,
}

/// <summary>A whole number that a property of a field may have.</summary>
/// <param name="Default">What counts where the field does not say.</param>
public sealed record Range(int Least, int Most, int Default);

/// <summary>What holds for every field of a type. One class per type; stateless, safe for any thread.</summary>
public abstract class FieldTypeRule
{
    private static readonly FieldTypeRule[] Rules =
    [
        new TextType(), new LongTextType(), new IntegerType(), new NumberType(), new CurrencyType(), new PercentType(),
        new BooleanType(), new DateType(), new DateTimeType(), new PicklistType(), new MultiPicklistType(),
        new ReferenceType(), new MasterDetailType(), new AutoNumberType(), new FormulaType(), new RollupType(),
        new EmailType(), new PhoneType(), new UrlType(), new JsonType(), new FileType(),
    ];

    private static readonly Dictionary<string, FieldTypeRule> ByName = Rules.ToDictionary(r => r.Name);

    /// <summary>Every type, in the order of <see cref="FieldType"/>.</summary>
    public static IReadOnlyList<FieldTypeRule> All => Rules;

    public abstract FieldType Type { get; }

    /// <summary>As in a definition: camelCase.</summary>
    public string Name => NameOf(Type);

    /// <summary>Which columns can index it.</summary>
    public abstract SlotFamily Slots { get; }

    public abstract StorageForm Storage { get; }

    /// <summary>Characters at most; null where the type has no length.</summary>
    public virtual Range? Length => null;

    /// <summary>Decimal digits in all; null where the type has none.</summary>
    public virtual Range? Precision => null;

    /// <summary>Decimal digits after the point; null where the type has none.</summary>
    public virtual Range? Scale => null;

    /// <summary>Whether fields of it may be unique.</summary>
    public virtual bool CanBeUnique => Slots is not SlotFamily.None;

    /// <summary>Whether a record may bring a value, and so the field have a default or be required.</summary>
    public virtual bool Written => true;

    /// <summary>Whether this installation has the type; what is not there yet is refused with a finding that says
    /// so.</summary>
    public virtual bool Available => true;

    /// <summary>The properties that only some types have and that this one takes, beside length, precision and
    /// scale.</summary>
    public virtual IReadOnlyList<string> Properties => [];

    /// <summary>Those of <see cref="Properties"/> that a field of it must have.</summary>
    public virtual IReadOnlyList<string> Needs => [];

    /// <summary>The types that the owner of a field may change it into in a later version, data and all.</summary>
    public virtual IReadOnlyList<FieldType> ChangesInto => [];

    /// <summary>What a JSON value of a record must be, as the end of "It must be …"; null where <paramref
    /// name="value"/> is.</summary>
    public abstract string? Expects(JsonElement value, FieldLimits limits);

    public static FieldTypeRule Of(FieldType type) => Rules[(int)type];

    /// <summary>The type of that name; null where there is none.</summary>
    public static FieldTypeRule? OfName(string name) => ByName.GetValueOrDefault(name);

    public static string NameOf(FieldType type)
    {
        var name = type.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }

    /// <summary>Whether a field of the type takes the property; properties that every type takes are not asked for
    /// here.</summary>
    public bool Takes(string property) => property switch
    {
        "length" => Length is not null,
        "precision" => Precision is not null,
        "scale" => Scale is not null || Properties.Contains(property),
        "unique" => CanBeUnique,
        "indexed" => Slots is not SlotFamily.None,
        "searchable" => Type is FieldType.Text or FieldType.LongText or FieldType.Email or FieldType.Phone
            or FieldType.Url or FieldType.AutoNumber,
        "default" or "required" or "requiredIf" or "readOnlyIf" => Written,
        "values" or "picklist" or "references" or "children" or "onDelete" or "caseSensitive" or "format"
            or "formula" or "result" or "of" or "function" or "each" or "filter" => Properties.Contains(property),
        _ => true,
    };
}

/// <summary>What a field says of its own values.</summary>
/// <param name="Values">The values of a picklist; empty elsewhere.</param>
public sealed record FieldLimits(int? Length, int? Precision, int? Scale, IReadOnlyList<string> Values);
