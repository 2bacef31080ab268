using Microsoft.AspNetCore.Http;
using Xingchen.Records.Request;

namespace Xingchen.Records.Changes;

/// <summary>What is asked of the feed; syntax only.</summary>
/// <param name="After">The cursor to go on from; null from the oldest change that is kept.</param>
/// <param name="Limit">Changes of one page, 1 to 2,000.</param>
/// <param name="Objects">Names of objects; null for all.</param>
internal sealed record ChangeRequest(string? After, int Limit, IReadOnlyList<string>? Objects)
{
    private const int MostLimit = 2_000;
    private const int MostObjects = 200;

    /// <exception cref="ProblemException"><c>request-invalid</c></exception>
    public static ChangeRequest FromAddress(IQueryCollection address)
    {
        var arguments = new QueryArguments(address);
        var after = arguments.Text("after");
        var limit = arguments.Number("limit", 1, MostLimit, 100);
        var names = arguments.Text("objects")?.Split(',', StringSplitOptions.TrimEntries).Distinct().ToList();
        if (names is not null && (names.Count > MostObjects || names.Contains("")))
            arguments.Refuse("argument-malformed", null,
                $"objects is 1 to {MostObjects} names of objects with commas between them.");
        arguments.Done();
        return new ChangeRequest(after, limit, names);
    }

    /// <summary>The key prefixes of the objects; null for all.</summary>
    /// <exception cref="ProblemException"><c>request-invalid</c>: some that the schema does not have.</exception>
    public int[]? Prefixes(Schema.Schema schema)
    {
        if (Objects is null) return null;
        List<Finding> unknown = [.. Objects.Where(name => schema.Find(name) is null)
            .Select(name => new Finding("unknown-object",
                $"There is no object \"{(name.Length > 100 ? name[..100] : name)}\"."))];
        return unknown.Count == 0
            ? [.. Objects.Select(name => schema.Find(name)!.Prefix.Value)]
            : throw new ProblemException(Problems.RequestInvalid, unknown[0].Detail, unknown);
    }
}
