using System.Globalization;
using Microsoft.Extensions.Options;
using Npgsql;
using Xingchen.Contracts;
using Xingchen.Hosting;

namespace Xingchen.Records.Upkeep;

/// <summary>Offers every account of the cell for a visit, again and again.</summary>
/// <remarks>
/// The cell's tables cannot be asked who has rows in them: row-level security shows one org at a time and has no
/// escape. So the directory is asked, page by page. One instance of the cell makes a round at a time.
/// </remarks>
internal sealed class UpkeepRounds(
    UpkeepQueue queue, ServiceClient services, UpkeepStore store, IOptions<UpkeepOptions> options,
    IOptions<ServiceOptions> service, TimeProvider time, ILogger<UpkeepRounds> logger) : BackgroundService
{
    private const int PageSize = 1_000;

    private readonly SemaphoreSlim asked = new(0, 1);

    /// <summary>Asks for a round now: what every account has in force has changed.</summary>
    public void Hurry()
    {
        try
        {
            asked.Release();
        }
        catch (SemaphoreFullException)
        {
            // it was asked for already
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.Workers == 0) return;
        var failing = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RoundAsync(stoppingToken);
                failing = false;
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException or ProblemException)
            {
                if (!failing) logger.LogWarning("A round of upkeep was put off: {Message}", exception.Message);
                failing = true;
            }
            await WaitAsync(stoppingToken);
        }
    }

    private async Task RoundAsync(CancellationToken ct)
    {
        await using var round = await store.TryHoldRoundAsync(ct);
        if (round is null) return; // another instance is at it
        CellAccount? last = null;
        do
        {
            var page = await services.GetAsync<CellAccounts>(
                AppIds.Organization, PathAfter(last), ServiceClient.Internal("records"), ct);
            foreach (var one in page.Accounts)
                await queue.OfferAsync(new AccountKey(new OrgId(one.Org), new AccountId(one.Account)), ct);
            last = page.Accounts.Count < PageSize ? null : page.Accounts[^1];
        }
        while (last is not null);
    }

    private string PathAfter(CellAccount? last) => string.Create(CultureInfo.InvariantCulture,
        $"/internal/accounts?group={Uri.EscapeDataString(service.Value.Group)}&org={last?.Org ?? 0}"
        + $"&account={last?.Account ?? 0}&limit={PageSize}");

    private async Task WaitAsync(CancellationToken ct)
    {
        using var next = new CancellationTokenSource(TimeSpan.FromSeconds(options.Value.RoundSeconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(next.Token, ct);
        try
        {
            await asked.WaitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            // it is time, or the service ends
        }
    }

    public override void Dispose()
    {
        asked.Dispose();
        base.Dispose();
    }
}
