using System.Text.Json.Nodes;
using Xingchen.Metadata.Stacks;
using Xingchen.Schema;
using Xingchen.Schema.FieldTypes;

namespace Xingchen.Metadata.Routes;

/// <summary>A page with every label in one language.</summary>
internal sealed record PageDescription(
    string? Name, string Object, string Type, string Label, string? Filter, string? OrderBy, int? PageSize,
    IReadOnlyList<ColumnDescription>? Columns, IReadOnlyList<SectionDescription>? Sections,
    IReadOnlyList<ActionDescription> Actions);

/// <summary>A column of a list, or an item of a form.</summary>
/// <param name="Field">A field, or a path over references such as <c>customer.name</c>.</param>
internal sealed record ColumnDescription(string Field, string Label, string? Type, int? Width, bool ReadOnly)
{
    /// <summary>Whether a record needs a value of it.</summary>
    public bool Required { get; init; }

    /// <summary>The condition on the record for which it is shown; null where it always is.</summary>
    public string? VisibleIf { get; init; }

    public string? RequiredIf { get; init; }

    public string? ReadOnlyIf { get; init; }

    /// <summary>What a picklist lets choose.</summary>
    public IReadOnlyList<ValueDescription>? Values { get; init; }

    /// <summary>The objects that a reference may lead to.</summary>
    public IReadOnlyList<string>? References { get; init; }
}

/// <summary>A part of a form; with <paramref name="Children"/>, a table of child records.</summary>
/// <param name="VisibleIf">The condition on the record of the form for which it is shown.</param>
internal sealed record SectionDescription(
    string Name, string? Label, int? Columns, string? Children, string? VisibleIf,
    IReadOnlyList<ColumnDescription> Items);

/// <summary>What can be done on a page, with the request that does it; <c>{id}</c> stands for the id of the record that
/// is shown.</summary>
/// <param name="Type"><c>create</c>, <c>edit</c> and <c>delete</c>, for which a user interface has ways of its own, or
/// <c>set</c>, which sends <paramref name="Body"/> as it is.</param>
/// <param name="VisibleIf">The condition on the record for which it is offered.</param>
internal sealed record ActionDescription(
    string Name, string Label, string Type, string Method, string Path, JsonObject? Body, string? VisibleIf);

/// <summary>Resolved pages. Where no layer has one, it is made of the object's fields. Pure.</summary>
internal sealed class Pages(Snapshot snapshot, string language)
{
    private const int MostMadeColumns = 8;

    private readonly PageActions actions = new(snapshot.Schema, language);

    /// <param name="about">The object.</param>
    /// <param name="type"><c>list</c> or <c>form</c>.</param>
    public PageDescription Of(SchemaObject about, string type)
    {
        var page = snapshot.Resolution.Pages
            .Where(p => p.Text("object") == about.Name && p.Text("type") == type && !p.Flag("hidden"))
            .OrderByDescending(p => p.Flag("default")).ThenBy(p => p.Key, StringComparer.Ordinal).FirstOrDefault();
        if (page is null) return Made(about, type);
        return new PageDescription(
            page.Key, about.Name, type, Text(page) ?? Heading(about, type), Seen(about, page.Text("filter")),
            Seen(about, page.Text("orderBy")), page.Number("pageSize"),
            type == "list" ? Columns(about, page.List("columns")) : null,
            type == "form" ? [.. page.List("sections")
                .Where(s => !s.Flag("hidden") && IsSeen(about, s) && Knows(about, s)).Select(s => Section(about, s))]
                : null,
            actions.Of(about, type, page.List("actions")));
    }

    private PageDescription Made(SchemaObject about, string type)
    {
        var fields = about.Fields.Where(f => !f.Hidden).OrderByDescending(f => f.Name == about.NameField).ToList();
        var columns = (type == "list" ? fields.Take(MostMadeColumns) : fields).Select(field =>
            About(about, field, new ColumnDescription(
                field.Name, Describe.Text(field.Label, language), FieldTypeRule.NameOf(field.Type), null,
                field.ReadOnly))).ToList();
        return new PageDescription(
            null, about.Name, type, Heading(about, type), null, null, null, type == "list" ? columns : null,
            type == "form" ? [new SectionDescription("main", null, 2, null, null, columns)] : null,
            actions.Of(about, type, []));
    }

