using System.Text.Json;
using Xingchen.Records.Sql;
using Xingchen.Records.Values;
using Xingchen.Schema;

namespace Xingchen.Records.Plan;

/// <summary>What a reference that begins with <c>@</c> means: a record of the same request.</summary>
/// <returns>Its id, or why it is none; neither where the operation that makes it has failed.</returns>
internal delegate (RecordId? Id, Fault? Fault) NamedRecord(string name);

/// <summary>How many records one request has named so far, over all of its plans.</summary>
internal sealed class RecordCount
{
    public int Records { get; set; }
}

/// <summary>Checks what a request wants to write against the schema: names, types, limits. Pure; says everything
/// wrong.</summary>
/// <param name="schema">What is in force.</param>
/// <param name="findings">Takes what is wrong.</param>
/// <param name="mark">Who writes, when.</param>
/// <param name="root">Where the record stands in the request.</param>
/// <param name="named">Resolves references such as <c>@o1.id</c>; null where a request has one record.</param>
/// <param name="count">Shared by the plans of one request.</param>
internal sealed class RecordPlanner(
    Schema.Schema schema, RecordFindings findings, WriteMark mark, string root = "", NamedRecord? named = null,
    RecordCount? count = null)
{
    /// <summary>Records in one request at most, children and all.</summary>
    public const int MostRecords = 2_000;

    public const string NotWritable =
        "A record needs a value in a field that your permission sets do not let you write.";

    /// <summary>Levels of children in children at most.</summary>
    private const int MostLevels = 5;

    private readonly RecordCount count = count ?? new RecordCount();

    /// <summary>A new record with the children in it; defaults filled in, required fields there.</summary>
    /// <param name="key">A key that it has from outside its body, or null.</param>
    /// <exception cref="ProblemException"><c>permission-missing</c></exception>
    public RecordDraft Create(SchemaObject item, JsonElement body, UpsertKey? key = null)
    {
        schema.Require(item, RecordRight.Create);
        return Create(item, body, root, null, null, 0, key);
    }

    private RecordDraft Create(
        SchemaObject item, JsonElement body, string pointer, RecordDraft? master, ChildRelation? relation, int level,
        UpsertKey? key = null)
    {
        // With all its fields, for those that the caller does not see have defaults and numbers too.
        var layout = ObjectLayout.Of(schema.Whole(item));
        var draft = new RecordDraft(layout, pointer)
        {
            Shown = ObjectLayout.Of(item), Master = master,
            MasterOrdinal = relation is null ? -1 : layout.Find(relation.Field),
        };
        if (++count.Records == MostRecords + 1)
            findings.Add(
                pointer, "too-many-records", $"At most {MostRecords} records in one request: import them instead.");
        if (body.ValueKind != JsonValueKind.Object)
        {
            findings.Add(pointer, "type-mismatch", "Expected a record: an object of fields and values.");
            return draft;
        }
        foreach (var member in body.EnumerateObject())
        {
            if (item.Children.FirstOrDefault(child => child.Name == member.Name) is { Owned: true } child
                && layout.Find(member.Name) < 0)
                CreateChildren(draft, child, member.Value, level);
            else
                Set(draft, member);
        }
        key?.Apply(draft, findings);
        FillAndRequire(draft, body);
        RecordRules.Check(schema, mark, null, draft, findings);
        return draft;
    }

    private void CreateChildren(RecordDraft parent, ChildRelation relation, JsonElement list, int level)
    {
        var pointer = RecordFindings.Step(parent.Pointer, relation.Name);
        if (list.ValueKind != JsonValueKind.Array || schema.Find(relation.Object) is not { } item)
        {
            findings.Add(pointer, "type-mismatch", "Expected a list of child records.");
            return;
        }
        if (!schema.May(item, RecordRight.Create))
        {
            findings.Add(pointer, Problems.PermissionMissing.Slug,
                RecordPermissions.Missing(item.Name, RecordRight.Create).Detail);
            return;
        }
        if (level == MostLevels)
        {
            findings.Add(pointer, "too-deep", $"At most {MostLevels} levels of children.");
            return;
        }
        var drafts = new List<RecordDraft>();
        foreach (var (index, child) in list.EnumerateArray().Index())
        {
            if (count.Records > MostRecords) break;
            drafts.Add(Create(item, child, $"{pointer}/{index}", parent, relation, level + 1));
        }
        parent.Children.Add((relation, drafts));
    }

    private void FillAndRequire(RecordDraft draft, JsonElement body)
    {
        for (var i = 0; i < draft.Values.Length; i++)
        {
            var field = draft.Layout.Fields[i].Field;
            if (draft.Values[i] is not null || i == draft.MasterOrdinal) continue;
            if (body.TryGetProperty(field.Name, out var given))
            {
                if (field.Required && given.ValueKind == JsonValueKind.Null) Require(draft, field);
                continue;
            }
            Fault? fault = null;
            if (field.Default is not null && RecordRules.Default(
                schema, draft.Layout.Fields[i], draft.Layout.Object.Name, mark, out fault) is { } stored)
                draft.Values[i] = stored;
            else if (fault is { } wrong)
                findings.Add(RecordFindings.Step(draft.Pointer, field.Name), wrong);
            else if (field.Required && !field.ReadOnly)
                RequireOfCaller(draft, field);
        }
    }

    private void RequireOfCaller(RecordDraft draft, SchemaField field)
    {
        var shown = draft.Shown.Find(field.Name);
        if (shown >= 0 && !draft.Shown.Fields[shown].Field.ReadOnly) Require(draft, field);
        else findings.Add(
            shown < 0 ? draft.Pointer : RecordFindings.Step(draft.Pointer, field.Name),
            Problems.PermissionMissing.Slug, NotWritable);
    }

    /// <summary>A record with changes merged into it (RFC 7396: null clears).</summary>
    /// <param name="current">As it is stored.</param>
    /// <param name="stored">The same with what every record has; null where it is not there.</param>
    public RecordDraft Merge(RecordDraft current, JsonElement body, StoredRecord? stored = null)
    {
        var draft = new RecordDraft(current.Layout, root) { Values = [.. current.Values], Id = current.Id };
        if (body.ValueKind != JsonValueKind.Object)
        {
            findings.Add(root, "type-mismatch", "Expected an object of fields and values.");
            return draft;
        }
        foreach (var member in body.EnumerateObject())
        {
            Set(draft, member, current);
            var ordinal = draft.Layout.Find(member.Name);
            if (ordinal >= 0 && member.Value.ValueKind == JsonValueKind.Null
                && draft.Layout.Fields[ordinal].Field is { Required: true } field)
                Require(draft, field);
        }
        RecordRules.Check(schema, mark, current, draft, findings, stored);
        return draft;
    }

    private void Require(RecordDraft draft, SchemaField field) =>
        findings.Add(RecordFindings.Step(draft.Pointer, field.Name), "required", "A value is required.");

    private void Set(RecordDraft draft, JsonProperty member, RecordDraft? current = null)
    {
        var pointer = RecordFindings.Step(draft.Pointer, member.Name);
        var shown = draft.Shown.Find(member.Name);
        if (shown < 0)
        {
            Unknown(draft, member.Name, pointer);
            return;
        }
        var ordinal = draft.Shown == draft.Layout ? shown : draft.Layout.Find(member.Name);
        var field = draft.Shown.Fields[shown];
        if (field.Field.ReadOnly)
        {
            findings.Add(pointer, "read-only", "The field is not written by callers.");
            return;
        }
        if (ordinal == draft.MasterOrdinal)
        {
            findings.Add(pointer, "read-only", "A child that travels in its parent refers to it by itself.");
            return;
        }
        if (member.Value.ValueKind == JsonValueKind.Null)
        {
            draft.Values[ordinal] = null;
            return;
        }
        if (named is not null && TryName(draft, ordinal, field, member.Value, pointer)) return;
        // also a picklist value that is hidden by now
        if (IsKept(field, member.Value, current?.Values[ordinal])) return;
        if (field.Codec.TryRead(
            schema, field.Field, member.Value, out var stored, out var fault)) draft.Values[ordinal] = stored;
        else findings.Add(pointer, fault);
    }

    private bool TryName(RecordDraft draft, int ordinal, FieldLayout field, JsonElement value, string pointer)
    {
        if (field.Codec is not ReferenceCodec || value.ValueKind != JsonValueKind.String
            || !PicklistCodec.TryText(value, out var text) || !text.StartsWith('@')) return false;
        var (id, fault) = named!(text);
        if (id is { } record)
        {
            if (field.Codec.TryParse(schema, field.Field, record.ToString(), out var stored, out var wrong))
                draft.Values[ordinal] = stored;
            else
                fault = wrong;
        }
        if (fault is { } told) findings.Add(pointer, told);
        return true;
    }

    private static bool IsKept(FieldLayout field, JsonElement given, StoredValue? current) =>
        current is { } kept && field.Field.Type == FieldType.Picklist && given.ValueKind == JsonValueKind.String
        && PicklistCodec.TryText(given, out var text) && TextCodec.Quote(text) == kept.Json;

    private void Unknown(RecordDraft draft, string name, string pointer)
    {
        var item = draft.Shown.Object;
        if (QueryScope.IsSystem(name))
            findings.Add(pointer, "read-only", "The platform sets it.");
        else if (item.Children.Any(child => child.Name == name))
            findings.Add(
                pointer, "children-not-here", "Child records are created inside a new parent or by themselves.");
        else
            findings.Add(pointer, "unknown-field", $"{item.Name} has no field of this name.");
    }
}
