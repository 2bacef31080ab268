using System.Text.Json;
using System.Text.Json.Nodes;
using Xingchen.Records.Plan;
using Xingchen.Records.Sql;
using Xingchen.Records.Values;
using Xingchen.Schema;

namespace Xingchen.Records.Imports;

/// <summary>A row on its way to a record: it waits until it is written or has failed.</summary>
internal sealed class ImportRow
{
    private readonly Dictionary<int, long> resolved = [];
    private readonly List<Finding> findings = [];
    private readonly List<Finding> unresolved = [];

    /// <param name="json">As it was spooled: cells after the two numbers, or one record.</param>
    /// <param name="hasCells">Whether it is a row of cells.</param>
    public ImportRow(JsonElement json, bool hasCells)
    {
        Json = json;
        Line = json[0].GetInt64();
        WrittenBefore = json[1].GetInt64();
        if (hasCells) Cells = [.. json.EnumerateArray().Skip(2).Select(cell => cell.GetString())];
    }

    /// <summary>Of the file, where the row begins.</summary>
    public long Line { get; }

    /// <summary>Rows the job had written when this one was put off; -1 where it was not.</summary>
    public long WrittenBefore { get; }

    public JsonElement Json { get; }

    /// <summary>Null where the row is a JSON record; a cell is null where it is empty.</summary>
    public string?[]? Cells { get; }

    /// <summary>The unique values that its references must find.</summary>
    public List<(ImportColumn Column, string Key)> Lookups { get; } = [];

    /// <summary>References that members like <c>customer.customerID</c> name, found or null.</summary>
    public HashSet<int> Named { get; } = [];

    /// <summary>The key of the record it upserts; null where it inserts.</summary>
    public string? Key { get; set; }

    /// <summary>It has a key that its field does not hold: the planner says why.</summary>
    public bool IsKeyWrong { get; set; }

    public IReadOnlyList<Finding> Findings => findings;

    public bool IsWritten { get; set; }

    public bool IsWaiting => !IsWritten && findings.Count == 0;

    /// <summary>Whether a reference to another record of its object was not found.</summary>
    public bool IsUnresolved => unresolved.Count > 0;

    /// <summary>The record that it changes, or null.</summary>
    public StoredRecord? Stored { get; set; }

    public RecordDraft? After { get; private set; }

    public RecordDifference? Difference { get; private set; }

    public void Fail(string code, string detail, string pointer) => findings.Add(new Finding(code, detail, pointer));

    public void Fail(IEnumerable<Finding> wrong) => findings.AddRange(wrong);

    public void FailUnresolved() => findings.AddRange(unresolved);

    /// <summary>Gives its references what was found for them.</summary>
    /// <param name="found">By lookup and key.</param>
    /// <param name="own">The prefix of its object, to whose records the file may still add.</param>
    public void Resolve(Dictionary<ImportLookup, Dictionary<string, long>> found, int own)
    {
        resolved.Clear();
        unresolved.Clear();
        foreach (var (column, key) in Lookups)
        {
            var lookup = column.By!;
            if (found[lookup].TryGetValue(key, out var id))
            {
                resolved[column.Ordinal] = id;
                continue;
            }
            var missing = new Finding("reference-not-found",
                $"{column.Name}: there is no {lookup.Target.Object.Name} with this {lookup.Field.Field.Name}.",
                "/" + column.Name);
            (lookup.Target.Prefix == own ? unresolved : findings).Add(missing);
        }
    }

    /// <summary>Plans a row for which nothing has to be looked up: that can be done before its turn.</summary>
    /// <remarks>For an object without conditions: those ask who writes, and when.</remarks>
    public void PlanAhead(ImportTarget target, ImportColumn[] columns)
    {
        if (Key is null && !IsKeyWrong && Lookups.Count == 0 && Named.Count == 0 && findings.Count == 0)
            Plan(target, columns, Nobody);
    }

    /// <summary>What the row makes, over what is there; once for a row that was planned ahead.</summary>
    public void Plan(ImportTarget target, ImportColumn[] columns, WriteMark mark)
    {
        if (After is not null && Lookups.Count == 0 && Stored is null) return;
        var before = Stored?.ToDraft(target.Layout);
        var right = Stored is null ? RecordRight.Create : RecordRight.Edit;
        if (!target.Schema.May(target.Layout.Object, right))
        {
            Fail(Problems.PermissionMissing.Slug,
                RecordPermissions.Missing(target.Layout.Object.Name, right).Detail, "");
            After = new RecordDraft(target.Layout, "");
            return;
        }
        After = Cells is not null ? FromCells(target, columns, before, mark) : FromRecord(target, before, mark);
        Difference = before is null ? null : RecordDifference.Of(before, After);
    }

    private static readonly WriteMark Nobody = new(default, "", "", DateTime.UnixEpoch);

