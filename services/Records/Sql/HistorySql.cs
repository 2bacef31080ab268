using System.Globalization;
using Npgsql;
using Xingchen.Records.Plan;
using Xingchen.Schema;
using Xingchen.Storage;

namespace Xingchen.Records.Sql;

/// <summary>Where a record's children of the past are looked for: among those that refer to it now, by the slot, and
/// those that were moved away since, by the log. All that referred to it is among them, and more.</summary>
/// <param name="Slot">The slot that holds what records refer to now.</param>
/// <param name="BodyKey">The reference in bodies and in the log.</param>
/// <param name="Parent">The parent's id, as SQL.</param>
internal sealed record PastChildren(string Slot, string BodyKey, string Parent)
{
    /// <summary>Null where no slot of the present holds the reference of every record: then all are looked
    /// at.</summary>
    /// <param name="present">What is in force now; slots are of now.</param>
    /// <param name="field">The reference, of any time.</param>
    public static PastChildren? Of(Schema.Schema? present, KeyPrefix prefix, SchemaField field, string parent) =>
        present?.Find(prefix)?.FindByKey(field.Place.BodyKey) is
            { Type: FieldType.Reference or FieldType.MasterDetail, Place.ReadySlot: { } slot }
            ? new PastChildren(slot, field.Place.BodyKey, parent) : null;
}

/// <summary>The statements that read records as they were, and what became of them.</summary>
/// <remarks>A record's state at a time is that of its newest version whose time is not later; times of one record may
/// go back where requests overtook each other, versions never do.</remarks>
internal static class HistorySql
{
    /// <summary>What stands in FROM for <c>records.records</c> as of a time: the records of one object that were there,
    /// in its columns, without slots.</summary>
    /// <remarks>
    /// What has not changed since is read as it is. The others are replayed from the log: of each field the last value
    /// that an entry set up to the version of then. What was purged since is not there: its values are gone. One walk
    /// through the records, so that they come in the order of their ids where a page or a file asks for that. The
    /// tables inside are bound to org (<c>$1</c>) and account (<c>$2</c>), and an entry to the org of its record, so
    /// that the row's org tells for both.
    /// </remarks>
    /// <param name="alias">Of the whole; those inside begin with it and <c>_</c>.</param>
    /// <param name="prefix">Of the object; null where the id tells it.</param>
    /// <param name="at">The parameter that holds the time.</param>
    /// <param name="id">The one record to read, as SQL; null for all of the object.</param>
    /// <param name="children">Which of the object's records may have referred to one record; null for all.</param>
    public static string Source(
        string alias, KeyPrefix? prefix, string at, string? id = null, PastChildren? children = null)
    {
        var (r, v, b) = (alias + "_r", alias + "_v", alias + "_b");
        var own = Own(r) + (prefix is { } kp ? Of(r, kp) : "") + (id is null ? "" : $" and {r}.id = {id}");
        if (children is not null) own += $" and {r}.id = any (array({Candidates(children, prefix!.Value, alias, at)}))";
        string Then(string now, string then) => $"case when {v}.version is null then {now} else {then} end";
        return $"""
            (select {r}.org_id, {r}.account_id, {r}.kp, {r}.id, {Then($"{r}.version", $"{v}.version")} as version,
                {r}.created_at, {r}.created_by, {Then($"{r}.modified_at", $"{v}.at")} as modified_at,
                {Then($"{r}.modified_by", $"{v}.actor")} as modified_by, null::timestamptz as deleted_at,
                {Then($"{r}.body", $"{b}.body")} as body
            from records.records {r}
            left join lateral (
                select c.version, c.at, c.actor, c.kind from records.changes c
                where {Own("c")} and c.org_id = {r}.org_id and c.record_id = {r}.id and c.at <= {at}
                    and {r}.modified_at > {at}
                order by c.version desc limit 1) {v} on true
            left join lateral ({Body($"{r}.org_id", $"{r}.id", $"{v}.version")}) {b} on true
            where {own} and {r}.created_at <= {at}
                and case when {r}.modified_at <= {at} then {r}.deleted_at is null
                    else {v}.kind in ('created', 'updated', 'restored') end) {alias}
            """;
    }

    /// <summary>The records that refer to a parent now, and those that were moved away from it since.</summary>
    private static string Candidates(PastChildren children, KeyPrefix prefix, string alias, string at)
    {
        var (n, m, parent) = (alias + "_n", alias + "_m", children.Parent);
        return $"""
            select {n}.id from records.records {n}
            where {Own(n)}{Of(n, prefix)} and {n}.{children.Slot} = {parent}
            union all
            select {m}.record_id from records.changes {m}
            where {Own(m)} and {m}.kp = {prefix.Value} and {m}.at > {at} and {m}.kind = 'updated'
                and {m}.before @? '$.* ? (@ >= 35184372088832)'
                and {m}.before -> '{children.BodyKey}' = to_jsonb({parent})
            """;
    }

