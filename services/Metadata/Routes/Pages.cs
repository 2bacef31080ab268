using Xingchen.Metadata.Stacks;
using Xingchen.Schema;
using Xingchen.Schema.FieldTypes;

namespace Xingchen.Metadata.Routes;

/// <summary>A page with every label in one language.</summary>
internal sealed record PageDescription(
    string? Name, string Object, string Type, string Label, string? Filter, string? OrderBy, int? PageSize,
    IReadOnlyList<ColumnDescription>? Columns, IReadOnlyList<SectionDescription>? Sections);

/// <summary>A column of a list, or an item of a form.</summary>
/// <param name="Field">A field, or a path over references such as <c>customer.name</c>.</param>
internal sealed record ColumnDescription(string Field, string Label, string? Type, int? Width, bool ReadOnly);

/// <summary>A part of a form; with <paramref name="Children"/>, a table of child records.</summary>
internal sealed record SectionDescription(
    string Name, string? Label, int? Columns, string? Children, IReadOnlyList<ColumnDescription> Items);

/// <summary>Resolved pages. Where no layer has one, it is made of the object's fields. Pure.</summary>
internal sealed class Pages(Snapshot snapshot, string language)
{
    private const int MostMadeColumns = 8;

    /// <param name="about">The object.</param>
    /// <param name="type"><c>list</c> or <c>form</c>.</param>
    public PageDescription Of(SchemaObject about, string type)
    {
        var page = snapshot.Resolution.Pages
            .Where(p => p.Text("object") == about.Name && p.Text("type") == type && !p.Flag("hidden"))
            .OrderByDescending(p => p.Flag("default")).ThenBy(p => p.Key, StringComparer.Ordinal).FirstOrDefault();
        if (page is null) return Made(about, type);
        return new PageDescription(
            page.Key, about.Name, type, Text(page) ?? Heading(about, type), page.Text("filter"), page.Text("orderBy"),
            page.Number("pageSize"),
            type == "list" ? Columns(about, page.List("columns")) : null,
            type == "form" ? [.. page.List("sections").Where(s => !s.Flag("hidden")).Select(s => Section(about, s))]
                : null);
    }

    private PageDescription Made(SchemaObject about, string type)
    {
        var fields = about.Fields.Where(f => !f.Hidden).OrderByDescending(f => f.Name == about.NameField).ToList();
        var columns = (type == "list" ? fields.Take(MostMadeColumns) : fields).Select(field =>
            new ColumnDescription(
                field.Name, Describe.Text(field.Label, language), FieldTypeRule.NameOf(field.Type), null,
                field.ReadOnly)).ToList();
        return new PageDescription(
            null, about.Name, type, Heading(about, type), null, null, null, type == "list" ? columns : null,
            type == "form" ? [new SectionDescription("main", null, 2, null, columns)] : null);
    }

    private SectionDescription Section(SchemaObject about, ResolvedItem section)
    {
        var children = section.Text("children");
        var child = children is null ? null : about.Children.FirstOrDefault(c => c.Name == children);
        var of = child is null ? about : snapshot.Schema.Find(child.Object) ?? about;
        return new SectionDescription(
            section.Key, Text(section), section.Number("columns"), children, Columns(of, section.List("items")));
    }

    private List<ColumnDescription> Columns(SchemaObject about, IReadOnlyList<ResolvedItem> columns) =>
        [.. from column in columns
            where !column.Flag("hidden")
            let field = FieldOf(about, column.Key)
            where field is null or { Hidden: false }
            select new ColumnDescription(
                column.Key, Text(column) ?? (field is null ? column.Key : Describe.Text(field.Label, language)),
                field is null ? null : FieldTypeRule.NameOf(field.Type), column.Number("width"),
                column.Flag("readOnly") || field?.ReadOnly != false)];

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

    private string? Text(ResolvedItem item)
    {
        if (item.Value("label") is not { } label) return null;
        if (label.ValueKind == System.Text.Json.JsonValueKind.String) return label.GetString();
        return new Label(label.EnumerateObject().ToDictionary(l => l.Name, l => l.Value.GetString()!)).For([language]);
    }
}