    private RecordDraft FromCells(
        ImportTarget target, ImportColumn[] columns, RecordDraft? current, WriteMark mark)
    {
        var layout = current is null ? target.Whole : target.Layout;
        var draft = new RecordDraft(layout, "")
        {
            Shown = target.Layout,
            Values = current is null ? new StoredValue?[layout.Fields.Length] : [.. current.Values],
            Id = current?.Id ?? 0,
        };
        var given = new bool[layout.Fields.Length];
        foreach (var (i, column) in columns.Index())
        {
            var field = target.Layout.Fields[column.Ordinal];
            var ordinal = layout == target.Layout ? column.Ordinal : layout.Find(field.Field.Name);
            given[ordinal] = true;
            if (Cells![i] is not { } text)
            {
                draft.Values[ordinal] = null;
                if (field.Field.Required) Require(field.Field);
            }
            else if (column.By is not null)
            {
                // What was not found has been told.
                if (resolved.TryGetValue(column.Ordinal, out var id))
                    draft.Values[ordinal] = ReferenceCodec.Store(id);
            }
            else if (field.Codec.TryParse(target.Schema, field.Field, text, out var stored, out var fault))
                draft.Values[ordinal] = stored;
            else if (!findings.Exists(finding => finding.Pointer == "/" + column.Name))
                Fail(fault.Code, $"{column.Name}: {fault.Detail}", "/" + column.Name);
        }
        if (current is null) Fill(target, draft, given, mark);
        if (target.Schema.ConditionsOf(layout.Object.Name) is null) return draft;
        var broken = new RecordFindings();
        foreach (var finding in findings) broken.Add(finding.Pointer ?? "", finding.Code, finding.Detail);
        RecordRules.Check(target.Schema, mark, current, draft, broken, Stored);
        Fail(broken.All.Skip(findings.Count).ToList());
        return draft;
    }

    /// <summary>Defaults of the fields that have no column, and what must have one.</summary>
    private void Fill(ImportTarget target, RecordDraft draft, bool[] given, WriteMark mark)
    {
        for (var i = 0; i < given.Length; i++)
        {
            if (given[i]) continue;
            var field = draft.Layout.Fields[i];
            Fault? fault = null;
            if (field.Field.Default is not null && RecordRules.Default(
                target.Schema, field, draft.Layout.Object.Name, mark, out fault) is { } stored)
                draft.Values[i] = stored;
            else if (fault is { } wrong)
                Fail(wrong.Code, $"{field.Field.Name}: {wrong.Detail}", "/" + field.Field.Name);
            else if (field.Field is { Required: true, ReadOnly: false })
                RequireOfCaller(draft, field.Field);
        }
    }

    private void Require(SchemaField field)
    {
        var pointer = "/" + field.Name;
        if (!findings.Exists(finding => finding.Pointer == pointer))
            Fail("required", $"{field.Name}: a value is required.", pointer);
    }

    private void RequireOfCaller(RecordDraft draft, SchemaField field)
    {
        var shown = draft.Shown.Find(field.Name);
        if (shown >= 0 && !draft.Shown.Fields[shown].Field.ReadOnly) Require(field);
        else Fail(Problems.PermissionMissing.Slug, RecordPlanner.NotWritable, shown < 0 ? "" : "/" + field.Name);
    }

    /// <summary>References by a unique value become ids first.</summary>
    private RecordDraft FromRecord(ImportTarget target, RecordDraft? current, WriteMark mark)
    {
        var wrong = new RecordFindings();
        var planner = new RecordPlanner(target.Schema, wrong, mark);
        var record = WithIds(target);
        var draft = current is null ? planner.Create(target.Layout.Object, record)
            : planner.Merge(current, record, Stored);
        var told = Lookups.Where(lookup => !resolved.ContainsKey(lookup.Column.Ordinal))
            .Select(lookup => "/" + target.Layout.Fields[lookup.Column.Ordinal].Field.Name).ToHashSet();
        told.UnionWith(findings.Select(finding => finding.Pointer ?? ""));
        Fail(wrong.All.Where(finding => !told.Contains(finding.Pointer ?? "")).ToList().Select(finding =>
            finding with { Detail = $"{finding.Pointer?.TrimStart('/')}: {finding.Detail}" }));
        return draft;
    }

    private JsonElement WithIds(ImportTarget target)
    {
        var record = Json[2];
        if (!record.EnumerateObject().Any(member => member.Name.Contains('.'))) return record;
        var members = JsonObject.Create(record)!;
        foreach (var name in members.Select(member => member.Key).Where(name => name.Contains('.')).ToList())
            members.Remove(name);
        foreach (var ordinal in Named)
            members[target.Layout.Fields[ordinal].Field.Name] = resolved.TryGetValue(ordinal, out var id)
                ? new RecordId(id).ToString() : null;
        return JsonSerializer.SerializeToElement(members, Deep);
    }

    private static readonly JsonSerializerOptions Deep = new() { MaxDepth = 128 };
}
