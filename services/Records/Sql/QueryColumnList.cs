using System.Globalization;
using Xingchen.Records.Plan;
using Xingchen.Schema;

namespace Xingchen.Records.Sql;

/// <summary>The select list of a statement, in the making.</summary>
/// <param name="isArray">Whether the columns become the elements of a JSON array, as those of child records
/// do.</param>
internal sealed class QueryColumnList(
    QueryValues values, Func<SelectPlan, (string Sql, IReadOnlyList<QueryColumn> Members, int Most)> children,
    bool isArray = false)
{
    private readonly List<string> columns = [];
    private readonly List<int> guards = [];
    private QuerySource? whole;
    private int bodyOrdinal;

    /// <summary>From this many fields of the root on, its body is read as one column: PostgreSQL takes longer to pick
    /// each value out than to hand over the whole.</summary>
    private const int WholeFrom = 6;

    public int Count => columns.Count;

    /// <summary>Ordinals of columns that hold an org.</summary>
    public IReadOnlyList<int> Guards => guards;

    public int Append(string sql, bool guard = false)
    {
        if (guard) guards.Add(columns.Count);
        columns.Add(sql);
        return columns.Count - 1;
    }

    /// <summary>A key of the order: from what is read anyway, where that holds it, else in a column of its
    /// own.</summary>
    /// <param name="text">The key as text.</param>
    public KeyColumn Key(QueryValue value, string text)
    {
        if (value is SystemValue { Field: SystemField.Id } id)
        {
            var column = QueryValues.Alias(id.Source) + ".id";
            var known = columns.IndexOf(column);
            return new KeyColumn(known < 0 ? Append(column) : known, ColumnForm.PlainNumber);
        }
        return value is FieldValue { IgnoresCase: false } field && field.Source == whole
            && field.Kind is ValueKind.Number or ValueKind.Text or ValueKind.Date
            ? new KeyColumn(-1, field.Kind == ValueKind.Number ? ColumnForm.PlainNumber : ColumnForm.PlainText,
                ObjectLayout.Of(whole.Object).Find(field.Field.Name))
            : new KeyColumn(Append(text), ColumnForm.PlainText);
    }

    public IReadOnlyList<QueryColumn> Members(IReadOnlyList<OutputNode> nodes, bool grouped) =>
        [.. nodes.Select(node => Member(node, grouped))];

    /// <summary>The members of records whose root is <paramref name="root"/>.</summary>
    /// <param name="body">Where the root's whole body is read, and its object; null where each value is.</param>
    public IReadOnlyList<QueryColumn> Members(
        IReadOnlyList<OutputNode> nodes, QuerySource root, out (int Ordinal, SchemaObject Object)? body)
    {
        body = null;
        if (nodes.Count(node => node is OutputLeaf { Value: FieldValue field } && field.Source == root) >= WholeFrom)
        {
            whole = root;
            bodyOrdinal = Append(QueryValues.Alias(root) + ".body");
            body = (bodyOrdinal, root.Object);
        }
        return Members(nodes, grouped: false);
    }

    /// <summary>Microseconds since 1970 of a time: exact, and the same in every session.</summary>
    public static string Micros(string time) => $"(extract(epoch from {time}) * 1000000)::bigint";

    /// <summary>The columns as <c>x as c0, y as c1</c>.</summary>
    public string Named(string prefix) =>
        string.Join(", ", columns.Select((column, i) =>
            string.Create(CultureInfo.InvariantCulture, $"{column} as {prefix}{i}")));

    public override string ToString() => string.Join(", ", columns);

    private QueryColumn Member(OutputNode node, bool grouped)
    {
        switch (node)
        {
            case OutputLeaf { Value: FieldValue field } leaf when whole is not null && field.Source == whole:
                return new LeafColumn(leaf.Name, bodyOrdinal, FormOf(field, grouped),
                    ObjectLayout.Of(whole.Object).Find(field.Field.Name));
            case OutputLeaf { Value: SystemValue { Field: SystemField.Object, Source.Objects: [var only] } } leaf:
                return new ConstantColumn(leaf.Name, only.Name);
            case OutputLeaf { Value: SystemValue own } leaf when !grouped && !isArray:
                var plain = values.Plain(own);
                return new LeafColumn(leaf.Name, Append(plain), PlainFormOf(own.Field));
            case OutputLeaf leaf:
                var (sql, form) = Leaf(leaf.Value, grouped);
                return new LeafColumn(leaf.Name, Append(sql), form);
            case OutputParent parent:
                int? presence = parent.Presence is { } source
                    ? Append(QueryValues.Alias(source) + ".org_id", guard: true) : null;
                return new ParentColumn(parent.Name, presence, Members(parent.Members, grouped));
            case OutputChildren nested:
                var (array, members, most) = children(nested.Select);
                return new ChildrenColumn(nested.Name, Append(array), members, most);
            default:
                throw new InvalidOperationException("No column for this output.");
        }
    }

    private (string Sql, ColumnForm Form) Leaf(QueryValue value, bool grouped)
    {
        var form = FormOf(value, grouped);
        if (!grouped && value is FieldValue field) return (QueryValues.Json(field), form);
        var typed = grouped && value.IgnoresCase ? $"min({values.Typed(value)})" : values.Typed(value);
        return (form == ColumnForm.Time ? $"to_jsonb({Micros(typed)})" : $"to_jsonb({typed})", form);
    }

    private static ColumnForm PlainFormOf(SystemField field) => field switch
    {
        SystemField.Id => ColumnForm.PlainId,
        SystemField.Version => ColumnForm.PlainNumber,
        SystemField.CreatedAt or SystemField.ModifiedAt => ColumnForm.PlainTime,
        _ => ColumnForm.PlainText,
    };

    private static ColumnForm FormOf(QueryValue value, bool grouped) => value.Kind switch
    {
        ValueKind.Id => ColumnForm.Id,
        ValueKind.DateTime when grouped || value is not FieldValue => ColumnForm.Time,
        _ => ColumnForm.Json,
    };
}
