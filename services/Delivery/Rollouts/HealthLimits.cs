namespace Xingchen.Delivery.Rollouts;

/// <summary>How requests of an account ended, in some time.</summary>
public readonly record struct HealthSums(long Requests, long Failures, long Refusals, long Milliseconds)
{
    public double FailureShare => Requests == 0 ? 0 : (double)Failures / Requests;

    public double RefusalShare => Requests == 0 ? 0 : (double)Refusals / Requests;

    public double MeanMilliseconds => Requests == 0 ? 0 : (double)Milliseconds / Requests;
}

/// <summary>How much worse an account may fare after an upgrade than in the hour before.</summary>
/// <param name="FailureShare">How much the share of failed requests (status 500 and above) may grow: 0 to 1.</param>
/// <param name="RefusalShare">How much the share of requests that were found wrong (400, 405, 415, 422) may grow: 0
/// to 1.</param>
/// <param name="Slowdown">How many times the mean time of a request may be what it was: 1 to 100. Grows of less than
/// <see cref="NoiseMilliseconds"/> do not count.</param>
/// <param name="Requests">Fewer than these are not judged before the bake time is over: 1 to 10,000.</param>
public sealed record HealthLimits(
    double FailureShare = 0.01, double RefusalShare = 0.2, double Slowdown = 3, int Requests = 10)
{
    private const double NoiseMilliseconds = 50;

    /// <summary>What is wrong; null where nothing is.</summary>
    /// <param name="before">The hour before the upgrade.</param>
    /// <param name="now">Since the upgrade.</param>
    /// <param name="isOver">Whether the bake time is: then what there is counts, however little.</param>
    public string? Judge(HealthSums before, HealthSums now, bool isOver)
    {
        if (now.Requests == 0 || (now.Requests < Requests && !isOver)) return null;
        if (now.FailureShare > before.FailureShare + FailureShare)
            return Say(now.Failures, now.Requests, "failed", before.Failures, before.Requests);
        if (now.RefusalShare > before.RefusalShare + RefusalShare)
            return Say(now.Refusals, now.Requests, "were found wrong", before.Refusals, before.Requests);
        var known = before.Requests >= Requests && now.Requests >= Requests;
        return known && now.MeanMilliseconds > before.MeanMilliseconds * Slowdown + NoiseMilliseconds
            ? FormattableString.Invariant(
                $"Requests take {now.MeanMilliseconds:0} ms, before {before.MeanMilliseconds:0} ms.")
            : null;
    }

    private static string Say(long some, long all, string what, long someBefore, long allBefore) =>
        $"{some} of {all} requests {what}; in the hour before {someBefore} of {allBefore}.";
}
