using System.Text.Json;
using System.Text.Json.Nodes;
using Dapr;
using Dapr.Client;
using Microsoft.Extensions.Options;
using Xingchen.Contracts;
using Xingchen.Records.Changes;
using Xingchen.Records.Sql;

namespace Xingchen.Records.Relay;

/// <summary>Publishes changes through the sidecar, one by one: Dapr's bulk publication keeps no order.</summary>
/// <remarks>Says once that publishing fails and once that it goes on, however many wait. Thread-safe.</remarks>
internal sealed class RelayPublisher(
    DaprClient dapr, IOptions<RelayOptions> options, TimeProvider time, ILogger<RelayPublisher> logger)
{
    private readonly TimeSpan most = TimeSpan.FromSeconds(options.Value.LeaseSeconds / 3.0);
    private volatile bool isUp;
    private int failing;

    /// <summary>Whether there is any use in trying: while the sidecar is away, no account is asked for.</summary>
    public async Task<bool> IsUpAsync(CancellationToken ct)
    {
        if (isUp) return true;
        try
        {
            isUp = await dapr.CheckOutboundHealthAsync(ct).WaitAsync(most, time, ct);
        }
        catch (TimeoutException)
        {
            // As good as away.
        }
        if (!isUp) Fail("the sidecar does not answer");
        return isUp;
    }

    /// <exception cref="DaprException">It was not published, or nobody knows.</exception>
    public async Task PublishAsync(AccountKey account, FeedChange change, CancellationToken ct)
    {
        var metadata = new Dictionary<string, string>
        {
            // Source and id together are unique (CloudEvents 1.0, 3.1.1): what comes twice comes under the same name.
            ["cloudevent.id"] = change.Id,
            ["cloudevent.source"] = $"/orgs/{account.Org.Value}/accounts/{account.Account.Value}",
            ["cloudevent.type"] = RecordChange.EventType,
            ["partitionKey"] = RelaySql.Context(account), // brokers with partitions keep the order within one
        };
        using var late = new CancellationTokenSource(most, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, ct);
        try
        {
            await dapr.PublishEventAsync(
                Topics.Changes, Topics.RecordChanges,
                new RecordChange(account.Org.Value, account.Account.Value, Content(change)), metadata, either.Token);
        }
        catch (OperationCanceledException exception) when (!ct.IsCancellationRequested)
        {
            Fail("no answer in time");
            throw new DaprException("Could not publish: no answer in time", exception);
        }
        catch (DaprException exception)
        {
            Fail(exception.Message);
            throw;
        }
        if (Interlocked.Exchange(ref failing, 0) == 1) logger.LogInformation("Changes are published again");
    }

    private void Fail(string reason)
    {
        isUp = false;
        if (Interlocked.Exchange(ref failing, 1) == 0)
            logger.LogWarning("Changes are not published, they wait: {Reason}", reason);
    }

    private JsonElement Content(FeedChange change)
    {
        if (change.Json.Length > options.Value.MostEventBytes)
        {
            var whole = JsonNode.Parse(change.Json.Span)!.AsObject();
            whole.Remove("fields");
            return JsonSerializer.SerializeToElement(whole);
        }
        using var document = JsonDocument.Parse(change.Json);
        return document.RootElement.Clone();
    }
}