    /// <summary>A record's body at a version, from the log alone.</summary>
    /// <remarks>A baseline has all that was before it; where its record was in the recycle bin, in
    /// <c>before</c>.</remarks>
    public static string Body(string org, string id, string version) => $"""
        select coalesce(jsonb_object_agg(k.key, k.value) filter (where k.value <> 'null'), '{"{}"}') as body
        from (
            select distinct on (e.key) e.key, e.value
            from records.changes c
            cross join lateral jsonb_each(case when c.created_at is null then c.after
                else coalesce(c.after, c.before) end) e
            where {Own("c")} and c.org_id = {org} and c.record_id = {id} and c.version <= {version}
            order by e.key, c.version desc) k
        """;

    /// <summary>One record as it was, with the parents that a view asks for as they were.</summary>
    public static void AddReadAsOf(
        this OrgBatch batch, AccountKey account, long id, RecordView view, DateTimeOffset at, Schema.Schema schema)
    {
        var rules = new AccessSql(schema, account, 4, at: at);
        var columns = RecordSql.ColumnsOf("r");
        var from = Source("r", null, "$4", "$3");
        foreach (var parent in view.Parents)
        {
            var p = "p" + parent.Number;
            var reference = Reference(parent.From == 0 ? "r" : "p" + parent.From, parent.Field.Place.BodyKey);
            columns += ", " + RecordSql.ColumnsOf(p);
            from += $"\nleft join lateral {Source(p, null, "$4", reference)} on true"
                + rules.And(view.ObjectsOf(parent), p + ".kp", p + ".id");
        }
        batch.Add($"select {columns} from {from} where true{rules.And(view.Root.Layout.Object, "r.id")}",
            [.. Key(account, id), OrgBatch.Parameter(at), .. rules.Parameters]);
    }

    /// <summary>The records of an object that referred to one record by one field.</summary>
    /// <param name="present">What is in force now: whose slots hold what records refer to.</param>
    public static void AddReadChildrenAsOf(
        this OrgBatch batch, AccountKey account, ObjectLayout child, int ordinal, Schema.Schema present, long parent,
        DateTimeOffset at, int limit, Schema.Schema schema)
    {
        var rules = new AccessSql(schema, account, 5, at: at);
        var field = child.Fields[ordinal].Field;
        var reference = Reference("r", field.Place.BodyKey);
        var children = PastChildren.Of(present, child.Object.Prefix, field, "$3");
        batch.Add($"""
            select {RecordSql.ColumnsOf("r")} from {Source("r", child.Object.Prefix, "$4", children: children)}
            where {reference} = $3{rules.And(child.Object, "r.id")} order by r.id limit $5
            """,
            [.. Key(account, parent), OrgBatch.Parameter(at), OrgBatch.Parameter((long)limit), .. rules.Parameters]);
    }

    /// <summary>The objects, of some, whose history is not kept from a time on.</summary>
    public static void AddReadGone(this OrgBatch batch, AccountKey account, int[] prefixes, DateTimeOffset at) =>
        batch.Add("""
            select h.org_id from records.history_kept h
            where h.org_id = $1 and h.account_id = $2 and h.kp = any ($3) and h.kept_from > $4 limit 1
            """,
            OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
            new NpgsqlParameter<int[]> { TypedValue = prefixes }, OrgBatch.Parameter(at));

    /// <summary>Versions of a record, the newest first, in the columns of the feed; none of a record that is not
    /// there.</summary>
    /// <param name="before">The version before which to begin.</param>
    public static void AddReadVersions(
        this OrgBatch batch, AccountKey account, long id, long before, int limit, Schema.Schema schema)
    {
        var rules = new AccessSql(schema, account, 5);
        batch.Add($"""
            select c.org_id, c.seq, c.record_id, c.version, c.kp,
                case when c.created_at is null then c.kind else 'baseline' end, c.at, c.actor, c.before, c.after
            from records.records r
            join records.changes c on {Own("c")} and c.org_id = r.org_id and c.record_id = r.id
            where {Own("r")} and r.id = $3 and c.version < $4{rules.AndAny("r.kp", "r.id", withDeleted: true)}
            order by c.version desc limit $5
            """,
            [.. Key(account, id), OrgBatch.Parameter(before), OrgBatch.Parameter((long)limit), .. rules.Parameters]);
    }

    private static string Own(string alias) => $"{alias}.org_id = $1 and {alias}.account_id = $2";

    private static string Of(string alias, KeyPrefix prefix)
    {
        var (first, last) = RecordId.Range(prefix);
        return string.Create(CultureInfo.InvariantCulture,
            $" and {alias}.kp = {prefix.Value} and {alias}.id between {first} and {last}");
    }

    /// <summary>A reference without its slot.</summary>
    private static string Reference(string alias, string bodyKey) =>
        $"case when jsonb_typeof({alias}.body->'{bodyKey}') = 'number' then ({alias}.body->'{bodyKey}')::bigint end";

    private static NpgsqlParameter[] Key(AccountKey account, long id) =>
        [OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value), OrgBatch.Parameter(id)];
}
