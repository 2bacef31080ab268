using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Xingchen.Hosting;

/// <summary>Measures the stages of a request and writes them as <c>Server-Timing</c> (W3C Server Timing).</summary>
/// <remarks>
/// <c>using (http.Timing("plan")) { … }</c>. The header goes out with the response's headers: a stage that ends later,
/// while the body streams, is not in it. Stages that a service further on reported stay in front. One request, one
/// thread at a time.
/// </remarks>
public sealed class ServerTiming
{
    private const int MostStages = 16;
    private readonly long began = Stopwatch.GetTimestamp();
    private readonly (string Name, TimeSpan Taken)[] stages = new (string, TimeSpan)[MostStages];
    private int count;

    /// <summary>Adds a stage; what comes after the sixteenth is left out.</summary>
    /// <param name="name">An HTTP token (RFC 9110 §5.6.2), such as <c>plan</c>.</param>
    /// <param name="taken">Written in milliseconds with two decimals.</param>
    public void Add(string name, TimeSpan taken)
    {
        if (count < MostStages) stages[count++] = (name, taken);
    }

    internal string Header(string service)
    {
        var text = new StringBuilder(96);
        for (var i = 0; i < count; i++) Append(text, stages[i].Name, stages[i].Taken).Append(", ");
        return Append(text, service, Stopwatch.GetElapsedTime(began)).ToString();
    }

    private static StringBuilder Append(StringBuilder text, string name, TimeSpan taken) =>
        text.Append(name).Append(";dur=")
            .Append(taken.TotalMilliseconds.ToString("0.##", CultureInfo.InvariantCulture));
}

/// <summary>A running stage: ends when disposed.</summary>
public readonly struct TimingStage(ServerTiming? timing, string name) : IDisposable
{
    private readonly long began = Stopwatch.GetTimestamp();

    public void Dispose() => timing?.Add(name, Stopwatch.GetElapsedTime(began));
}

/// <summary>Stages of a request.</summary>
public static class TimingExtensions
{
    /// <summary>Starts a stage of this request.</summary>
    public static TimingStage Timing(this HttpContext http, string stage) =>
        new(http.Features.Get<ServerTiming>(), stage);

    /// <summary>Puts the header on every response, with the whole time under the service's own name as the last
    /// stage.</summary>
    internal static void UseServerTiming(this IApplicationBuilder app, string service) => app.Use((http, next) =>
    {
        var timing = new ServerTiming();
        http.Features.Set(timing);
        http.Response.OnStarting(static state =>
        {
            var (response, stages, name) = ((HttpResponse, ServerTiming, string))state;
            var earlier = response.Headers["Server-Timing"].ToString();
            var own = stages.Header(name);
            response.Headers["Server-Timing"] = earlier.Length == 0 ? own : earlier + ", " + own;
            return Task.CompletedTask;
        }, (http.Response, timing, service));
        return next(http);
    });
}
