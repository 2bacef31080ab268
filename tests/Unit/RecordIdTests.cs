using Xingchen.Model;

namespace Xingchen.Tests.Unit;

public sealed class RecordIdTests
{
    [Theory]
    [InlineData("001000000000001", 62 * 0 + 1, 1)]
    [InlineData("A00000000000010", 10 * 62 * 62, 62)]
    public void Reads_the_short_form(string text, int prefix, long number)
    {
        Assert.True(RecordId.TryParse(text, out var id));
        Assert.Equal(prefix, id.Prefix.Value);
        Assert.Equal(number, id.Number);
        Assert.Equal(text, id.ToString()[..15]);
    }

    [Fact]
    public void Long_form_round_trips_over_the_whole_range()
    {
        foreach (var prefix in new[] { 0, 1, 61, 62, KeyPrefix.FirstAllotted, KeyPrefix.Count - 1 })
        foreach (var number in new[] { 1, 61, 62, 1L << 31, RecordId.MaxNumber })
        {
            var id = RecordId.Create(new KeyPrefix(prefix), number);
            Assert.True(RecordId.TryParse(id.ToString(), out var again));
            Assert.Equal(id, again);
            Assert.True(id.Value >= 0);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("00100000000000")]
    [InlineData("001000000000000")] // number 0
    [InlineData("001zzzzzzzzzzzz")] // beyond 45 bits
    [InlineData("00100000000000-")]
    [InlineData("001000000000001AAB")] // a suffix that does not fit
    [InlineData("001000000000001AA")]
    public void Refuses_what_is_no_id(string? text) => Assert.False(RecordId.TryParse(text, out _));
}
