using Xingchen.Schema.Expressions;
using Xingchen.Schema.Queries;

namespace Xingchen.Schema.Definitions;

/// <summary>A page: a list of an object's records, or the form of one.</summary>
internal static class PageDefinition
{
    private static readonly ItemShape Column = new("column",
        new PropertyShape("field", new NameForm(Path: true), Above.Fixed, Required: true),
        [
            new("label", new LabelForm(200), Above.Free),
            new("width", new CountForm(1, 1000), Above.Free),
            new("readOnly", new FlagForm(), Above.Tighten),
            new("visibleIf", new TextForm(4000, 1), Above.Free),
            new("hidden", new FlagForm(), Above.Tighten),
            new("locked", new NameListForm(20, Star: true), Above.Fixed),
        ],
        []);

    private static readonly ItemShape Section = new("section",
        new PropertyShape("name", new NameForm(), Above.Fixed, Required: true),
        [
            new("label", new LabelForm(200), Above.Free),
            new("columns", new CountForm(1, 4), Above.Free),
            new("children", new NameForm(), Above.Fixed),
            new("visibleIf", new TextForm(4000, 1), Above.Free),
            new("hidden", new FlagForm(), Above.Tighten),
            new("locked", new NameListForm(20, Star: true), Above.Fixed),
        ],
        [new("items", Column, 500)]);

    private static readonly ItemShape Shape = new("page",
        new PropertyShape("name", new NameForm(), Above.Fixed, Required: true),
        [
            new("object", new NameForm(), Above.Fixed, Required: true),
            new("type", new ChoiceForm("list", "form"), Above.Fixed, Required: true),
            new("label", new LabelForm(200), Above.Free),
            new("default", new FlagForm(), Above.Free),
            new("filter", new TextForm(4000), Above.Free),
            new("orderBy", new TextForm(400), Above.Free),
            new("pageSize", new CountForm(1, 2000), Above.Free),
            new("hidden", new FlagForm(), Above.Tighten),
            new("locked", new NameListForm(20, Star: true), Above.Fixed),
        ],
        [
            new("columns", Column, 200), new("sections", Section, 100),
            new("actions", PageAction.Shape, 50, Prefixed: true),
        ]);

    public static DefinitionKind Kind { get; } = new("page", "pages", Shape, Verify);

    private static void Verify(StackCheck stack)
    {
        foreach (var page in stack.Items)
        {
            if (stack.Object(page.Text("object")!) is not { } about)
            {
                stack.Find(page, "reference-missing", $"There is no object \"{page.Text("object")}\" in the stack.",
                    "object");
                continue;
            }
            var isList = page.Text("type") == "list";
            var other = isList ? "sections" : "columns";
            if (page.List(other) is [.., var misplaced])
                stack.Find(page, "property-not-of-type", 
                    isList ? "A list has columns, not sections." : "A form has sections, not columns.",
                    other, misplaced.Key);
            Query(stack, page, about);
            foreach (var column in page.List("columns"))
            {
                Path(stack, page, about, column.Key, "columns", column.Key);
                if (column.Value("visibleIf") is not null)
                    stack.Find(page, "property-not-of-type",
                        "A column of a list is for all records; leave \"visibleIf\" out.", "columns", column.Key,
                        "visibleIf");
            }
            foreach (var action in page.List("actions"))
            {
                PageAction.Verify(stack, page, about, action);
                Condition(stack, page, about, action, "actions", action.Key, "visibleIf");
            }
            foreach (var section in page.List("sections"))
            {
                var of = about;
                Condition(stack, page, about, section, "sections", section.Key, "visibleIf");
                if (section.Text("children") is { } children)
                {
                    if (stack.ChildOf(about.Key, children) is not { } child)
                    {
                        stack.Find(page, "reference-missing", $"{about.Key} has no children \"{children}\".",
                            "sections", section.Key, "children");
                        continue;
                    }
                    of = child;
                }
                foreach (var item in section.List("items"))
                {
                    Path(stack, page, of, item.Key, "sections", section.Key, "items", item.Key);
                    Condition(stack, page, about, item, "sections", section.Key, "items", item.Key, "visibleIf");
                }
            }
        }
    }

    /// <summary>Which records a list asks for, in the query language.</summary>
    private static void Query(StackCheck stack, ResolvedItem page, ResolvedItem about)
    {
        if (stack.Schema.Find(about.Key) is not { } of) return;
        if (page.Text("filter") is { Length: > 0 } filter)
            foreach (var found in QueryCheck.Filter(filter, stack.Schema, of)) stack.Find(page, found, "filter");
        if (page.Text("orderBy") is { Length: > 0 } order)
            foreach (var found in QueryCheck.Order(order, stack.Schema, of)) stack.Find(page, found, "orderBy");
    }

    /// <summary>Every condition of a page is about the record that it shows, and reads nothing else: who renders the
    /// page has that record.</summary>
    private static void Condition(
        StackCheck stack, ResolvedItem page, ResolvedItem about, ResolvedItem item, params string[] at)
    {
        if (item.Text("visibleIf") is not { } text || stack.Schema.Find(about.Key) is not { } of) return;
        ExpressionChecker.CheckCondition(text, stack.Schema, of, ExpressionPlace.Record, out var found);
        foreach (var finding in found) stack.Find(page, finding, at);
    }

    private static void Path(StackCheck stack, ResolvedItem page, ResolvedItem about, string path, params string[] at)
    {
        var of = about;
        var steps = path.Split('.');
        for (var i = 0; i < steps.Length; i++)
        {
            var last = i == steps.Length - 1;
            var field = of.Item("fields", steps[i]);
            if (last && (field is not null || DefinitionNames.SystemFields.Contains(steps[i]))) return;
            var target = last || field is null ? null : field.Strings("references") is [var only] ? stack.Object(only)
                : null;
            if (target is null)
            {
                stack.Find(page, "reference-missing", field is null
                    ? $"{of.Key} has no field \"{steps[i]}\"."
                    : $"\"{steps[i]}\" of {of.Key} does not lead to one object.", at);
                return;
            }
            of = target;
        }
    }
}
