using System.Text.Json;
using System.Text.Json.Nodes;
using Xingchen.Records.Plan;
using Xingchen.Records.Values;
using Xingchen.Schema;

namespace Xingchen.Records.Imports;

/// <summary>A row on its way to a record.</summary>
/// <param name="line">Of the file.</param>
/// <param name="writtenBefore">Rows the job had written when this one was put off; -1 where it was not.</param>
/// <param name="json">As it was spooled: cells after the two numbers, or one record.</param>
internal sealed class ImportRow(long line, long writtenBefore, JsonElement json)
{
    private readonly Dictionary<int, long> resolved = [];
    private readonly List<Finding> findings = [];

    public long Line => line;

    public long WrittenBefore => writtenBefore;

    public JsonElement Json => json;

    /// <summary>The unique values that its references and its upsert must find: which lookup, which key.</summary>
    public List<(ImportColumn Column, string Key)> Lookups { get; } = [];

    /// <summary>The key of the record it upserts; null where it inserts.</summary>
    public string? Key { get; set; }

    public IReadOnlyList<Finding> Findings => findings;

    public bool IsPutOff { get; set; }

    /// <summary>The record that it changes, or null.</summary>
    public StoredRecord? Stored { get; set; }

    public RecordDraft? Before { get; set; }

    public RecordDraft? After { get; set; }

    public RecordDifference? Difference { get; set; }

    public bool IsLive => findings.Count == 0 && !IsPutOff;

    public void Fail(string code, string detail, string pointer) => findings.Add(new Finding(code, detail, pointer));

    public void Fail(IEnumerable<Finding> wrong) => findings.AddRange(wrong);

    public void Resolve(ImportColumn column, long id) => resolved[column.Ordinal] = id;

    /// <summary>The cell of a column; null where it is empty.</summary>
    public string? Cell(int column) => json[column + 2].GetString();

    /// <summary>A row of cells as a record over what is there.</summary>
    public RecordDraft FromCells(ImportTarget target, ImportColumn[] columns, RecordDraft? current)
    {
        var layout = target.Layout;
        var draft = new RecordDraft(layout, "")
        {
            Values = current is null ? new StoredValue?[layout.Fields.Length] : [.. current.Values],
            Id = current?.Id ?? 0,
        };
        var given = new bool[layout.Fields.Length];
        foreach (var (i, column) in columns.Index())
        {
            given[column.Ordinal] = true;
            var field = layout.Fields[column.Ordinal];
            if (Cell(i) is not { } text) draft.Values[column.Ordinal] = null;
            else if (column.By is not null) draft.Values[column.Ordinal] =
                ReferenceCodec.Store(resolved[column.Ordinal]);
            else if (field.Codec.TryParse(
                target.Schema, field.Field, text, out var stored, out var fault)) draft.Values[column.Ordinal] = stored;
            else Fail(fault.Code, $"{column.Name}: {fault.Detail}", "/" + column.Name);
        }
        for (var i = 0; i < given.Length; i++) FillOrRequire(
            target, draft, i, isNew: current is null && !given[i], given[i]);
        return draft;
    }

    private void FillOrRequire(ImportTarget target, RecordDraft draft, int ordinal, bool isNew, bool given)
    {
        var field = draft.Layout.Fields[ordinal];
        if (draft.Values[ordinal] is not null) return;
        if (isNew && field.Field.Default is { } value
            && field.Codec.TryRead(target.Schema, field.Field, value, out var stored, out _)) draft.Values[ordinal] =
                stored;
        else if (field.Field is { Required: true, ReadOnly: false } && (isNew || given)
            && !findings.Exists(f => f.Pointer == "/" + field.Field.Name))
            Fail("required", $"{field.Field.Name}: a value is required.", "/" + field.Field.Name);
    }

    /// <summary>A row of JSON as a record over what is there; references by a unique value become ids first.</summary>
    public RecordDraft FromRecord(ImportTarget target, RecordDraft? current)
    {
        var record = json[2];
        if (resolved.Count > 0)
        {
            var members = JsonObject.Create(record)!;
            foreach (var name in members.Select(member => member.Key).Where(name => name.Contains('.')).ToList())
            {
                members.Remove(name);
                var ordinal = target.Layout.Find(name[..name.IndexOf('.', StringComparison.Ordinal)]);
                members[target.Layout.Fields[ordinal].Field.Name] = resolved.TryGetValue(ordinal, out var id)
                    ? new RecordId(id).ToString() : null;
            }
            record = JsonSerializer.SerializeToElement(members);
        }
        var wrong = new RecordFindings();
        var planner = new RecordPlanner(target.Schema, wrong);
        var draft = current is null ? planner.Create(target.Layout.Object, record) : planner.Merge(current, record);
        Fail(wrong.All.Select(finding =>
            finding with { Detail = $"{finding.Pointer?.TrimStart('/')}: {finding.Detail}" }));
        return draft;
    }
}
