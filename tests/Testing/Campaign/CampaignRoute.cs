namespace Xingchen.Testing.Campaign;

/// <summary>One request of a route, with holes where an id, a name, a value or a cursor can stand.</summary>
/// <param name="Line">Method and address as one would say them, not escaped: <c>GET /v1/records/{record}</c>.</param>
/// <param name="Body">Null for none.</param>
/// <param name="MediaType">Of the body.</param>
public sealed record CampaignCall(string Line, string? Body, string MediaType);

/// <summary>A request, or several in a row of which the later can name what the first made (<c>{made}</c>) and where
/// the one before ended (<c>{next}</c>).</summary>
/// <remarks>
/// The holes, filled anew in every call. <c>{record}</c>, <c>{child}</c>, <c>{import}</c>, <c>{mark}</c>,
/// <c>{list}</c>, <c>{change}</c>: the caller's own, another org's, another account's of the same org, one that
/// never was, or a form of one of these. <c>{theirs}</c>, <c>{theirchild}</c>, <c>{binned}</c>: never the caller's
/// own. <c>{work}</c>: a record of the caller's that it may change. <c>{code}</c>: a unique value that every
/// account has. <c>{fresh}</c>, <c>{secret}</c>, <c>{n}</c>: what the caller writes. A world can add more.
/// </remarks>
public sealed class CampaignRoute
{
    private readonly List<CampaignCall> calls = [];

    private CampaignRoute(bool rare) => IsRare = rare;

    public IReadOnlyList<CampaignCall> Calls => calls;

    /// <summary>Whether it is asked ten times less: a job hangs on it.</summary>
    public bool IsRare { get; }

    public static CampaignRoute Of(string line, string? body = null, string mediaType = "application/json") =>
        new CampaignRoute(rare: false).Then(line, body, mediaType);

    public static CampaignRoute Rare(string line, string? body = null, string mediaType = "application/json") =>
        new CampaignRoute(rare: true).Then(line, body, mediaType);

    public CampaignRoute Then(string line, string? body = null, string mediaType = "application/json")
    {
        calls.Add(new CampaignCall(line, body, mediaType));
        return this;
    }
}
