using Xingchen.Records.Plan;
using Xingchen.Records.Values;
using Xingchen.Schema;

namespace Xingchen.Records.Imports;

/// <summary>An import as its row tells it.</summary>
/// <param name="Columns">The header of a CSV file; null where the rows are JSON.</param>
/// <param name="Grants">Of its caller when it came: what its rows may do; null where he was not restricted.</param>
/// <param name="By">The unique field that tells which record a row is; null for <c>insert</c>.</param>
internal sealed record ImportJob(
    AccountKey Account, long Id, string Object, string Mode, string? By, string[]? Columns, string Status, string Actor,
        string Trace,
    long Read, long Written, long Failed, long Bytes, string? Detail, DateTime CreatedAt, DateTime? FinishedAt,
    Grants? Grants = null)
{
    /// <summary>The zone whose days who sent it reckons with.</summary>
    public string Zone { get; init; } = "UTC";

    /// <summary>Of what is said about rules.</summary>
    public string Language { get; init; } = "en";

    /// <summary>Ids of imports are formed as those of records, with a prefix that no object has.</summary>
    public static readonly KeyPrefix Prefix = new(0);

    public string PublicId => RecordId.Create(Prefix, Id).ToString();

    public static bool TryParse(string text, out long id)
    {
        var parsed = RecordId.TryParse(text, out var record) && record.Prefix == Prefix;
        id = parsed ? record.Number : 0;
        return parsed;
    }
}

/// <summary>A row that could not be written.</summary>
/// <param name="Line">Of the file, from 1; the header is line 1 of a CSV file.</param>
internal sealed record ImportFailure(long Line, string Code, string Detail);

/// <summary>What a column or member of a row stands for.</summary>
/// <param name="Ordinal">The field of the object.</param>
/// <param name="By">For <c>customer.customerID</c>: the target and its unique field; null where the value is the
/// field's own.</param>
internal sealed record ImportColumn(string Name, int Ordinal, ImportLookup? By);

/// <summary>A unique field of the target of a reference.</summary>
internal sealed record ImportLookup(ObjectLayout Target, FieldLayout Field);

/// <summary>What the names in an import mean to a schema.</summary>
internal sealed class ImportTarget(Schema.Schema schema, SchemaObject item)
{
    /// <summary>Characters of a name at most, both sides of a dot: more is no name, and is not said back.</summary>
    private const int MostName = 200;

    /// <summary>The fields that the caller sees.</summary>
    public ObjectLayout Layout { get; } = ObjectLayout.Of(item);

    /// <summary>All fields: what a new record has.</summary>
    public ObjectLayout Whole { get; } = ObjectLayout.Of(schema.Whole(item));

    public Schema.Schema Schema { get; } = schema;

    /// <summary>Binds a header; everything wrong with it at once.</summary>
    public ImportColumn[] Bind(IReadOnlyList<string> names, List<Finding> findings)
    {
        var columns = new List<ImportColumn>();
        var seen = new HashSet<int>();
        foreach (var name in names)
        {
            if (Bind(name, out var wrong) is not { } column) findings.Add(wrong!);
            else if (!seen.Add(column.Ordinal)) findings.Add(
                new Finding("duplicate-column",
                    $"Another column is already \"{Layout.Fields[column.Ordinal].Field.Name}\".", "/" + name));
            else columns.Add(column);
        }
        return [.. columns];
    }

    /// <summary>Binds one name, or says what is wrong with it.</summary>
    public ImportColumn? Bind(string name, out Finding? wrong)
    {
        wrong = null;
        if (name.Length > MostName)
        {
            wrong = new Finding("unknown-field", $"No field has a name of {name.Length} characters.",
                "/" + name[..MostName]);
            return null;
        }
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        var ordinal = Layout.Find(dot < 0 ? name : name[..dot]);
        if (ordinal < 0)
            wrong = Wrong("unknown-field", $"{Layout.Object.Name} has no field \"{(dot < 0 ? name : name[..dot])}\".");
        else if (Layout.Fields[ordinal].Field is { ReadOnly: true }
            or { Type: FieldType.AutoNumber or FieldType.Formula or FieldType.Rollup })
            wrong = Wrong("read-only", $"The platform sets \"{name}\".");
        else if (dot < 0)
            return new ImportColumn(name, ordinal, null);
        if (wrong is not null) return null;
        var reference = Layout.Fields[ordinal].Field;
        if (reference.References is not [var only])
            wrong = Wrong("not-a-reference", $"\"{reference.Name}\" does not refer to one object; give record ids.");
        else if (Schema.Find(only) is not { } target || ObjectLayout.Of(target) is var layout
            && layout.Find(name[(dot + 1)..]) is var key && key < 0)
            wrong = Wrong("unknown-field", $"{only} has no field \"{name[(dot + 1)..]}\".");
        else if (!layout.Fields[key].Field.Unique)
            wrong = Wrong(
                "not-unique", $"\"{name[(dot + 1)..]}\" of {only} is not unique: it does not tell one record.");
        else if (layout.Fields[key].Field.Place.Building.HasFlag(FieldIndexes.Unique))
            wrong = Wrong("not-unique-yet", UpsertKey.NotYet(target, name[(dot + 1)..]).Detail);
        else
            return new ImportColumn(name, ordinal, new ImportLookup(layout, layout.Fields[key]));
        return null;

        Finding Wrong(string code, string detail) => new(code, detail, "/" + name);
    }

    /// <summary>The unique field of an upsert.</summary>
    /// <exception cref="ProblemException"><c>content-invalid</c>.</exception>
    public FieldLayout UniqueField(string name) =>
        Layout.Find(name) is >= 0 and var late
            && Layout.Fields[late].Field.Place.Building.HasFlag(FieldIndexes.Unique)
            ? throw UpsertKey.NotYet(Layout.Object, name)
        : Layout.Find(name) is >= 0 and var ordinal && Layout.Fields[ordinal].Field.Unique
            ? Layout.Fields[ordinal]
            : throw new ProblemException(Problems.ContentInvalid, "The import cannot begin.",
                [new Finding("not-unique", $"{Layout.Object.Name} has no unique field \"{name}\" to upsert by.",
                    "/by")]);
}
