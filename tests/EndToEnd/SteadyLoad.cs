using System.Collections.Concurrent;
using System.Net;
using Xingchen.Testing.Http;

namespace Xingchen.Tests.EndToEnd;

/// <summary>A few requests a second in the name of an org, until it is ended: reads, writes, queries and
/// describe.</summary>
internal sealed class SteadyLoad : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(60);

    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentQueue<string> failures = new();
    private readonly Task running;
    private int requests;

    public SteadyLoad(ApiCaller org) => running = Task.Run(() => RunAsync(org));

    public int Requests => requests;

    /// <summary>What was not answered as it should.</summary>
    public IReadOnlyCollection<string> Failures => failures;

    /// <summary>Ends it; what is under way is waited for.</summary>
    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await running;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        stop.Dispose();
    }

    private async Task RunAsync(ApiCaller org)
    {
        using var timer = new PeriodicTimer(Every);
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            try
            {
                var answer = await SendAsync(org, i);
                if (answer.Status is not (HttpStatusCode.OK or HttpStatusCode.Created))
                    failures.Enqueue($"{i}: {(int)answer.Status} {answer.Body}");
            }
            catch (HttpRequestException exception)
            {
                failures.Enqueue($"{i}: {exception.Message}");
            }
            Interlocked.Increment(ref requests);
            try
            {
                await timer.WaitForNextTickAsync(stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private static Task<Answer> SendAsync(ApiCaller org, int number) => (number % 4) switch
    {
        0 => org.PostAsync("/v1/objects/Customer/records", new { name = "Customer " + number }),
        1 => org.GetAsync("/v1/objects/Customer/records?limit=5"),
        2 => org.GetAsync("/v1/objects/Customer"),
        _ => org.PostAsync("/v1/query", new { q = "SELECT COUNT() FROM Customer" }),
    };
}
