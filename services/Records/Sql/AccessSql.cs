using System.Globalization;
using Npgsql;
using Xingchen.Records.Execute;
using Xingchen.Records.Plan;
using Xingchen.Schema;
using Xingchen.Storage;

namespace Xingchen.Records.Sql;

/// <summary>Keeps out of statements that are no queries the records that a caller has a right for not.</summary>
/// <param name="schema">As the caller sees it.</param>
/// <param name="account">Of the compiled plan.</param>
/// <param name="reserved">How many parameters the statement has; <see cref="Parameters"/> stand behind them.</param>
/// <param name="table">Where records rest.</param>
/// <param name="at">The time as of which they are read; null for now.</param>
internal sealed class AccessSql(
    Schema.Schema schema, AccountKey account, int reserved, string table = RecordSql.Table, DateTimeOffset? at = null)
{
    private readonly QuerySql? sql = schema.Caller is null ? null : QuerySql.ForAccess(account, table, at, reserved);
    private readonly QueryPlanning? planning = schema.Caller is null ? null : AccessRules.Planning(schema);

    /// <summary>What the conditions that were written need.</summary>
    public IEnumerable<NpgsqlParameter> Parameters => sql is null ? [] : sql.OwnParameters(reserved)
        .Select(parameter => OrgBatch.Parameter(parameter.Value, parameter.Type));

    /// <summary>A condition on a record of an object, with its <c>and</c>; nothing where the right is for all of
    /// them.</summary>
    /// <param name="id">The record's id, as SQL.</param>
    public string And(SchemaObject item, string id, RecordRight right = RecordRight.Read, bool withDeleted = false) =>
        planning is not null && AccessRules.Restrict(schema, item, right)
            ? " and " + Exists(item, id, right, withDeleted) : "";

    /// <summary>The same on a record of one of some objects.</summary>
    public string And(IReadOnlyList<SchemaObject> items, string kp, string id)
    {
        if (items.Count == 1) return And(items[0], id);
        var cases = items.Select(item => And(item, id) is { Length: > 0 } rule ? string.Create(
            CultureInfo.InvariantCulture, $" when {item.Prefix.Value} then {rule[5..]}") : "");
        return string.Concat(cases) is { Length: > 0 } any ? $" and case {kp}{any} else true end" : "";
    }

    /// <summary>The same on a record of any object, of which those that the caller does not see have none.</summary>
    /// <param name="kp">Its object's key prefix, as SQL.</param>
    public string AndAny(string kp, string id, RecordRight right = RecordRight.Read, bool withDeleted = false)
    {
        if (planning is null || !schema.Objects.Any(item => AccessRules.Restrict(schema, item, right))) return "";
        var cases = schema.Objects.Where(item => schema.May(item, right)).Select(item => string.Create(
            CultureInfo.InvariantCulture, $" when {item.Prefix.Value} then ")
            + (AccessRules.Restrict(schema, item, right) ? Exists(item, id, right, withDeleted) : "true")).ToList();
        return cases.Count == 0 ? " and false" : $" and case {kp}{string.Concat(cases)} else false end";
    }

    private string Exists(SchemaObject item, string id, RecordRight right, bool withDeleted)
    {
        var whole = schema.Whole(item);
        // The source by itself has no rules here: which right is asked for is said just below.
        var source = planning!.Within(schema.Whole, schema.Caller!.User).Source([whole], null, null);
        return sql!.Exists(source.With([AccessRules.Of(planning, source, whole, right)]), id, withDeleted);
    }
}

/// <summary>Statements that ask which records a caller has a right for, and those that refuse the others.</summary>
internal static class AccessStatements
{
    /// <summary>Which of some ids records of the account have that the caller has a right for.</summary>
    public static void AddFindExisting(
        this OrgBatch batch, AccountKey account, StackVersions versions, long[] ids, Schema.Schema schema,
        RecordRight right = RecordRight.Read, bool withDeleted = false)
    {
        var rules = new AccessSql(schema, account, 3, versions.Table(RecordSql.Table));
        batch.Add(Existing(rules, versions, right, withDeleted),
        [
            OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
            new NpgsqlParameter<long[]> { TypedValue = ids }, .. rules.Parameters,
        ]);
    }

    /// <summary>Refuses records that the caller does not have a right for; nothing where the right is for all records
    /// of their objects.</summary>
    public static void AddRequireAllowed(
        this OrgBatch batch, AccountKey account, StackVersions versions, IReadOnlyCollection<long> ids,
        Schema.Schema schema, RecordRight right)
    {
        long[] asked = [.. ids.Where(id => IsRestricted(schema, id, right)).Distinct().Order()];
        if (asked.Length > 0) batch.AddRefuse(account, versions, asked, schema, right, WriteConflicts.NotAllowed);
    }

    /// <summary>Refuses, as not there, what is referred to and the caller does not see: in one answer with what is
    /// not there for anybody. Nothing where he sees all records of their objects.</summary>
    public static void AddRequireSeen(
        this OrgBatch batch, AccountKey account, StackVersions versions, long[] ids, Schema.Schema schema)
    {
        if (ids.Any(id => IsRestricted(schema, id, RecordRight.Read)))
            batch.AddRefuse(account, versions, ids, schema, RecordRight.Read, WriteConflicts.ReferenceNotFound);
    }

    /// <param name="code">The SQLSTATE that they are refused with; the ids stand in the message after a colon.</param>
    private static void AddRefuse(
        this OrgBatch batch, AccountKey account, StackVersions versions, long[] asked, Schema.Schema schema,
        RecordRight right, string code)
    {
        var rules = new AccessSql(schema, account, 4, versions.Table(RecordSql.Table));
        var allowed = Existing(rules, versions, right, withDeleted: false);
        batch.Add($"select records.require_allowed($3, array({allowed}), $4)",
        [
            OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
            new NpgsqlParameter<long[]> { TypedValue = asked }, new NpgsqlParameter<string> { TypedValue = code },
            .. rules.Parameters,
        ]);
    }

    /// <summary>Whether the caller may have a right for the record of an id or not.</summary>
    public static bool IsRestricted(Schema.Schema schema, long id, RecordRight right) => schema.Caller is not null
        && (schema.Whole.Find(new RecordId(id).Prefix) is not { } item || AccessRules.Restrict(schema, item, right));

    private static string Existing(AccessSql rules, StackVersions versions, RecordRight right, bool withDeleted) => $"""
        select f.id from unnest($3::bigint[]) as u(id) cross join lateral (
            select r.id from {versions.Table(RecordSql.Table)} r
            where r.org_id = $1 and r.account_id = $2 and r.id = u.id
                {(withDeleted ? "" : "and r.deleted_at is null")}{rules.AndAny("r.kp", "r.id", right, withDeleted)}
            offset 0) f
        """;
}
