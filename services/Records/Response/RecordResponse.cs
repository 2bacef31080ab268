using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Xingchen.Records.Execute;
using Xingchen.Records.Plan;
using Xingchen.Records.Request;
using Xingchen.Records.Sql;
using Xingchen.Schema;

namespace Xingchen.Records.Response;

/// <summary>Answers with one record.</summary>
internal static class RecordResponse
{
    public static string Tag(long version) => $"\"{version}\"";

    /// <summary>What a view shows of what was read.</summary>
    public static Task WriteAsync(HttpContext http, RecordView view, ViewResult read, CancellationToken ct)
    {
        if (view.IsOwn) http.Response.Headers.ETag = Tag(read.Record.Version);
        return WriteAsync(http, json =>
        {
            Action? children = view.Children.Count == 0 ? null : () => WriteChildren(json, view, read);
            if (view.Root.Members.Count == 0) RecordWriter.WriteWhole(json, view.Root.Layout, read.Record, children);
            else RecordWriter.WriteView(json, view.Root, number => read.Rows[number], children);
        }, ct);
    }

    /// <summary>The same, or 304 where the caller has this version (<c>If-None-Match</c>).</summary>
    public static Task WriteUnlessKnownAsync(HttpContext http, RecordView view, ViewResult read, CancellationToken ct)
    {
        // what is computed may differ where the version does not
        if (!view.IsOwn || view.IsComputed
            || !RecordBody.Names(http.Request.Headers.IfNoneMatch, read.Record.Version, weak: true))
            return WriteAsync(http, view, read, ct);
        http.Response.Headers.ETag = Tag(read.Record.Version);
        http.Response.StatusCode = StatusCodes.Status304NotModified;
        return Task.CompletedTask;
    }

    /// <summary>A record that was just written, with the children that came in it.</summary>
    public static Task WriteDraftAsync(HttpContext http, RecordDraft draft, WriteMark mark, CancellationToken ct)
    {
        http.Response.Headers.ETag = Tag(1);
        return WriteAsync(http, json => Write(json, draft, mark), ct);
    }

    private static void Write(Utf8JsonWriter json, RecordDraft draft, WriteMark mark)
    {
        var record =
            new StoredRecord(
                draft.Id, 1, mark.At, mark.Actor, mark.At, mark.Actor,
                ComputedReader.With(Encoding.UTF8.GetBytes(draft.Body()), draft.Computed));
        RecordWriter.WriteWhole(json, draft.Shown, record, () =>
        {
            foreach (var (relation, children) in draft.Children)
            {
                json.WriteStartArray(relation.Name);
                foreach (var child in children) Write(json, child, mark);
                json.WriteEndArray();
            }
        });
    }

    private static void WriteChildren(Utf8JsonWriter json, RecordView view, ViewResult read)
    {
        foreach (var (index, relation) in view.Children.Index())
        {
            json.WriteStartArray(relation.Name);
            foreach (var child in read.Children[index]) RecordWriter.WriteWhole(json, view.LayoutOf(relation), child);
            json.WriteEndArray();
        }
    }

    private static async Task WriteAsync(HttpContext http, Action<Utf8JsonWriter> write, CancellationToken ct)
    {
        http.Response.ContentType = "application/json; charset=utf-8";
        await using (var json = new Utf8JsonWriter(http.Response.BodyWriter, RecordWriter.Json))
        {
            write(json);
            await json.FlushAsync(ct);
            http.Response.ContentLength = json.BytesCommitted; // nothing has left yet: the length spares the chunks
        }
        await http.Response.BodyWriter.FlushAsync(ct);
    }
}
