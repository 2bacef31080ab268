using System.Text.Json;
using Npgsql;
using Xingchen.Records.Plan;
using Xingchen.Records.Values;
using Xingchen.Storage;

namespace Xingchen.Records.Sql;

/// <summary>The grams of searchable fields, written with their records.</summary>
internal static class SearchSql
{
    /// <summary>Grams of new records of one object; nothing where no field of it is searchable.</summary>
    public static void AddGrams(
        this OrgBatch batch, AccountKey account, ObjectLayout layout, IReadOnlyList<RecordDraft> drafts)
    {
        if (layout.Searchables.Length == 0) return;
        var list = new GramList();
        foreach (var draft in drafts)
            foreach (var ordinal in layout.Searchables) list.Add(draft, ordinal);
        batch.AddGrams(account, layout.Prefix, list);
    }

    /// <summary>Adds grams; those that are there already stay.</summary>
    public static void AddGrams(this OrgBatch batch, AccountKey account, int prefix, GramList list)
    {
        if (list.Grams.Count == 0) return;
        batch.Add("""
            insert into records.search_grams (org_id, account_id, kp, field_key, gram, record_id)
            select $1, $2, $3, u.field_key, u.gram, u.record_id
            from unnest($4::text[], $5::text[], $6::bigint[]) as u(field_key, gram, record_id)
            on conflict do nothing
            """, list.Parameters(account, prefix));
    }

    /// <summary>Records whatever they are, live or deleted, to take their grams away.</summary>
    public static void AddReadForgotten(this OrgBatch batch, AccountKey account, long[] ids) => batch.Add(
        $"select {RecordSql.ColumnsOf("r")} from records.records r "
            + "where r.org_id = $1 and r.account_id = $2 and r.id = any ($3)",
        OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
        new NpgsqlParameter<long[]> { TypedValue = ids });

    /// <summary>Takes away the grams of records that are purged.</summary>
    public static void AddForget(
        this OrgBatch batch, AccountKey account, IEnumerable<(StoredRecord Record, ObjectLayout Layout)> records)
    {
        foreach (var group in records.Where(one => one.Layout.Searchables.Length > 0).GroupBy(one => one.Layout))
        {
            var list = new GramList();
            foreach (var draft in group.Select(one => one.Record.ToDraft(group.Key)))
                foreach (var ordinal in group.Key.Searchables) list.Add(draft, ordinal);
            if (list.Grams.Count == 0) continue;
            batch.Add("""
                delete from records.search_grams g
                using unnest($4::text[], $5::text[], $6::bigint[]) as u(field_key, gram, record_id)
                where g.org_id = $1 and g.account_id = $2 and g.kp = $3 and g.field_key = u.field_key
                    and g.gram = u.gram and g.record_id = u.record_id
                """, list.Parameters(account, group.Key.Prefix));
        }
    }

    /// <summary>What an update does to grams, in the update's own statement, so that it happens where the update
    /// does.</summary>
    /// <param name="layout">Of the record.</param>
    /// <param name="first">The number of the first of the four parameters of <see cref="ChangeOf"/>.</param>
    public static string UpdateParts(ObjectLayout layout, int first) => layout.Searchables.Length == 0 ? "" : $"""
        , gone as (
            delete from records.search_grams g
            using written w, unnest(${first}::text[], ${first + 1}::text[]) as u(field_key, gram)
            where g.org_id = $1 and g.account_id = $2 and g.kp = $3 and g.field_key = u.field_key
                and g.gram = u.gram and g.record_id = w.id),
        come as (
            insert into records.search_grams (org_id, account_id, kp, field_key, gram, record_id)
            select $1, $2, $3, u.field_key, u.gram, w.id
            from written w, unnest(${first + 2}::text[], ${first + 3}::text[]) as u(field_key, gram)
            on conflict do nothing)
        """;

    /// <summary>How many parameters <see cref="ChangeOf"/> gives.</summary>
    public static int ChangeParameters(ObjectLayout layout) => layout.Searchables.Length == 0 ? 0 : 4;

    /// <summary>The parameters of <see cref="UpdateParts"/>: keys and grams that go, then those that come.</summary>
    /// <param name="draft">The record as it becomes.</param>
    /// <param name="before">The changed values as they were, by body key, as JSON.</param>
    public static IEnumerable<NpgsqlParameter> ChangeOf(RecordDraft draft, string before)
    {
        if (draft.Layout.Searchables.Length == 0) yield break;
        var (gone, come) = (new GramList(), new GramList());
        using var document = JsonDocument.Parse(before);
        foreach (var ordinal in draft.Layout.Searchables)
        {
            var field = draft.Layout.Fields[ordinal];
            if (!document.RootElement.TryGetProperty(field.Field.Place.BodyKey, out var old)) continue;
            var was = old.ValueKind == JsonValueKind.String
                ? Grams.Of(field.Field, old.GetString()!) : new HashSet<string>();
            var now = GramList.Of(draft, ordinal);
            gone.Add(field.Field.Place.SearchKey, was.Except(now), draft.Id);
            come.Add(field.Field.Place.SearchKey, now.Except(was), draft.Id);
        }
        foreach (var list in new[] { gone, come })
        {
            yield return new NpgsqlParameter<string[]> { TypedValue = [.. list.Keys] };
            yield return new NpgsqlParameter<string[]> { TypedValue = [.. list.Grams] };
        }
    }
}

/// <summary>Grams with their fields and records, as the columns of a statement.</summary>
internal sealed class GramList
{
    public List<string> Keys { get; } = [];

    public List<string> Grams { get; } = [];

    public List<long> Records { get; } = [];

    public void Add(string key, IEnumerable<string> grams, long record)
    {
        foreach (var gram in grams)
        {
            Keys.Add(key);
            Grams.Add(gram);
            Records.Add(record);
        }
    }

    public void Add(RecordDraft draft, int ordinal) =>
        Add(draft.Layout.Fields[ordinal].Field.Place.SearchKey, Of(draft, ordinal), draft.Id);

    /// <summary>The grams of a value of a record; none where it has none.</summary>
    public static IReadOnlySet<string> Of(RecordDraft draft, int ordinal) => draft.Values[ordinal] is { } value
        ? Values.Grams.Of(draft.Layout.Fields[ordinal].Field, JsonSerializer.Deserialize<string>(value.Json)!)
        : new HashSet<string>();

    public NpgsqlParameter[] Parameters(AccountKey account, int prefix) =>
    [
        OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value), OrgBatch.Parameter(prefix),
        new NpgsqlParameter<string[]> { TypedValue = [.. Keys] },
        new NpgsqlParameter<string[]> { TypedValue = [.. Grams] },
        new NpgsqlParameter<long[]> { TypedValue = [.. Records] },
    ];
}
