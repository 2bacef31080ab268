using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using Npgsql;
using NpgsqlTypes;
using Xingchen.Hosting;
using Xingchen.Records.Plan;
using Xingchen.Schema;
using Xingchen.Schema.Expressions;
using Xingchen.Storage;

namespace Xingchen.Records.Sql;

/// <summary>Who writes, when: what every row and every log entry carries.</summary>
internal sealed record WriteMark(AccountKey Account, string Actor, string Trace, DateTime At)
{
    private ExpressionMoment? moment;

    /// <summary>IANA name of the zone that its days are of.</summary>
    public string Zone { get; init; } = TimeZones.Default;

    /// <summary>Of what is said about rules: the languages that are wanted, the best first, by commas.</summary>
    public string Language { get; init; } = Languages.English;

    /// <summary>What days are reckoned from.</summary>
    public QueryClock Clock => new(new DateTimeOffset(At), Zone);

    /// <summary>What expressions are run with.</summary>
    public ExpressionMoment Moment => moment ??= Clock.MomentFor(Actor);
}

/// <summary>The statements of the record path. Every one names org and account, <b>from the compiled
/// plan</b>.</summary>
/// <remarks>Plans are generic and live as long as their connection: one that PostgreSQL made while an account was empty
/// is used when it is large. So what looks for several rows looks for each by a whole key, in a lateral subquery that
/// PostgreSQL does not take apart (it locks, or has an OFFSET); <c>id = any (…)</c> it would turn into reading all
/// records of the account, which costs as little while there are none.</remarks>
internal static class RecordSql
{
    /// <summary>The columns of a whole record, its org first, in the order in which <c>RecordReader</c> reads
    /// them.</summary>
    public const int Columns = 8;

    /// <summary>Where every record rests. Statements name the org's partition of it instead,
    /// <see cref="StackVersions.Table"/>.</summary>
    public const string Table = "records.records";

    private static readonly ConditionalWeakTable<ObjectLayout, ConcurrentDictionary<int, string>> Inserts = [];
    private static readonly ConditionalWeakTable<ObjectLayout, ConcurrentDictionary<int, string>> CheckedInserts = [];
    private static readonly ConditionalWeakTable<ObjectLayout, ConcurrentDictionary<int, string>> Updates = [];
    private static readonly ConditionalWeakTable<ObjectLayout, ConcurrentDictionary<int, string>> CheckedUpdates = [];

    public static string ColumnsOf(string alias) =>
        $"{alias}.org_id, {alias}.id, {alias}.version, {alias}.created_at, {alias}.created_by, "
        + $"{alias}.modified_at, {alias}.modified_by, {alias}.body";

    private static readonly ConcurrentDictionary<int, string> Ones = new();

