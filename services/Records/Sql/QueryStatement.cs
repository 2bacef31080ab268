using System.Text.Encodings.Web;
using System.Text.Json;
using NpgsqlTypes;
using Xingchen.Schema;

namespace Xingchen.Records.Sql;

/// <summary>A query as SQL, and how to read its rows.</summary>
/// <param name="Text">Names come from the schema's places only; every value is a parameter.</param>
/// <param name="Parameters">Positional: <c>$1</c> is the org, <c>$2</c> the account.</param>
/// <param name="Columns">What a record of the answer is made of.</param>
/// <param name="Guards">Ordinals of columns that hold an org (or NULL), each to be asserted.</param>
/// <param name="Grouped">Whether column 0 tells that every row of the group is of the org, instead of naming
/// it.</param>
/// <param name="Keys">Where the order's keys of a row stand.</param>
public sealed record QueryStatement(
    string Text, IReadOnlyList<QueryParameter> Parameters, IReadOnlyList<QueryColumn> Columns,
    IReadOnlyList<int> Guards, bool Grouped, IReadOnlyList<KeyColumn> Keys)
{
    /// <summary>Key prefixes of the objects whose records are read as they were; none where all are read as they
    /// are.</summary>
    public IReadOnlyCollection<int> AsOf { get; init; } = [];

    /// <summary>Ordinal of the root's whole body and the object that it is of; null where no column is read from
    /// it.</summary>
    public (int Ordinal, SchemaObject Object)? Body { get; init; }
}

/// <summary>A value of a statement.</summary>
public sealed record QueryParameter(object Value, NpgsqlDbType Type);

/// <summary>What a column holds, and so how it becomes the API's JSON.</summary>
public enum ColumnForm
{
    /// <summary>JSON, as it is.</summary>
    Json,
    /// <summary>JSON: a number that is a record id.</summary>
    Id,
    /// <summary>JSON: a number of microseconds since 1970-01-01 UTC.</summary>
    Time,
    /// <summary>A <c>bigint</c> that is a record id.</summary>
    PlainId,
    /// <summary>A <c>bigint</c>.</summary>
    PlainNumber,
    /// <summary>A <c>timestamptz</c>.</summary>
    PlainTime,
    /// <summary>A <c>text</c>.</summary>
    PlainText,
}

/// <summary>A member of a record in the answer, and the column (or in a child record the array element) that it is
/// read from.</summary>
public abstract record QueryColumn(string Name)
{
    /// <summary>The name as it is written.</summary>
    public JsonEncodedText Member { get; } = JsonEncodedText.Encode(Name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping);
}

/// <summary>A value.</summary>
/// <param name="Field">Where it stands in the body of <see cref="QueryStatement.Body"/>: the field's ordinal in its
/// object; null where the column is the value itself.</param>
public sealed record LeafColumn(string Name, int Ordinal, ColumnForm Form, int? Field = null) : QueryColumn(Name);

/// <summary>A text that is the same in every row.</summary>
public sealed record ConstantColumn(string Name, string Value) : QueryColumn(Name);

/// <summary>A nested object; null in the answer where the column <paramref name="Presence"/> is NULL.</summary>
public sealed record ParentColumn(string Name, int? Presence, IReadOnlyList<QueryColumn> Members) : QueryColumn(Name);

/// <summary>An array of child records, each an array of the values of <paramref name="Members"/>.</summary>
/// <param name="Most">Records that one parent may have here; one more is read to tell.</param>
public sealed record ChildrenColumn(string Name, int Ordinal, IReadOnlyList<QueryColumn> Members, int Most)
    : QueryColumn(Name);

/// <summary>A key of the order, as the text that a cursor carries.</summary>
/// <param name="Ordinal">Of its column; with <paramref name="Field"/>, nothing.</param>
/// <param name="Form"><see cref="ColumnForm.PlainText"/> or <see cref="ColumnForm.PlainNumber"/>.</param>
/// <param name="Field">Where it stands in the body of <see cref="QueryStatement.Body"/>, which has it in the same
/// digits or letters; null where it has a column.</param>
public readonly record struct KeyColumn(int Ordinal, ColumnForm Form, int? Field = null);
