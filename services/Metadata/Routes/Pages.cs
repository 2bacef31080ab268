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
            page.Key, about.Name, type, Text(page) ?? Heading(about, type), Seen(about, page.Text("filter")),
            Seen(about, page.Text("orderBy")), page.Number("pageSize"),
            type == "list" ? Columns(about, page.List("columns")) : null,
            type == "form" ? [.. page.List("sections").Where(s => !s.Flag("hidden") && IsSeen(about, s))
                .Select(s => Section(about, s))]
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
