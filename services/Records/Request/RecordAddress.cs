using Microsoft.AspNetCore.Http;
using Xingchen.Hosting;
using Xingchen.Records.Plan;
using Xingchen.Schema;

namespace Xingchen.Records.Request;

/// <summary>Reads which object and which record an address names.</summary>
internal static class RecordAddress
{
    /// <summary>The one answer for a record that the caller does not see, whyever.</summary>
    public static ProblemException NotFound() => new(Problems.NotFound, "There is no such record.");

    /// <exception cref="ProblemException"><c>not-found</c>; <c>permission-missing</c> for one that is there and not
    /// seen.</exception>
    public static SchemaObject Object(Schema.Schema schema, string name)
    {
        schema.RequireSeen(name);
        return schema.Find(name) ?? throw new ProblemException(Problems.NotFound, "There is no such object.");
    }

    /// <summary>The last segment of the address, decoded.</summary>
    /// <exception cref="ProblemException"><c>request-invalid</c>: what is decoded is not UTF-8 (RFC 3986
    /// §2.5).</exception>
    public static string LastSegment(HttpContext http)
    {
        // What cannot be decoded stays as it is, percent sign and all: without those that were meant, none is left.
        var raw = PathSegments.RawPath(http).Split('/')[^1];
        return Uri.UnescapeDataString(raw.Replace("%25", "", StringComparison.Ordinal)).Contains('%')
            ? throw new ProblemException(Problems.RequestInvalid, "The address is not percent-encoded UTF-8.")
            : http.Segments()[^1];
    }

    /// <summary>An id and the object that it tells.</summary>
    /// <param name="name">The object that the address names; null where it names none.</param>
    /// <exception cref="ProblemException"><c>not-found</c>: malformed, of no object or of another one: as if it never
    /// existed.</exception>
    public static RecordId Parse(Schema.Schema schema, string? name, string text, out SchemaObject item)
    {
        if (name is not null) Object(schema, name);
        item = RecordId.TryParse(text, out var id) ? schema.Find(id.Prefix)! : null!;
        return item is not null && (name is null || item.Name == name) ? id : throw NotFound();
    }
}
