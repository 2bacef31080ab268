using System.Diagnostics;
using System.Net;

namespace Xingchen.Benchmarks;

/// <summary>What a load came to.</summary>
/// <param name="PerSecond">Answers with status 200 in a second.</param>
/// <param name="P50Milliseconds">Half of the answers took no longer.</param>
/// <param name="P99Milliseconds">99 of 100 took no longer.</param>
internal sealed record LoadResult(double PerSecond, double P50Milliseconds, double P99Milliseconds);

/// <summary>Closed-loop load: each connection asks again when it was answered.</summary>
internal static class Load
{
    /// <param name="address">What to GET.</param>
    /// <param name="headers">The headers of each request, made anew when asked: they may expire.</param>
    /// <param name="duration">How long is counted; as long again, at most two seconds, is run before and not
    /// counted.</param>
    /// <param name="connections">How many ask at once.</param>
    /// <exception cref="InvalidOperationException">An answer was not 200.</exception>
    public static async Task<LoadResult> GetAsync(
        Uri address, Func<IReadOnlyDictionary<string, string>> headers, TimeSpan duration, int connections)
    {
        using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = connections, UseCookies = false };
        using var client = new HttpMessageInvoker(handler);
        var current = headers();
        await LoopAsync(TimeSpan.FromSeconds(Math.Min(2, duration.TotalSeconds)));
        current = headers();
        var watch = Stopwatch.StartNew();
        var times = await LoopAsync(duration);
        var elapsed = watch.Elapsed.TotalSeconds;
        Array.Sort(times);
        return new LoadResult(times.Length / elapsed, times[times.Length / 2], times[(int)(times.Length * 0.99)]);

        async Task<double[]> LoopAsync(TimeSpan length)
        {
            var end = Stopwatch.GetTimestamp() + (long)(length.TotalSeconds * Stopwatch.Frequency);
            var each = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(async () =>
            {
                var taken = new List<double>();
                while (Stopwatch.GetTimestamp() < end) taken.Add(await OnceAsync());
                return taken;
            })));
            return [.. each.SelectMany(taken => taken)];
        }

        async Task<double> OnceAsync()
        {
            var start = Stopwatch.GetTimestamp();
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            foreach (var (name, value) in current) request.Headers.TryAddWithoutValidation(name, value);
            using var response = await client.SendAsync(request, CancellationToken.None);
            await response.Content.CopyToAsync(Stream.Null);
            if (response.StatusCode != HttpStatusCode.OK)
                throw new InvalidOperationException($"{address} answered {(int)response.StatusCode}");
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
    }
}
