using System.Buffers;
using System.Text;
using System.Text.Json;
using Xingchen.Contracts;
using Xingchen.Records.Plan;
using Xingchen.Records.Response;
using Xingchen.Records.Sql;
using Xingchen.Records.Values;
using Xingchen.Schema;
using Xingchen.Schema.Expressions;

namespace Xingchen.Records.Impact;

/// <summary>What another schema asks of the records of an object beyond the one in force, and how many of those that
/// were looked at it would refuse at their next change.</summary>
/// <remarks>Values are judged by the code that judges them when they are written. Rules that read parents, and values
/// that stay, are not asked: the one needs the database for each record, the other a change.</remarks>
internal sealed class ObjectImpact
{
    private const int MostSamples = 5;

    /// <summary>Of conditions it is not known whether they are those of before: they are told of where they find
    /// something.</summary>
    private const string RequiredIf = "required-if";

    private readonly Schema.Schema after;
    private readonly ObjectLayout layout;
    private readonly WriteMark mark;
    private readonly List<(ImpactItem Item, Func<RecordDraft, DraftRecord, bool> Fails, List<string> Samples)> checks =
        [];
    private readonly long[] counts;

    private ObjectImpact(Schema.Schema before, SchemaObject now, Schema.Schema after, SchemaObject then, WriteMark mark)
    {
        this.after = after;
        this.mark = mark;
        layout = ObjectLayout.Of(then);
        for (var i = 0; i < layout.Fields.Length; i++) AddField(now, layout.Fields[i], i);
        AddConditions(before.ConditionsOf(now.Name), after.ConditionsOf(then.Name));
        counts = new long[checks.Count];
    }

    public KeyPrefix Prefix => layout.Object.Prefix;

    /// <summary>One for each object of which more is asked than before.</summary>
    public static IReadOnlyList<ObjectImpact> Of(Schema.Schema before, Schema.Schema after, WriteMark mark) =>
    [
        .. from now in before.Objects
           orderby now.Prefix.Value
           let then = after.Find(now.Prefix)
           where then is not null
           let impact = new ObjectImpact(before, now, after, then, mark)
           where impact.checks.Count > 0
           select impact,
    ];

    public void Look(StoredRecord record)
    {
        var draft = record.ToDraft(layout);
        var read = new DraftRecord(draft, mark, record, layout);
        for (var i = 0; i < checks.Count; i++)
        {
            if (!checks[i].Fails(draft, read)) continue;
            counts[i]++;
            if (checks[i].Samples.Count < MostSamples) checks[i].Samples.Add(new RecordId(record.Id).ToString());
        }
    }

    /// <param name="isCut">Whether not all records were looked at.</param>
    /// <param name="withSamples">Whether the caller sees all records.</param>
    public IEnumerable<ImpactItem> Items(bool isCut, bool withSamples) => checks.Index()
        .Where(one => counts[one.Index] > 0 || (isCut && one.Item.Item.Check != RequiredIf))
        .Select(one => one.Item.Item with
        {
            Count = counts[one.Index], AtLeast = isCut, Sample = withSamples ? one.Item.Samples : [],
        });

    private void AddField(SchemaObject now, FieldLayout field, int ordinal)
    {
        var (then, known) = (field.Field, now.FindByKey(field.Field.Place.BodyKey));
        if (then.IsComputed) return;
        if (then.Required && known is not { Required: true })
            Add("required", then.Name, null, (draft, _) => draft.Values[ordinal] is null);
        if (then.Unique && known is { Unique: false })
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            Add("unique", then.Name, null,
                (draft, _) => draft.Values[ordinal] is { Key: { } key } && !seen.Add(key));
        }
        if (known is null || IsSame(known, then)) return;
        Add("value", then.Name, null,
            (draft, _) => draft.Values[ordinal] is { } value && !Fits(field, value) && Fits(known, field, value));
    }

    private void AddConditions(ObjectConditions? known, ObjectConditions? then)
    {
        if (then is null) return;
        foreach (var one in then.Required)
        {
            var ordinal = layout.Find(one.Field);
            var old = known?.Required.FirstOrDefault(required => required.Field == one.Field);
            if (ordinal < 0) continue;
            Add(RequiredIf, one.Field, null, (draft, read) => draft.Values[ordinal] is null
                && one.Holds(read, mark.Moment) && old?.Holds(read, mark.Moment) != true);
        }
        foreach (var one in then.Rules.Where(rule => !rule.Condition.ReadsOthers))
        {
            var old = known?.Rules.FirstOrDefault(rule => rule.Rule.Name == one.Rule.Name);
            if (one.Rule.Condition == old?.Rule.Condition) continue;
            Add("rule", null, one.Rule.Name, (_, read) => one.Holds(read, mark.Moment)
                && (old is null || old.Condition.ReadsOthers || !old.Holds(read, mark.Moment)));
        }
    }

    private void Add(string check, string? field, string? rule, Func<RecordDraft, DraftRecord, bool> fails) =>
        checks.Add((new ImpactItem(layout.Object.Name, field, rule, check, 0, false, []), fails, []));

    private static bool IsSame(SchemaField known, SchemaField then) =>
        known.Type == then.Type && known.Length == then.Length && known.Precision == then.Precision
        && known.Scale == then.Scale && known.Format == then.Format
        && (known.Values ?? []).Select(value => value.Value).SequenceEqual((then.Values ?? []).Select(v => v.Value));

    private bool Fits(SchemaField known, FieldLayout field, StoredValue value) =>
        known.Type != field.Field.Type || field.Codec.TryRead(after, known, Api(field, value), out _, out _);

    private bool Fits(FieldLayout field, StoredValue value) =>
        field.Codec.TryRead(after, field.Field, Api(field, value), out _, out _);

    /// <summary>A stored value as a caller would send it.</summary>
    private static JsonElement Api(FieldLayout field, StoredValue value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, RecordWriter.Json))
            field.Codec.Write(json, field.Field, Encoding.UTF8.GetBytes(value.Json));
        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return document.RootElement.Clone();
    }
}
