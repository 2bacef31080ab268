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
    /// <returns>Null where there is none.</returns>
    public static StoredValue? Default(
        Schema.Schema schema, FieldLayout field, string item, WriteMark mark, Action<Fault> refuse)
    {
        if (field.Field.DefaultExpression is null)
            return field.Field.Default is { } value
                && field.Codec.TryRead(schema, field.Field, value, out var given, out _)
                ? given : null;
        if (schema.ConditionsOf(item)?.Defaults.GetValueOrDefault(field.Field.Name) is not { } run
            || Text(run(null!, mark.Moment)) is not { } text) return null; // defaults read no record
        if (field.Codec.TryParse(schema, field.Field, text, out var stored, out var fault)) return stored;
        refuse(fault);
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
                findings.Add(At(required.Field), "required", "A value is required.");
        }
        if (before is not null && conditions.Fixed.Count > 0)
            Stays(conditions, mark, new DraftRecord(before, mark, stored, whole), before, after, findings);
        if (conditions.ReadsOthers) return;
        foreach (var rule in conditions.Rules)
            if (!rule.Reads.Any(field => wrong.Contains(At(field))) && rule.Holds(record, mark.Moment))
                Tell(rule.Rule, after.Pointer, mark.Language, findings);
    }

    /// <summary>Says that a record breaks a rule.</summary>
    public static void Tell(ValidationRule rule, string pointer, string language, RecordFindings findings)
    {
        var message = rule.Message.For([language]);
        foreach (var field in rule.Fields) findings.Add(RecordFindings.Step(pointer, field), "rule-broken", message);
        if (rule.Fields.Count == 0) findings.Add(pointer, "rule-broken", message);
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
