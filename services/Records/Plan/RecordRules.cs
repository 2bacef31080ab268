using System.Globalization;
using Xingchen.Records.Sql;
using Xingchen.Records.Values;
using Xingchen.Schema;
using Xingchen.Schema.Expressions;

namespace Xingchen.Records.Plan;

/// <summary>What an object's conditions say of a record that is written: conditional requirements, values that stay,
/// validation rules. An object without any pays a look-up.</summary>
internal static class RecordRules
{
    /// <summary>The default of a field that the record brings no value for.</summary>
    /// <param name="fault">Why what the expression gives is no value of the field; else null.</param>
    /// <returns>Null where there is none.</returns>
    public static StoredValue? Default(
        Schema.Schema schema, FieldLayout field, string item, WriteMark mark, out Fault? fault)
    {
        fault = null;
        if (field.Field.DefaultExpression is null)
            return field.Field.Default is { } value
                && field.Codec.TryRead(schema, field.Field, value, out var given, out _)
                ? given : null;
        if (schema.ConditionsOf(item)?.Defaults.GetValueOrDefault(field.Field.Name) is not { } run
            || Text(run(null!, mark.Moment)) is not { } text) return null; // defaults read no record
        if (field.Codec.TryParse(schema, field.Field, text, out var stored, out var wrong)) return stored;
        fault = wrong;
        return null;
    }

    /// <summary>Checks a record, everything at once. Rules that read parents are left to the database.</summary>
    /// <param name="before">The record as it is stored; null where it is new.</param>
    public static void Check(
        Schema.Schema schema, WriteMark mark, RecordDraft? before, RecordDraft after, RecordFindings findings,
        StoredRecord? stored = null)
    {
        if (schema.ConditionsOf(after.Layout.Object.Name) is not { } conditions) return;
        var whole = ObjectLayout.Of(schema.Whole.Find(after.Layout.Object.Name)!);
        var record = new DraftRecord(after, mark, stored, whole);
        var wrong = findings.All.Select(finding => finding.Pointer).OfType<string>().ToHashSet();
        string At(string field) => RecordFindings.Step(after.Pointer, field);
        foreach (var required in conditions.Required)
        {
            var ordinal = after.Layout.Find(required.Field);
            if (ordinal >= 0 && after.Values[ordinal] is null && !wrong.Contains(At(required.Field))
                && required.Holds(record, mark.Moment))
                Require(required.Field, after, findings);
        }
        if (before is not null && conditions.Fixed.Count > 0)
            Stays(conditions, mark, new DraftRecord(before, mark, stored, whole, isBefore: true), before, after,
                findings);
        if (conditions.ReadsOthers) return;
        foreach (var rule in conditions.Rules)
            if (!rule.Reads.Any(field => wrong.Contains(At(field))) && rule.Holds(record, mark.Moment))
                Tell(rule.Rule, after, mark.Language, findings);
    }

    /// <summary>Whether something is asked of records of an object, or of children that travel in them.</summary>
    public static bool Any(Schema.Schema schema, SchemaObject item) =>
        schema.ConditionsOf(item.Name) is not null || item.Children.Any(child =>
            child.Owned && schema.Whole.Find(child.Object) is { } owned && Any(schema, owned));

    /// <summary>Says that a record breaks a rule: of each field that the rule is about and its writer sees, else of the
    /// record.</summary>
    /// <param name="language">What the writer wants, the best first, by commas.</param>
    public static void Tell(ValidationRule rule, RecordDraft draft, string language, RecordFindings findings)
    {
        var message = rule.Message.For(language.Split(','));
        var seen = rule.Fields.Where(field => draft.Shown.Find(field) >= 0).ToList();
        foreach (var field in seen) findings.Add(RecordFindings.Step(draft.Pointer, field), "rule-broken", message);
        if (seen.Count == 0) findings.Add(draft.Pointer, "rule-broken", message);
    }

    private static void Require(string field, RecordDraft draft, RecordFindings findings)
    {
        if (draft.Shown.Find(field) >= 0)
            findings.Add(RecordFindings.Step(draft.Pointer, field), "required", "A value is required.");
        else
            findings.Add(draft.Pointer, Problems.PermissionMissing.Slug, RecordPlanner.NotWritable);
    }

    private static void Stays(
        ObjectConditions conditions, WriteMark mark, DraftRecord record, RecordDraft before, RecordDraft after,
        RecordFindings findings)
    {
        foreach (var kept in conditions.Fixed)
        {
            var ordinal = after.Layout.Find(kept.Field);
            if (ordinal >= 0 && before.Values[ordinal]?.Json != after.Values[ordinal]?.Json
                && kept.Holds(record, mark.Moment))
                findings.Add(RecordFindings.Step(after.Pointer, kept.Field), "read-only",
                    "The value stays as it is, for the record is as it is.");
        }
    }

    /// <summary>A value as a file would have it.</summary>
    private static string? Text(object? value) => value switch
    {
        null => null,
        bool flag => flag ? "true" : "false",
        DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DateTime time => TimeCodec.Format(time),
        _ => value.ToString(),
    };
}
