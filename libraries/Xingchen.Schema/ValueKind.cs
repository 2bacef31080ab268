namespace Xingchen.Schema;

/// <summary>What a value of a query or an expression is, whatever its field's exact type: which comparisons and
/// functions it has.</summary>
public enum ValueKind
{
    Text,
    /// <summary>Exact: PostgreSQL <c>numeric</c>.</summary>
    Number,
    Boolean,
    Date,
    DateTime,
    /// <summary>A record id.</summary>
    Id,
    /// <summary>The values of a multi-picklist.</summary>
    Choices,
    /// <summary>JSON or a file: may be selected and compared with NULL.</summary>
    Opaque,
}

/// <summary>Kinds of values by type of field.</summary>
public static class ValueKinds
{
    /// <summary>The kind of a stored field's values.</summary>
    /// <remarks>A computed field has the kind of its expression, which is not asked for here.</remarks>
    public static ValueKind Of(FieldType type) => type switch
    {
        FieldType.Integer or FieldType.Number or FieldType.Currency or FieldType.Percent => ValueKind.Number,
        FieldType.Boolean => ValueKind.Boolean,
        FieldType.Date => ValueKind.Date,
        FieldType.DateTime => ValueKind.DateTime,
        FieldType.Reference or FieldType.MasterDetail => ValueKind.Id,
        FieldType.MultiPicklist => ValueKind.Choices,
        FieldType.Json or FieldType.File or FieldType.Formula or FieldType.Rollup => ValueKind.Opaque,
        _ => ValueKind.Text,
    };

    /// <summary>What every record has by itself, as kinds; null for any other name.</summary>
    public static ValueKind? OfSystem(string name) => name switch
    {
        "id" => ValueKind.Id,
        "version" => ValueKind.Number,
        "createdAt" or "modifiedAt" => ValueKind.DateTime,
        "object" or "createdBy" or "modifiedBy" => ValueKind.Text,
        _ => null,
    };

    /// <summary>The kind in a sentence, such as <c>a text</c>.</summary>
    public static string Words(ValueKind kind) => kind switch
    {
        ValueKind.Text => "a text",
        ValueKind.Number => "a number",
        ValueKind.Boolean => "TRUE or FALSE",
        ValueKind.Date => "a date",
        ValueKind.DateTime => "a time",
        ValueKind.Id => "a record id",
        ValueKind.Choices => "a set of choices",
        _ => "JSON",
    };
}
