using System.Text.Json;

namespace Xingchen.Testing.Campaign;

/// <summary>The accounts of a campaign, all of one shape, and what a run must find of each at its end.</summary>
/// <param name="prefix">The namespace of the objects, such as <c>c__</c>: <see cref="RecordCampaign.Objects"/> are in
/// force for every account.</param>
/// <param name="accounts">In the order of their numbers from 0.</param>
public class CampaignWorld(string prefix, IReadOnlyList<CampaignAccount> accounts)
{
    /// <summary>How many unique values every account has: <c>K0</c>, <c>K1</c>, …</summary>
    public const int Codes = 5;

    private const int PageLimit = 500;

    public IReadOnlyList<CampaignAccount> Accounts => accounts;

    internal CampaignOracle Oracle { get; } = new();

    public string ObjectName(string hole) => prefix + char.ToUpperInvariant(hole[0]) + hole[1..];

    /// <summary>Fills a hole that only this world has: its value and, where it is another account's, what never was and
    /// has its form.</summary>
    public virtual (string Value, string? Twin) Fill(
        string hole, CampaignAccount caller, CampaignAccount other, Picks picks) =>
        throw new ArgumentOutOfRangeException(nameof(hole), hole, "No such hole.");

    /// <summary>One of the unique values of an account: elsewhere the same one, where each has values of its
    /// own.</summary>
    public virtual string CodeOf(CampaignAccount account, int number) => $"K{number}";

    /// <summary>Whether a cursor is good for all of them: they are users of one account.</summary>
    public virtual bool SharesCursors => false;

    /// <summary>What services have logged so far: no secret may stand in it.</summary>
    public virtual IEnumerable<string> Logs() => [];

    /// <summary>Remembers that an id or a name is an account's.</summary>
    public void Owns(CampaignAccount account, string id) => Oracle.Owns(account, id);

    /// <summary>Gives every account the same records, a binned one, an import and cursors.</summary>
    public async Task FillAsync(CancellationToken ct)
    {
        foreach (var account in accounts)
        {
            var units = $"/v1/objects/{ObjectName("unit")}/records";
            var parts = $"/v1/objects/{ObjectName("part")}/records";
            async Task<string> MakeAsync(string path, object body)
            {
                var made = await account.AskAsync("POST", path, JsonSerializer.Serialize(body), ct);
                return Made(account, made);
            }
            string? parent = null;
            for (var i = 0; i < Codes; i++)
            {
                parent = await MakeAsync(units, new
                {
                    title = account.Mark + (i == 0 ? "" : $"-{i}"), code = CodeOf(account, i), secret = account.Secret,
                    amount = 10 * i, parent,
                });
                account.Pools["work"].Add(parent);
            }
            for (var i = 0; i < 4; i++)
            {
                var (title, secret) = (account.Mark, account.Secret);
                var home = await MakeAsync(units, new { title, secret, amount = i, parent });
                var child = await MakeAsync(parts, new { title, secret, unit = home });
                foreach (var pool in new[] { "record", "home:record" }) account.Pools[pool].Add(home);
                foreach (var pool in new[] { "child", "home:child" }) account.Pools[pool].Add(child);
            }
            var binned = await MakeAsync(units, new { title = account.Mark, secret = account.Secret });
            await account.AskAsync("DELETE", "/v1/records/" + binned, null, ct);
            account.Model.Removed(binned);
            account.Pools["binned"].Add(binned);
            var import = await account.AskAsync("POST", $"/v1/imports?object={ObjectName("unit")}",
                $"title,secret\nimported,{account.Secret}\n", ct, "text/csv");
            KeepImport(account, import.GetProperty("id").GetString()!);
            var list = await account.AskAsync("GET", units + "?limit=2", null, ct);
            account.Pools["list"].Add(list.GetProperty("next").GetString()!);
            var changes = await account.AskAsync("GET", "/v1/changes?limit=2", null, ct);
            account.Pools["change"].Add(changes.GetProperty("next").GetString()!);
        }
    }

    /// <summary>Keeps a record that an account has made.</summary>
    internal string Made(CampaignAccount account, JsonElement record)
    {
        var id = record.GetProperty("id").GetString()!;
        account.Model.Wrote(id, record.GetProperty("version").GetInt64(), record.Clone());
        Oracle.Owns(account, id);
        return id;
    }

    internal void KeepImport(CampaignAccount account, string id)
    {
        Oracle.Owns(account, id);
        account.Pools["import"].Add(id);
        account.Imports.Enqueue(id);
    }

    /// <summary>Reads everything of every account: it has what it wrote, and so says its log of changes.</summary>
    internal async Task CheckAsync(Action<CampaignFinding> find, CancellationToken ct)
    {
        foreach (var account in accounts)
        {
            var imported = 0L;
            foreach (var id in account.Imports)
            {
                JsonElement job;
                while ((job = await account.AskAsync("GET", "/v1/imports/" + id, null, ct)).GetProperty("status")
                       .GetString() is "queued" or "running") await Task.Delay(20, ct);
                imported += job.GetProperty("written").GetInt64();
            }
            var missing = account.Model.Live.ToHashSet();
            var strangers = new HashSet<string>();
            foreach (var hole in new[] { "unit", "part" })
                await foreach (var record in PagesAsync(account, $"/v1/objects/{ObjectName(hole)}/records", "cursor",
                    "records", find, ct))
                {
                    var id = record.GetProperty("id").GetString()!;
                    missing.Remove(id);
                    if (record.GetProperty("title").GetString() == "imported" && !account.Model.Knows(id))
                        strangers.Add(id);
                    else if (account.Model.Difference(record) is { } difference)
                        find(new CampaignFinding("foreign write", account.ToString(), difference));
                }
            if (missing.Count > 0)
                find(new CampaignFinding("foreign write", account.ToString(), $"gone: {string.Join(' ', missing)}"));
            if (strangers.Count != imported)
                find(new CampaignFinding("foreign write", account.ToString(),
                    $"{strangers.Count} imported records are there and {imported} were written"));
            await foreach (var change in PagesAsync(account, "/v1/changes", "after", "changes", find, ct))
                if (change.GetProperty("record").GetString() is { } id && !account.Model.Knows(id)
                    && !strangers.Contains(id))
                    find(new CampaignFinding("foreign write", account.ToString(), $"no own record's: {change}"));
        }
        foreach (var line in Logs())
            if (line.Contains(CampaignAccount.SecretPrefix, StringComparison.Ordinal))
                find(new CampaignFinding("log", "a log", line));
    }

    private async IAsyncEnumerable<JsonElement> PagesAsync(CampaignAccount account, string path, string parameter,
        string items, Action<CampaignFinding> find,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        string? cursor = null;
        while (true)
        {
            var page = await account.AskAsync("GET", $"{path}?limit={PageLimit}"
                + (cursor is null ? "" : $"&{parameter}={Uri.EscapeDataString(cursor)}"), null, ct);
            if (Oracle.Leak(account, page.GetRawText(), []) is { } leak)
                find(new CampaignFinding("leak", $"{account}, {path}", leak));
            foreach (var item in page.GetProperty(items).EnumerateArray()) yield return item;
            var next = page.GetProperty("next").GetString();
            if (next is null || items == "changes" && page.GetProperty(items).GetArrayLength() == 0) yield break;
            cursor = next;
        }
    }
}
