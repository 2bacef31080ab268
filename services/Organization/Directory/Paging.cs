using Xingchen.Hosting;

namespace Xingchen.Organization.Directory;

/// <summary>A page that is asked for: <c>?limit=&amp;cursor=</c>.</summary>
public readonly record struct Paging(int Limit, string? After)
{
    public const int Default = 50;
    public const int Most = 2000;

    /// <param name="http">The request.</param>
    /// <param name="caller">Whose cursor it must be.</param>
    /// <param name="purpose">The list that the cursor must have come from.</param>
    /// <exception cref="ProblemException"><c>request-invalid</c> for the limit, <c>cursor-invalid</c>.</exception>
    public static Paging Read(HttpContext http, Caller caller, string purpose)
    {
        var limit = Default;
        var given = http.Request.Query["limit"].ToString();
        if (given.Length > 0
            && (!int.TryParse(given, System.Globalization.NumberStyles.None, null, out limit)
                || limit is < 1 or > Most))
            throw new ProblemException(Problems.RequestInvalid, $"limit is a whole number from 1 to {Most}.",
                [new Finding("limit-invalid", $"Give 1 to {Most}.")]);
        var cursor = http.Request.Query["cursor"].ToString();
        return new Paging(limit, cursor.Length == 0
            ? null : http.RequestServices.GetRequiredService<CursorSigner>().Open(purpose, caller.Key, cursor));
    }

    /// <summary>The rows of this page, and the cursor of the next, null at the end.</summary>
    /// <param name="rows">One more than the limit where there is more.</param>
    /// <param name="key">What the next page goes on from.</param>
    /// <param name="http">The request.</param>
    /// <param name="caller">Whose cursor it becomes.</param>
    /// <param name="purpose">The list.</param>
    public (IReadOnlyList<T> Rows, string? Next) Cut<T>(
        IReadOnlyList<T> rows, Func<T, string> key, HttpContext http, Caller caller, string purpose)
    {
        if (rows.Count <= Limit) return (rows, null);
        var page = rows.Take(Limit).ToList();
        return (page, http.RequestServices.GetRequiredService<CursorSigner>().Sign(purpose, caller.Key, key(page[^1])));
    }
}
