using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Xingchen.Records.Exports;

/// <summary>A form in which records are exported.</summary>
/// <param name="ContentType">What the answer names.</param>
/// <param name="Names">The media types that ask for it.</param>
internal sealed record ExportFormat(string ContentType, params string[] Names)
{
    /// <summary>A JSON record a line.</summary>
    public static readonly ExportFormat Lines =
        new("application/x-ndjson", "application/x-ndjson", "application/ndjson", "application/jsonl");

    /// <summary>RFC 4180: a header, a record a row, a path a column.</summary>
    public static readonly ExportFormat Csv = new("text/csv; charset=utf-8; header=present", "text/csv");

    /// <summary>The form that a request prefers (RFC 9110, 12.5.1); JSON lines where it does not say, or likes both
    /// alike.</summary>
    /// <exception cref="ProblemException"><c>not-acceptable</c></exception>
    public static ExportFormat Of(HttpRequest request)
    {
        var accept = request.GetTypedHeaders().Accept;
        if (accept.Count == 0) return Lines;
        var (lines, csv) = (Lines.Liking(accept), Csv.Liking(accept));
        if (lines == 0 && csv == 0)
            throw new ProblemException(Problems.NotAcceptable,
                "Exports are application/x-ndjson or text/csv: send one of them as Accept, or none.");
        return csv > lines ? Csv : Lines;
    }

    /// <summary>The quality that the most specific of the ranges that match gives; 0 where none does.</summary>
    private double Liking(IList<MediaTypeHeaderValue> accept) => Names.Max(name =>
    {
        var type = new MediaTypeHeaderValue(name);
        return accept.Where(range => range.MatchesMediaType(type.MediaType))
            .OrderBy(range => range.MatchesAllTypes ? 2 : range.MatchesAllSubTypes ? 1 : 0)
            .Select(range => range.Quality ?? 1).FirstOrDefault();
    });
}