    private SectionDescription Section(SchemaObject about, ResolvedItem section)
    {
        var children = section.Text("children");
        var child = children is null ? null : about.Children.FirstOrDefault(c => c.Name == children);
        var of = child is null ? about : snapshot.Schema.Find(child.Object) ?? about;
        return new SectionDescription(
            section.Key, Text(section), section.Number("columns"), children, section.Text("visibleIf"),
            Columns(of, [.. section.List("items").Where(item => Knows(about, item))]));
    }

    private bool Knows(SchemaObject about, ResolvedItem item) =>
        PageActions.IsKnown(snapshot.Schema, about, item.Text("visibleIf"));

    private string? Condition(SchemaObject about, string? condition) =>
        PageActions.IsKnown(snapshot.Schema, about, condition) ? condition : null;

    private ColumnDescription About(SchemaObject of, SchemaField? field, ColumnDescription column) =>
        field is null || column.Field != field.Name ? column : column with
        {
            Required = field.Required,
            RequiredIf = Condition(of, field.RequiredIf),
            ReadOnlyIf = Condition(of, field.ReadOnlyIf),
            Values = Describe.Values(field, language),
            References = field.References is { Count: > 0 } targets ? targets : null,
        };

    /// <summary>Whether the caller sees what a path leads to.</summary>
    private bool IsSeen(SchemaObject about, string path)
    {
        if (snapshot.Schema.Caller is null) return true;
        var (of, whole) = ((SchemaObject?)about, snapshot.Schema.Whole.Find(about.Name));
        foreach (var step in path.Split('.'))
        {
            if (whole?.Find(step) is not { } field) return of is not null; // what every record has by itself
            if (of?.Find(step) is null) return false;
            var target = field.References is [var only] ? only : "";
            (of, whole) = (snapshot.Schema.Find(target), snapshot.Schema.Whole.Find(target));
        }
        return true;
    }

    /// <summary>Whether the caller sees the children that a section shows.</summary>
    private bool IsSeen(SchemaObject about, ResolvedItem section) =>
        snapshot.Schema.Caller is null || section.Text("children") is not { } children
        || about.Children.Any(child => child.Name == children);

    /// <summary>A text of the query language; nothing where it may name a field that the caller does not see.</summary>
    private string? Seen(SchemaObject about, string? text)
    {
        if (text is null || snapshot.Schema.Caller is null) return text;
        var words = text.Split([.. text.Where(c => !char.IsAsciiLetterOrDigit(c) && c != '_').Distinct()]);
        var asked = snapshot.Schema.Whole.Objects.Where(item => text.Contains('.') || item.Name == about.Name);
        var unseen = asked.SelectMany(item => item.Fields
            .Where(field => snapshot.Schema.Find(item.Name)?.Find(field.Name) is null).Select(field => field.Name));
        return words.Intersect(unseen).Any() ? null : text;
    }

    private List<ColumnDescription> Columns(SchemaObject about, IReadOnlyList<ResolvedItem> columns) =>
        [.. from column in columns
            where !column.Flag("hidden") && IsSeen(about, column.Key)
            let field = FieldOf(about, column.Key)
            where field is null or { Hidden: false }
            select About(about, field, new ColumnDescription(
                column.Key, Text(column) ?? (field is null ? column.Key : Describe.Text(field.Label, language)),
                field is null ? null : FieldTypeRule.NameOf(field.Type), column.Number("width"),
                column.Flag("readOnly") || field?.ReadOnly != false) { VisibleIf = column.Text("visibleIf") })];

    /// <summary>The last field of a path; null for what every record has by itself, such as <c>createdAt</c>.</summary>
    private SchemaField? FieldOf(SchemaObject about, string path)
    {
        SchemaField? field = null;
        var of = about;
        foreach (var step in path.Split('.'))
        {
            field = of?.Find(step);
            of = field?.References is [var only] ? snapshot.Schema.Find(only) : null;
        }
        return field;
    }

    private string Heading(SchemaObject about, string type) =>
        Describe.Text(type == "list" ? about.PluralLabel : about.Label, language);

    private string? Text(ResolvedItem item) => Describe.Text(item, language);
}
