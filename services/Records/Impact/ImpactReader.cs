using Microsoft.Extensions.Options;
using Xingchen.Contracts;
using Xingchen.Records.Execute;
using Xingchen.Records.Plan;
using Xingchen.Records.Schemas;
using Xingchen.Records.Sql;
using Xingchen.Storage;

namespace Xingchen.Records.Impact;

/// <summary>Looks at records of an account by the schema that a set of packages would give it.</summary>
internal sealed class ImpactReader(CellDatabase database, SchemaCache schemas, TimeProvider time)
{
    private const int Window = 1_000;

    /// <summary>For all objects together: a plan is waited for.</summary>
    private static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(200);

    /// <param name="withSamples">Whether the caller sees all records.</param>
    public Task<ImpactState> ReadAsync(
        AccountKey account, IReadOnlyList<StackPackage> packages, bool withSamples, CancellationToken ct) =>
        schemas.RunAsync(account, async current =>
        {
            var after = await schemas.WithPackagesAsync(account, packages, ct);
            var began = time.GetTimestamp();
            var items = new List<ImpactItem>();
            var mark = new WriteMark(account, "plan", "", time.GetUtcNow().UtcDateTime);
            foreach (var impact in ObjectImpact.Of(current.Schema, after, mark))
            {
                var isCut = await LookAsync(account, current, impact, began, ct);
                items.AddRange(impact.Items(isCut, withSamples));
            }
            return new ImpactState(items);
        }, ct);

    /// <returns>Whether records are left that were not looked at.</returns>
    private async Task<bool> LookAsync(
        AccountKey account, InForce current, ObjectImpact impact, long began, CancellationToken ct)
    {
        var (after, last) = RecordId.Range(impact.Prefix);
        after--;
        while (time.GetElapsedTime(began) < Budget)
        {
            await using var batch = OrgBatch.Enter(database.Queries, account, current.Versions, write: false);
            batch.AddReadLive(account, impact.Prefix.Value, after, last, Window);
            await using var reader = await batch.ReadAsync(ct);
            var records = await RecordReader.ReadAllAsync(reader, account.Org, ct);
            foreach (var record in records) impact.Look(record);
            if (records.Count < Window) return false;
            after = records[^1].Id;
        }
        return true;
    }
}
