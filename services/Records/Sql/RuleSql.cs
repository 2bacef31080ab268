using System.Globalization;
using Npgsql;
using Xingchen.Records.Plan;
using Xingchen.Records.Schemas;
using Xingchen.Storage;

namespace Xingchen.Records.Sql;

/// <summary>Asks the rules of objects that read parents, of what a transaction has just written.</summary>
internal static class RuleSql
{
    /// <summary>Raised by <c>records.refuse</c>: after a colon <c>id:rule,rule;id:…</c>.</summary>
    public const string Broken = "XR003";

    /// <summary>Whether the rules of an object are asked of the database.</summary>
    public static bool Asks(Schema.Schema schema, ObjectLayout layout) =>
        schema.ConditionsOf(layout.Object.Name) is { ReadsOthers: true };

    /// <summary>Ends the transaction where one of these records, as it is now written, breaks a rule. Goes behind the
    /// writes of the same batch, so that it costs no round trip; nothing where no rule reads parents.</summary>
    /// <remarks>Its result gives back no org: it has no rows of any.</remarks>
    public static void AddRules(
        this OrgBatch batch, WriteMark mark, InForce current, IEnumerable<RecordDraft> drafts)
    {
        foreach (var group in drafts.Where(draft => Asks(current.Schema, draft.Layout)).GroupBy(draft => draft.Layout))
        {
            var conditions = current.Schema.ConditionsOf(group.Key.Object.Name)!;
            var plan = QueryPlanner.PlanRules(group.Key, conditions.Rules, [.. group.Select(draft => draft.Id)],
                current.Schema, mark);
            var statement = QuerySql.Build(
                plan, mark.Account, null, long.MaxValue, current.Versions.Table(RecordSql.Table));
            var columns = statement.Columns.Cast<LeafColumn>().Select(column => column.Ordinal).ToList();
            var id = statement.Keys[0].Ordinal;
            var names = Enumerable.Range(0, Math.Max(id, columns.Max()) + 1).Select(i => "c" + i);
            var rules = columns.Select((column, i) => string.Create(CultureInfo.InvariantCulture,
                $"case when q.c{column}::text = 'true' then {i} end"));
            batch.Add($"select records.refuse(string_agg(q.c{id}::text || ':' || concat_ws(',', "
                + $"{string.Join(", ", rules)}), ';')) from ({statement.Text}) q({string.Join(", ", names)})",
                [.. statement.Parameters.Select(value => OrgBatch.Parameter(value.Value, value.Type))]);
        }
    }

    /// <summary>What is wrong, in words, by record.</summary>
    public static Dictionary<RecordDraft, RecordFindings> Read(
        PostgresException exception, IEnumerable<RecordDraft> drafts, InForce current, WriteMark mark)
    {
        var byId = drafts.ToDictionary(draft => draft.Id);
        var found = new Dictionary<RecordDraft, RecordFindings>();
        foreach (var record in exception.MessageText[(exception.MessageText.IndexOf(':') + 1)..].Split(';'))
        {
            var parts = record.Split(':');
            var draft = byId[long.Parse(parts[0], CultureInfo.InvariantCulture)];
            var rules = current.Schema.ConditionsOf(draft.Layout.Object.Name)!.Rules;
            var findings = new RecordFindings();
            foreach (var rule in parts[1].Split(','))
                RecordRules.Tell(
                    rules[int.Parse(rule, CultureInfo.InvariantCulture)].Rule, draft, mark.Language, findings);
            found[draft] = findings;
        }
        return found;
    }
}
