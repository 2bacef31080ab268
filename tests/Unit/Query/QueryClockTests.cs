using Xingchen.Records.Plan;

namespace Xingchen.Tests.Query;

public sealed class QueryClockTests
{
    [Theory]
    [InlineData("UTC", "2026-11-20", "2026-11-20T00:00:00Z", 24)]
    [InlineData("Asia/Shanghai", "2026-11-20", "2026-11-19T16:00:00Z", 24)]
    [InlineData("Asia/Shanghai", "1986-05-04", "1986-05-03T16:00:00Z", 23)]
    [InlineData("Asia/Kathmandu", "2026-11-20", "2026-11-19T18:15:00Z", 24)]
    [InlineData("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z", 23)]
    [InlineData("Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z", 25)]
    [InlineData("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", 23)]
    [InlineData("America/Sao_Paulo", "2026-11-04", "2026-11-04T03:00:00Z", 24)]
    [InlineData("America/Havana", "2019-11-03", "2019-11-03T04:00:00Z", 25)]
    [InlineData("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", 0)]
    public void A_day_begins_and_lasts_as_its_zone_says(string zone, string day, string start, int hours)
    {
        var clock = new QueryClock(DateTimeOffset.UnixEpoch, zone);
        var date = DateOnly.Parse(day);
        Assert.Equal(DateTimeOffset.Parse(start), clock.Start(date));
        Assert.Equal(TimeSpan.FromHours(hours), clock.Start(date.AddDays(1)) - clock.Start(date));
    }

    [Theory]
    [InlineData("UTC", "2026-11-20")]
    [InlineData("Asia/Kathmandu", "2026-11-21")]
    [InlineData("Pacific/Honolulu", "2026-11-20")]
    [InlineData("Pacific/Kiritimati", "2026-11-21")]
    public void Today_is_the_zones(string zone, string today) =>
        Assert.Equal(DateOnly.Parse(today),
            new QueryClock(DateTimeOffset.Parse("2026-11-20T18:20:00Z"), zone).Today);

    [Fact]
    public void The_ends_of_the_calendar_are_no_ends_of_the_query()
    {
        foreach (var zone in new[] { "UTC", "Asia/Shanghai", "America/New_York" })
        {
            var clock = new QueryClock(DateTimeOffset.UnixEpoch, zone);
            Assert.True(clock.Start(DateOnly.MinValue) < clock.Start(DateOnly.MaxValue));
        }
    }

    [Fact]
    public void Date_names_are_spans_of_the_zones_days()
    {
        var now = DateTimeOffset.Parse("2026-10-31T20:00:00Z"); // 1 November in Shanghai
        var month = QueryDateNames.Find("THIS_MONTH", new QueryClock(now, "Asia/Shanghai").Today);
        Assert.Equal(new DayRange(new DateOnly(2026, 11, 1), new DateOnly(2026, 12, 1)), month);
    }
}
