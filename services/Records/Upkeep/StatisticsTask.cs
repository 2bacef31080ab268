using Xingchen.Records.Sql;

namespace Xingchen.Records.Upkeep;

/// <summary>Gathers statistics of objects that have become large, or another size by a fifth, before a query wants
/// them.</summary>
/// <remarks>What changes without that, <see cref="StatisticsCache"/> notices where somebody queries.</remarks>
internal sealed class StatisticsTask(StatisticsCollector collector) : IUpkeepTask
{
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(1);

    public string Due => StatisticsSql.Due;

    public Task<bool> RunAsync(UpkeepVisit visit, CancellationToken ct) =>
        visit.Schemas.RunAsync(visit.Account, current => collector.CollectAsync(
            visit.Account, current.Versions, onlyGrown: true, Slice, ct), ct);
}
