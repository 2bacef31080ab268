using Xingchen.Model;
using Xingchen.Records.Upkeep;

namespace Xingchen.Tests.Unit.Records;

public sealed class UpkeepQueueTests
{
    private static AccountKey Account(int number) => new(new OrgId(7), new AccountId(number));

    [Fact]
    public async Task What_is_wanted_goes_first_and_once()
    {
        using var queue = new UpkeepQueue();
        await queue.OfferAsync(Account(1), CancellationToken.None);
        queue.Want(Account(2));
        queue.Want(Account(2));
        queue.Want(Account(3));
        Assert.Equal(Account(2), await queue.NextAsync(CancellationToken.None));
        queue.Want(Account(2)); // while it is visited: another visit
        Assert.Equal(Account(3), await queue.NextAsync(CancellationToken.None));
        Assert.Equal(Account(2), await queue.NextAsync(CancellationToken.None));
        Assert.Equal(Account(1), await queue.NextAsync(CancellationToken.None));
        Assert.False(queue.NextAsync(new CancellationToken(canceled: true)).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_round_waits_where_nobody_takes_what_it_offers()
    {
        using var queue = new UpkeepQueue();
        using var stop = new CancellationTokenSource();
        var offered = 0;
        async Task OfferAsync()
        {
            for (var i = 1; i <= 100; i++, offered++) await queue.OfferAsync(Account(i), stop.Token);
        }
        var round = OfferAsync();
        Assert.False(round.IsCompleted);
        Assert.Equal(64, offered);
        for (var i = 1; i <= 100; i++) Assert.Equal(Account(i), await queue.NextAsync(stop.Token));
        await round;
    }
}
