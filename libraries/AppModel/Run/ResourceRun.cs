using Aspire.Hosting.ApplicationModel;

namespace Xingchen.AppModel.Run;

/// <summary>Where a resource is in its life.</summary>
internal enum ResourceState
{
    Waiting,
    Starting,
    Running,
    Finished,
    Restarting,
    Failed,
    Stopping,
    Stopped,
}

/// <summary>What of a run every resource needs.</summary>
/// <param name="Data">Where it keeps things.</param>
/// <param name="Ports">Who listens where.</param>
/// <param name="Display">Told of every change.</param>
/// <param name="Logs">The resources whose output is shown, too.</param>
/// <param name="Time">For waiting.</param>
internal sealed record RunContext(
    DataDirectory Data, PortPlan Ports, IDisplay Display, IReadOnlyList<string> Logs, TimeProvider Time);

/// <summary>One resource in this run: waits for others, starts, is kept alive, stops.</summary>
/// <remarks><see cref="Ready"/> is reached once: healthy, or finished for what runs to its end. What dies is started
/// again, after 0.5 s at first, twice that each time up to 30 s, from the start again once it has lived for 30 s; what
/// dies at every one of its first starts fails.</remarks>
internal abstract class ResourceRun(IResource resource, RunContext context)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private const int StartAttempts = 5;

    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task living = Task.CompletedTask;

    public IResource Resource { get; } = resource;

    public ResourceState State { get; private set; }

    /// <summary>Where it answers; null for what does not listen.</summary>
    public string? Url { get; protected set; }

    public int? ProcessId { get; protected set; }

    public int Restarts { get; private set; }

    /// <summary>Completes once it is healthy, or has finished well; fails with a
    /// <see cref="HostProblemException"/>.</summary>
    public Task Ready => ready.Task;

    protected RunContext Context { get; } = context;

    /// <summary>Begins once <paramref name="before"/> are ready.</summary>
    public void Begin(IReadOnlyList<ResourceRun> before, CancellationToken stopping) =>
        living = LiveAsync(before, stopping);

    /// <summary>Ends it, after <paramref name="after"/> have ended. <see cref="Begin"/>'s token is cancelled by
    /// then.</summary>
    public async Task EndAsync(IEnumerable<Task> after)
    {
        await Task.WhenAll(after);
        if (State is ResourceState.Starting or ResourceState.Running or ResourceState.Restarting)
            Become(ResourceState.Stopping);
        await StopAsync();
        await living;
        if (State is not (ResourceState.Finished or ResourceState.Failed or ResourceState.Waiting))
            Become(ResourceState.Stopped);
    }

    /// <summary>Starts it and returns once it is healthy or finished.</summary>
    protected abstract Task StartAsync(CancellationToken stopping);

    /// <summary>Whether it is to run until it is stopped; what is not has finished once it has started.</summary>
    protected abstract bool IsLasting { get; }

    /// <summary>Ends when it does.</summary>
    /// <returns>Why, for a line such as <c>records ended (exit code 137)</c>.</returns>
    protected abstract Task<string> EndedAsync(CancellationToken stopping);

    /// <summary>Stops what runs; nothing where nothing does.</summary>
    protected abstract Task StopAsync();

    protected void Become(ResourceState state)
    {
        State = state;
        Context.Display.Changed(this);
    }

    private async Task LiveAsync(IReadOnlyList<ResourceRun> before, CancellationToken stopping)
    {
        try
        {
            await Task.WhenAll(before.Select(run => run.Ready)).WaitAsync(stopping);
            var pause = FirstPause;
            while (true)
            {
                var began = Context.Time.GetTimestamp();
                var reason = await LifeAsync(stopping);
                if (reason is null) return;
                stopping.ThrowIfCancellationRequested();
                if (Context.Time.GetElapsedTime(began) > LongestPause) pause = FirstPause;
                if (++Restarts >= StartAttempts && !ready.Task.IsCompleted)
                    throw new HostProblemException(
                        $"{Resource.Name} does not start ({StartAttempts} attempts): it {reason}");
                Become(ResourceState.Restarting);
                Context.Display.Say($"{Resource.Name} {reason}; starting it again in {pause.TotalSeconds} s");
                await Task.Delay(pause, Context.Time, stopping);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            // Whatever a start that is cut short throws: it was asked to stop, and that is no failure.
            ready.TrySetCanceled(stopping);
        }
        catch (Exception exception)
        {
            Become(ResourceState.Failed);
            ready.TrySetException(exception as HostProblemException
                ?? new HostProblemException($"{Resource.Name} broke: {exception.Message}", exception));
        }
    }

    /// <returns>Why it ended and must live again; null where it has finished.</returns>
    private async Task<string?> LifeAsync(CancellationToken stopping)
    {
        Become(ResourceState.Starting);
        try
        {
            await StartAsync(stopping);
        }
        catch (EndedEarlyException early)
        {
            return early.Message;
        }
        Become(IsLasting ? ResourceState.Running : ResourceState.Finished);
        ready.TrySetResult();
        return IsLasting ? await EndedAsync(stopping) : null;
    }

    /// <summary>It ended before it was healthy.</summary>
    protected sealed class EndedEarlyException(string message) : Exception(message);
}
