using System.Text.Json;
using Microsoft.Extensions.Primitives;

namespace Xingchen.Records.Request;

/// <summary>What is asked of <c>/v1/objects/{object}/records</c>.</summary>
/// <param name="Filter">What may stand after WHERE.</param>
/// <param name="OrderBy">What may stand after ORDER BY.</param>
/// <param name="Select">Fields and paths; null for whole records.</param>
/// <param name="Limit">Records of one page.</param>
/// <param name="Count">Whether to count what the filter finds on all pages.</param>
public sealed record QueryListRequest(
    string Object, string? Filter, string? OrderBy, string? Select, int Limit, string? Cursor, bool Count)
{
    /// <summary>The time to answer for; null for now, or for what the cursor says.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>Records of a page where nothing is said.</summary>
    public const int DefaultLimit = 50;

    /// <summary>Reads the address.</summary>
    /// <exception cref="ProblemException"><c>request-invalid</c>, with everything that is wrong.</exception>
    public static QueryListRequest FromAddress(string name, IEnumerable<KeyValuePair<string, StringValues>> address)
    {
        var arguments = new QueryArguments(address);
        var request = new QueryListRequest(name, arguments.Text("filter"), arguments.Text("orderBy"),
            arguments.Text("select"), arguments.Number("limit", 1, QueryLimits.PageSize, DefaultLimit),
            arguments.Text("cursor"), arguments.Flag("count"))
        {
            AsOf = AsOfTime.Take(arguments),
        };
        arguments.Done();
        return request;
    }

    /// <summary>What makes the list, without where in it: what its cursor carries.</summary>
    public string Shape => JsonSerializer.Serialize(new[] { Object, Filter, OrderBy, Select });

    /// <summary>Whether only the cursor says what list it is.</summary>
    public bool IsBare => Filter is null && OrderBy is null && Select is null;

    /// <summary>This page of the list whose <see cref="Shape"/> a cursor carried.</summary>
    /// <exception cref="ProblemException"><c>cursor-invalid</c>: a list of another object.</exception>
    public QueryListRequest Shaped(string shape)
    {
        var parts = JsonSerializer.Deserialize<string?[]>(shape)!;
        return parts[0] == Object
            ? this with { Filter = parts[1], OrderBy = parts[2], Select = parts[3] }
            : throw QueryCursor.Invalid("The cursor belongs to a list of another object.");
    }

    /// <summary>The list as a query: text is judged here, names later.</summary>
    /// <exception cref="ProblemException"><c>query-invalid</c>, with the position in the argument it names.</exception>
    public QuerySyntax ToSyntax() => new(
        Read("select", Select, QueryParser.ParseSelect) ?? [], new QueryName(Object, 0),
        Read("filter", Filter, QueryParser.ParseFilter), [], null,
        Read("orderBy", OrderBy, QueryParser.ParseOrder) ?? [], null, 0);

    private static T? Read<T>(string argument, string? text, Func<string, T> parse) where T : class
    {
        if (string.IsNullOrEmpty(text)) return null;
        try
        {
            return parse(text);
        }
        catch (ProblemException problem)
        {
            throw new ProblemException(problem.Problem, $"In {argument}: {problem.Detail}", problem.Errors);
        }
    }
}
