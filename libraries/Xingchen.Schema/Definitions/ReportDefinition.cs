using System.Text.Json;
using Xingchen.Schema.Queries;

namespace Xingchen.Schema.Definitions;

/// <summary>A report: a named query as data, which layers change piece by piece.</summary>
internal static class ReportDefinition
{
    private static readonly PropertyShape[] Shown =
    [
        new("label", new LabelForm(200), Above.Free),
        new("hidden", new FlagForm(), Above.Tighten),
        new("locked", new NameListForm(20, Star: true), Above.Fixed),
    ];

    private static readonly ItemShape Column = new("column",
        new PropertyShape("field", new NameForm(Path: true), Above.Fixed, Required: true), Shown, []);

    private static readonly ItemShape Aggregate = new("aggregate",
        new PropertyShape("name", new NameForm(), Above.Fixed, Required: true),
        [
            new("function", new ChoiceForm("count", "sum", "avg", "min", "max"), Above.Fixed, Required: true),
            new("of", new NameForm(Path: true), Above.Fixed),
            .. Shown,
        ],
        []);

    private static readonly ItemShape Shape = new("report",
        new PropertyShape("name", new NameForm(), Above.Fixed, Required: true),
        [
            new("object", new NameForm(), Above.Fixed, Required: true),
            new("label", new LabelForm(200), Above.Free),
            new("description", new LabelForm(2000), Above.Free),
            new("filter", new TextForm(4000, 1), Above.Free),
            new("orderBy", new TextForm(400, 1), Above.Free),
            new("limit", new CountForm(1, 2000), Above.Free),
            new("chart", new ChoiceForm("table", "bar", "line", "pie"), Above.Free),
            new("locked", new NameListForm(20, Star: true), Above.Fixed),
        ],
        [new("columns", Column, 100), new("groupBy", Column, 10), new("aggregates", Aggregate, 20)])
    {
        Computed = WriteQuery,
    };

    public static DefinitionKind Kind { get; } = new("report", "reports", Shape, Verify);

    private static IEnumerable<ResolvedItem> Seen(ResolvedItem report, string list) =>
        report.List(list).Where(item => !item.Flag("hidden"));

    /// <summary>The query that it is, for <c>POST /v1/query</c>.</summary>
    private static void WriteQuery(Utf8JsonWriter writer, ResolvedItem report)
    {
        var groups = Seen(report, "groupBy").Select(group => QueryParser.Quoted(group.Key)).ToList();
        List<string> items =
        [
            .. groups, .. Seen(report, "aggregates").Select(aggregate =>
                $"{aggregate.Text("function")!.ToUpperInvariant()}("
                + (aggregate.Text("of") is { } of ? QueryParser.Quoted(of) : "")
                + $") AS {QueryParser.Quoted(aggregate.Key)}"),
        ];
        if (items.Count == 0) items = [.. Seen(report, "columns").Select(column => QueryParser.Quoted(column.Key))];
        if (items.Count == 0) return;
        var text = $"SELECT {string.Join(", ", items)} FROM {QueryParser.Quoted(report.Text("object")!)}";
        if (report.Text("filter") is { } filter) text += $" WHERE {filter}";
        if (groups.Count > 0) text += $" GROUP BY {string.Join(", ", groups)}";
        if (report.Text("orderBy") is { } order) text += $" ORDER BY {order}";
        if (report.Number("limit") is { } limit) text += $" LIMIT {limit}";
        writer.WriteString("query", text);
    }

    private static void Verify(StackCheck stack)
    {
        foreach (var report in stack.Items)
        {
            if (stack.Object(report.Text("object")!) is not { } about || stack.Schema.Find(about.Key) is not { } of)
            {
                stack.Find(report, "reference-missing", $"There is no object \"{report.Text("object")}\" in the stack.",
                    "object");
                continue;
            }
            var aliases = new Dictionary<string, ValueKind>();
            var groups = Seen(report, "groupBy").ToList();
            var aggregates = Seen(report, "aggregates").ToList();
            if (groups.Count + aggregates.Count > 0 && Seen(report, "columns").FirstOrDefault() is { } column)
                stack.Find(report, "property-not-of-type",
                    "A report of groups shows \"groupBy\" and \"aggregates\"; a column differs within a group.",
                    "columns", column.Key);
            if (groups.Count + aggregates.Count == 0 && !Seen(report, "columns").Any())
                stack.Find(report, "property-missing",
                    "A report shows \"columns\", or \"groupBy\" and \"aggregates\".");
            foreach (var item in report.List("columns")) Path(stack, report, of, item.Key, "columns", item.Key);
            foreach (var item in report.List("groupBy"))
                if (Path(stack, report, of, item.Key, "groupBy", item.Key) is ValueKind.Choices or ValueKind.Opaque)
                    stack.Find(report, "type-mismatch", "Groups are made by fields that compare.", "groupBy", item.Key);
            foreach (var item in report.List("aggregates")) aliases[item.Key] = KindOf(stack, report, of, item);
            if (report.Text("filter") is { } filter)
                foreach (var found in QueryCheck.Filter(filter, stack.Schema, of)) stack.Find(report, found, "filter");
            if (report.Text("orderBy") is { } order)
                foreach (var found in QueryCheck.Order(order, stack.Schema, of, aliases,
                    groups.Count + aggregates.Count == 0 ? null : [.. groups.Select(group => group.Key)]))
                    stack.Find(report, found, "orderBy");
        }
    }

    /// <summary>What an aggregate gives.</summary>
    private static ValueKind KindOf(StackCheck stack, ResolvedItem report, SchemaObject of, ResolvedItem aggregate)
    {
        var function = aggregate.Text("function")!;
        if (aggregate.Text("of") is not { } path)
        {
            if (function != "count")
                stack.Find(report, "property-missing", $"\"{function}\" needs \"of\": a field.", "aggregates",
                    aggregate.Key);
            return ValueKind.Number;
        }
        if (Path(stack, report, of, path, "aggregates", aggregate.Key, "of") is not { } kind) return ValueKind.Number;
        var fits = function switch
        {
            "sum" or "avg" => kind == ValueKind.Number,
            "min" or "max" => kind is ValueKind.Number or ValueKind.Text or ValueKind.Date or ValueKind.DateTime,
            _ => true,
        };
        if (!fits)
            stack.Find(report, "type-mismatch", $"\"{function}\" cannot be taken of {ValueKinds.Words(kind)}.",
                "aggregates", aggregate.Key, "of");
        return function is "min" or "max" ? kind : ValueKind.Number;
    }

    private static ValueKind? Path(
        StackCheck stack, ResolvedItem report, SchemaObject of, string path, params string[] at)
    {
        var found = new List<Finding>();
        var kind = QueryCheck.Path(path, stack.Schema, of, found);
        foreach (var finding in found) stack.Find(report, finding with { Position = null }, at);
        return kind;
    }
}