    /// <summary>One live record with the parents that a view asks for, each as eight more columns: always one row, NULL
    /// where the record is not there.</summary>
    /// <remarks>The statement carries the version check: for a batch of <see cref="OrgBatch.EnterChecking"/>.</remarks>
    /// <param name="caller">Whose versions are checked.</param>
    /// <param name="schema">Who reads: what he does not see is not there.</param>
    public static void AddCheckedRead(
        this OrgBatch batch, AccountKey account, long id, RecordView view, AccountKey caller, StackVersions versions,
        Schema.Schema schema)
    {
        if (view.Layouts.Any(layout => AccessRules.Restrict(schema, layout.Object, RecordRight.Read)))
        {
            var rules = new AccessSql(schema, account, 7, versions.Table(Table));
            batch.Add(ReadOf(view, versions, rules),
            [
                OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
                OrgBatch.Parameter(id), .. VersionCheck.Parameters(caller, versions), .. rules.Parameters,
            ]);
            return;
        }
        var sql = view.Parents.Count > 0 ? ReadOf(view, versions)
            : Ones.GetOrAdd(versions.Partition ?? -1, static (_, of) => ReadOf(null, of), versions);
        batch.Add(sql,
        [
            OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value), OrgBatch.Parameter(id),
            .. VersionCheck.Parameters(caller, versions),
        ]);
    }

    private static string ReadOf(RecordView? view, StackVersions versions, AccessSql? rules = null)
    {
        var records = versions.Table(Table);
        var columns = new StringBuilder(ColumnsOf("r"));
        var joins = new StringBuilder($"""
            {VersionCheck.From(versions, 4)}
            left join {records} r on r.org_id = $1 and r.account_id = $2 and r.id = $3 and r.deleted_at is null
            {rules?.And(view!.Root.Layout.Object, "$3")}
            """);
        foreach (var parent in view?.Parents ?? [])
        {
            var p = "p" + parent.Number;
            columns.Append(", ").Append(ColumnsOf(p));
            joins.Append($"""

                left join lateral (
                    select * from {records} {p} where {p}.org_id = $1 and {p}.account_id = $2
                        and {p}.id = {ReferenceOf(parent)} and {p}.deleted_at is null
                        {rules?.And(view!.ObjectsOf(parent), p + ".kp", p + ".id")} offset 0) {p} on true
                """);
        }
        return $"select {columns}, {VersionCheck.Column(4)} from {joins} where x.id = 1";
    }

    private static string ReferenceOf(ViewParent parent)
    {
        var from = parent.From == 0 ? "r" : "p" + parent.From;
        return Reference(from, parent.Field.Place.ReadySlot, parent.Field.Place.BodyKey);
    }

    /// <summary>The id that a reference holds: its slot, or, where none was left, its place in the body.</summary>
    public static string Reference(string alias, string? slot, string bodyKey) =>
        slot is null ? $"({alias}.body->>'{bodyKey}')::bigint" : $"{alias}.{slot}";

    /// <summary>The live records of an object that refer to any of some records by one field.</summary>
    /// <remarks>A slot is bounded from both sides by the same id and gives the order: what PostgreSQL supposes of such
    /// a range depends on no statistics, so that the slot's index leads, whatever other orgs have in the partition.
    /// By <c>=</c> any index looked as good where PostgreSQL knew an org all of whose records refer to
    /// one.</remarks>
    /// <param name="table">Where the org's records rest.</param>
    /// <param name="hold">Whether they are held against other writers until the transaction ends.</param>
    public static void AddReadChildren(
        this OrgBatch batch, AccountKey account, ObjectLayout child, int ordinal, long[] parents, int limit,
        string table, bool hold = false, Schema.Schema? schema = null)
    {
        var rules = schema?.Caller is null ? null : new AccessSql(schema, account, 5, table);
        var place = child.Fields[ordinal].Field.Place;
        var reference = Reference("r", place.ReadySlot, place.BodyKey);
        var order = place.ReadySlot is null ? "r.id" : $"{reference}, r.id";
        batch.Add($"""
            select {ColumnsOf("r")} from unnest($4::bigint[]) as u(parent) cross join lateral (
                select {ColumnsOf("r")} from {table} r
                where r.org_id = $1 and r.account_id = $2 and r.kp = $3
                    and {reference} >= u.parent and {reference} <= u.parent
                    and r.deleted_at is null{rules?.And(child.Object, "r.id")}
                order by {order} limit $5{(hold ? " for update" : "")}) r
            order by r.id limit $5
            """,
            [
                OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
                OrgBatch.Parameter(child.Prefix), new NpgsqlParameter<long[]> { TypedValue = parents },
                OrgBatch.Parameter((long)limit), .. rules?.Parameters ?? [],
            ]);
    }

    /// <summary>Refuses (XR001) ids that no live record of the account has, of another object or account as well: one
    /// code for all of them. Holds what it found against deletion until the transaction ends.</summary>
    /// <remarks>In the order of the array, so that two writes cannot wait for each other.</remarks>
    /// <param name="ids">Ascending.</param>
    public static void AddRequire(this OrgBatch batch, AccountKey account, StackVersions versions, long[] ids) =>
        batch.Add($"""
            select case when missing is not null then records.refuse_references(missing) end from (
                select array_agg(u.id) filter (where f.id is null) as missing from unnest($3::bigint[]) as u(id)
                left join lateral (
                    select r.id from {versions.Table(Table)} r
                    where r.org_id = $1 and r.account_id = $2 and r.id = u.id and r.deleted_at is null
                    for key share) f on true) required
            """,
            OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
            new NpgsqlParameter<long[]> { TypedValue = ids });

    /// <summary>Refuses (XR002) to go on where the record's version is not this: another request was first. Else holds
    /// the record.</summary>
    public static void AddRequireVersion(
        this OrgBatch batch, AccountKey account, StackVersions versions, long id, long version) => batch.Add($"""
            select case when not exists (
                select from {versions.Table(Table)} r
                where r.org_id = $1 and r.account_id = $2 and r.id = $3 and r.version = $4 and r.deleted_at is null
                for no key update) then records.refuse_version() end
            """,
            OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
            OrgBatch.Parameter(id), OrgBatch.Parameter(version));

    /// <summary>New records of one object, each with its entry in the log. Gives back the org of every row.</summary>
    public static void AddInsert(
        this OrgBatch batch, WriteMark mark, StackVersions versions, ObjectLayout layout,
        IReadOnlyList<RecordDraft> drafts)
    {
        var parameters = new List<NpgsqlParameter>(Marked(mark, layout))
        {
            new NpgsqlParameter<long[]> { TypedValue = [.. drafts.Select(draft => draft.Id)] },
            OrgBatch.Parameter(drafts.Select(draft => draft.Body()).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Jsonb),
        };
        foreach (var ordinal in layout.Slots) parameters.Add(SlotArray(layout.Fields[ordinal], ordinal, drafts));
        batch.Add(Written(Inserts, InsertOf, layout, versions), [.. parameters]);
        batch.AddGrams(mark.Account, layout, drafts);
        batch.Announce(mark.Account);
    }

    private static string InsertOf(ObjectLayout layout, StackVersions versions)
    {
        var slots = layout.Slots.Select(ordinal => layout.Fields[ordinal].Field.Place.Slot!).ToList();
        var columns = string.Concat(slots.Select(slot => ", " + slot));
        var arrays = string.Concat(slots.Select((slot, i) => $", ${i + 9}::{TypeOf(slot)}[]"));
        var values = string.Concat(slots.Select(slot => ", u." + slot));
        return $"""
            with written as (
                insert into {versions.Table("records.records")}
                    (org_id, account_id, kp, id, version, created_at, modified_at, created_by, modified_by,
                     body{columns})
                select $1, $2, $3, u.id, 1, $4, $4, $5, $5, u.body{values}
                from unnest($7::bigint[], $8::jsonb[]{arrays}) as u(id, body{columns})
                returning org_id, id, body)
            insert into {versions.Table("records.changes")}
                (org_id, account_id, record_id, version, kp, at, kind, actor, trace, after)
            select w.org_id, $2, w.id, 1, $3, $4, 'created', $5, $6, w.body from written w
            returning org_id
            """;
    }

    /// <summary>One new record with its entry in the log. Gives back its org.</summary>
    /// <remarks>The statement carries the version check: for a batch of <see cref="OrgBatch.EnterChecking"/>.</remarks>
    /// <param name="caller">Whose versions are checked.</param>
    public static void AddCheckedInsert(
        this OrgBatch batch, WriteMark mark, AccountKey caller, StackVersions versions, RecordDraft draft)
    {
        var layout = draft.Layout;
        batch.Add(Written(CheckedInserts, CheckedInsertOf, layout, versions),
        [
            .. Marked(mark, layout), OrgBatch.Parameter(draft.Id),
            OrgBatch.Parameter(draft.Body(), NpgsqlDbType.Jsonb),
            .. VersionCheck.Parameters(caller, versions), .. Slots(draft),
        ]);
        batch.AddGrams(mark.Account, layout, [draft]);
        batch.Announce(mark.Account);
    }

    private static string CheckedInsertOf(ObjectLayout layout, StackVersions versions)
    {
        var columns = string.Concat(layout.Slots.Select(ordinal => $", {layout.Fields[ordinal].Field.Place.Slot}"));
        var values = string.Concat(layout.Slots.Select((_, i) => $", ${i + 13}"));
        return $"""
            with written as (
                insert into {versions.Table("records.records")}
                    (org_id, account_id, kp, id, version, created_at, modified_at, created_by, modified_by,
                     body{columns})
                select $1, $2, $3, $7, 1, $4, $4, $5, $5, $8{values}
                where {VersionCheck.Filter(versions, 9)}
                returning org_id)
            insert into {versions.Table("records.changes")}
                (org_id, account_id, record_id, version, kp, at, kind, actor, trace, after)
            select w.org_id, $2, $7, 1, $3, $4, 'created', $5, $6, $8 from written w
            returning org_id
            """;
    }

    /// <summary>A new version of a record whose version is still the one that was read; no row where it is
    /// not.</summary>
    /// <param name="check">Whose versions the statement checks itself, in a batch of
    /// <see cref="OrgBatch.EnterChecking"/>; null where the entry has.</param>
    public static void AddUpdate(
        this OrgBatch batch, WriteMark mark, StackVersions versions, RecordDraft draft, long version, string body,
        string before, string after, AccountKey? check = null)
    {
        var layout = draft.Layout;
        var text = check is null ? Written(Updates, UpdateOf, layout, versions)
            : Written(CheckedUpdates, CheckedUpdateOf, layout, versions);
        batch.Add(text,
        [
            .. Marked(mark, layout), OrgBatch.Parameter(draft.Id), OrgBatch.Parameter(version),
            OrgBatch.Parameter(body, NpgsqlDbType.Jsonb), OrgBatch.Parameter(before, NpgsqlDbType.Jsonb),
            OrgBatch.Parameter(after, NpgsqlDbType.Jsonb), .. Slots(draft), .. SearchSql.ChangeOf(draft, before),
            .. check is { } caller ? VersionCheck.Parameters(caller, versions) : [],
        ]);
        batch.Announce(mark.Account);
    }

    private static string UpdateOf(ObjectLayout layout, StackVersions versions) => UpdateOf(layout, versions, "");

    private static string CheckedUpdateOf(ObjectLayout layout, StackVersions versions)
    {
        var first = 12 + layout.Slots.Length + SearchSql.ChangeParameters(layout);
        return UpdateOf(layout, versions, " and " + VersionCheck.Filter(versions, first));
    }

    private static string UpdateOf(ObjectLayout layout, StackVersions versions, string check)
    {
        var slots = string.Concat(
            layout.Slots.Select((ordinal, i) => $", {layout.Fields[ordinal].Field.Place.Slot} = ${i + 12}"));
        return $"""
            with written as (
                update {versions.Table("records.records")}
                set version = version + 1, modified_at = $4, modified_by = $5, body = $9{slots}
                where org_id = $1 and account_id = $2 and id = $7 and version = $8 and deleted_at is null{check}
                returning org_id, id, version){SearchSql.UpdateParts(layout, layout.Slots.Length + 12)}
            insert into {versions.Table("records.changes")}
                (org_id, account_id, record_id, version, kp, at, kind, actor, trace, before, after)
            select w.org_id, $2, w.id, w.version, $3, $4, 'updated', $5, $6, $10, $11 from written w
            returning org_id
            """;
    }

    /// <summary>Whose record it is, of what object, who wrote it and when: the first six parameters of a
    /// write.</summary>
    private static NpgsqlParameter[] Marked(WriteMark mark, ObjectLayout layout) =>
    [
        OrgBatch.Parameter(mark.Account.Org.Value), OrgBatch.Parameter(mark.Account.Account.Value),
        OrgBatch.Parameter(layout.Prefix), OrgBatch.Parameter(new DateTimeOffset(mark.At)),
        OrgBatch.Parameter(mark.Actor), OrgBatch.Parameter(mark.Trace),
    ];

    private static IEnumerable<NpgsqlParameter> Slots(RecordDraft draft) => draft.Layout.Slots.Select(ordinal =>
    {
        var field = draft.Layout.Fields[ordinal];
        var value = draft.Values[ordinal] is { } stored ? field.SlotOf(stored) : null;
        return OrgBatch.Parameter(value, DbTypeOf(field.Field.Place.Slot!));
    });

    private static string Written(
        ConditionalWeakTable<ObjectLayout, ConcurrentDictionary<int, string>> texts,
        Func<ObjectLayout, StackVersions, string> write, ObjectLayout layout, StackVersions versions) =>
        texts.GetValue(layout, static _ => new ConcurrentDictionary<int, string>())
            .GetOrAdd(versions.Partition ?? -1, static (_, of) => of.write(of.layout, of.versions),
                (write, layout, versions));

    internal static NpgsqlParameter SlotArray(FieldLayout field, int ordinal, IReadOnlyList<RecordDraft> drafts)
    {
        object? Slot(RecordDraft draft) => draft.Values[ordinal] is { } value ? field.SlotOf(value) : null;
        return field.Field.Place.Slot![0] switch
        {
            't' => new NpgsqlParameter<string?[]> { TypedValue = [.. drafts.Select(draft => Slot(draft) as string)] },
            'n' => new NpgsqlParameter<double?[]> { TypedValue = [.. drafts.Select(draft => Slot(draft) as double?)] },
            // Npgsql takes the type from the first value, and from null that of a time without a zone.
            'd' => OrgBatch.Parameter(
                drafts.Select(draft => Slot(draft) as DateTime?).ToArray(),
                NpgsqlDbType.Array | NpgsqlDbType.TimestampTz),
            _ => new NpgsqlParameter<long?[]> { TypedValue = [.. drafts.Select(draft => Slot(draft) as long?)] },
        };
    }

    internal static string TypeOf(string slot) => slot[0] switch
    {
        't' => "text", 'n' => "float8", 'd' => "timestamptz", _ => "bigint",
    };

    private static NpgsqlDbType DbTypeOf(string slot) => slot[0] switch
    {
        't' => NpgsqlDbType.Text, 'n' => NpgsqlDbType.Double, 'd' => NpgsqlDbType.TimestampTz, _ => NpgsqlDbType.Bigint,
    };
}
