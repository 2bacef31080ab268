using System.Diagnostics;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Xingchen.AppModel.Run;

/// <summary>What a person sees of a run.</summary>
internal interface IDisplay : IAsyncDisposable
{
    /// <summary>A resource has another state.</summary>
    void Changed(ResourceRun run);

    /// <summary>A line to read.</summary>
    void Say(string line);
}

/// <summary>A line per change, for logs and pipes.</summary>
internal sealed class PlainDisplay(TextWriter output) : IDisplay
{
    private readonly long began = Stopwatch.GetTimestamp();
    private readonly Lock gate = new();

    public void Changed(ResourceRun run)
    {
        if (run.State is ResourceState.Starting or ResourceState.Stopping or ResourceState.Waiting) return;
        var state = run.State.ToString().ToLowerInvariant();
        var process = run is { ProcessId: { } pid, State: ResourceState.Running } ? $" (process {pid})" : "";
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var url = run.State == ResourceState.Running ? run.Url : null;
        Say($"{seconds,6:0.0} s  {run.Resource.Name,-26} {state,-10} {url}{process}".TrimEnd());
    }

    public void Say(string line)
    {
        lock (gate)
        {
            output.WriteLine(line);
            output.Flush();
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>A table that changes in place, and below it the last lines said.</summary>
internal sealed class LiveDisplay : IDisplay
{
    private const int MostLines = 15;

    private readonly Lock gate = new();
    private readonly List<ResourceRun> runs = [];
    private readonly Queue<string> lines = new();
    private readonly CancellationTokenSource ending = new();
    private readonly SemaphoreSlim dirty = new(1, 1);
    private readonly Task drawing;

    public LiveDisplay() => drawing = DrawAsync();

    public void Changed(ResourceRun run)
    {
        lock (gate)
        {
            if (!runs.Contains(run)) runs.Add(run);
        }
        Wake();
    }

    public void Say(string line)
    {
        lock (gate)
        {
            lines.Enqueue(line);
            if (lines.Count > MostLines) lines.Dequeue();
        }
        Wake();
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await drawing;
        ending.Dispose();
        dirty.Dispose();
    }

    private void Wake()
    {
        lock (gate)
        {
            if (dirty.CurrentCount == 0) dirty.Release();
        }
    }

    private Task DrawAsync() => AnsiConsole.Live(Picture()).AutoClear(false).StartAsync(async live =>
    {
        while (!ending.IsCancellationRequested)
        {
            try
            {
                await dirty.WaitAsync(ending.Token);
            }
            catch (OperationCanceledException)
            {
                // the last picture stays
            }
            live.UpdateTarget(Picture());
        }
    });

    private Rows Picture()
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("resource", "state", "url", "process");
        lock (gate)
        {
            foreach (var run in runs.OrderBy(run => run.Resource.Name, StringComparer.Ordinal))
            {
                var colour = run.State switch
                {
                    ResourceState.Running or ResourceState.Finished => Color.Green,
                    ResourceState.Failed or ResourceState.Restarting => Color.Red,
                    _ => Color.Yellow,
                };
                var state = run.State.ToString().ToLowerInvariant() + (run.Restarts > 0 ? $" ({run.Restarts})" : "");
                table.AddRow(
                    new Text(run.Resource.Name), new Text(state, new Style(colour)), new Text(run.Url ?? ""),
                    new Text($"{run.ProcessId}"));
            }
            return new Rows([table, .. lines.Select(IRenderable (line) => new Text(line))]);
        }
    }
}
