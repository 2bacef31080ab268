using Xingchen.Records.Plan;
using Xingchen.Records.Request;
using Xingchen.Records.Sql;
using Xingchen.Storage;

namespace Xingchen.Records.Execute;

/// <summary>One page to be read.</summary>
/// <param name="Purpose">What its cursor is good for.</param>
/// <param name="Page">Where it begins.</param>
/// <param name="Records">Records at most.</param>
/// <param name="Count">The statement that counts all pages, or null.</param>
/// <param name="Driver">What it goes by, where statistics say.</param>
internal sealed record QueryRun(
    string Purpose, QueryCursor Page, SelectPlan Plan, QueryStatement Statement, int Records,
        QueryStatement? Count, QueryDriver? Driver)
{
    /// <summary>Whether the statement itself checks the versions that it was made for.</summary>
    public bool Checks { get; private init; }

    /// <summary>Whether one plan serves every value: what goes by the index of our choice, or reads so few records that
    /// no choice matters. PostgreSQL would plan it anew for each value.</summary>
    public bool Generic { get; private init; }

    /// <summary>Makes the statement: one row more than the page holds, where more may follow.</summary>
    /// <param name="present">What is in force now, also where the page is as of a time.</param>
    /// <param name="check">Whether the statement shall check the versions, where it can: as the only one.</param>
    /// <exception cref="ProblemException"><c>cursor-invalid</c>: the schema has changed since the page
    /// before.</exception>
    public static QueryRun Create(
        string purpose, QueryCursor page, SelectPlan plan, AccountKey caller, StackVersions versions, int records,
        ObjectStatistics? statistics, Schema.Schema present, bool count = false,
        bool check = true)
    {
        page = page.Keys.Count == 0 ? page with { Left = plan.Limit } : page;
        var after = page.Keys.Count == 0 ? null : QueryPage.Keys(plan.Order, page.Keys)
            ?? throw QueryCursor.Invalid("The cursor does not fit the query any more: start without one.");
        var asOf = AsOfTime.FromMicros(page.AsOf);
        var table = versions.Table(RecordSql.Table);
        var rows = Math.Min(page.Left ?? long.MaxValue, records + 1L);
        var driver = asOf is null ? QueryDriver.Choose(plan, statistics, rows) : null;
        var checks = check && !count && asOf is null;
        var statement = QuerySql.Build(plan, caller, after, rows, table, asOf, driver, present,
            checks ? (caller, versions) : null);
        return new QueryRun(
            purpose, page, plan, statement, records, count ? QuerySql.Count(plan, caller, table, asOf) : null, driver)
        {
            Checks = checks,
            Generic = asOf is null && (driver is not null ? !plan.Grouped
                : ReferenceEquals(statistics, ObjectStatistics.Few) && QueryDriver.IsAlone(plan)),
        };
    }
}
