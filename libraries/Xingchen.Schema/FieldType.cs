namespace Xingchen.Schema;

/// <summary>What a field holds.</summary>
public enum FieldType
{
    Text, LongText, Integer, Number, Currency, Percent, Boolean, Date, DateTime, Picklist, MultiPicklist,
    Reference, MasterDetail, AutoNumber, Formula, Rollup, Email, Phone, Url, Json, File,
}

/// <summary>How PostgreSQL compares a field's value: which family of slots can index it.</summary>
public enum SlotFamily
{
    /// <summary>Not indexable: long text, JSON, formulas, multi-picklists.</summary>
    None,
    /// <summary><c>text COLLATE "C"</c>.</summary>
    Text,
    /// <summary><c>float8</c>, with an exact recheck on the body.</summary>
    Number,
    /// <summary><c>timestamptz</c>; dates at midnight UTC.</summary>
    Time,
    /// <summary><c>bigint</c>: a record id.</summary>
    Reference,
}
