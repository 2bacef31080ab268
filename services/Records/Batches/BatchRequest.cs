using System.Text.Json;
using System.Text.RegularExpressions;
using Xingchen.Hosting;

namespace Xingchen.Records.Batches;

internal enum BatchVerb
{
    Create,
    Update,
    Upsert,
    Delete,
}

/// <summary>One operation as it was asked for.</summary>
/// <param name="Index">Its place in the request, from 0.</param>
/// <param name="Object">Null where the id alone names the record.</param>
/// <param name="Id">Of the record to update or delete: an id, or the name of an operation before
/// (<c>@o1.id</c>).</param>
/// <param name="By">The unique field to upsert by; its value stands in the record.</param>
/// <param name="As">How operations behind this one name its record; null where they do not.</param>
/// <param name="Record">Fields and values; undefined for a delete.</param>
internal sealed record BatchOperation(
    int Index, BatchVerb Verb, string? Object, string? Id, string? By, string? As, JsonElement Record)
{
    /// <summary>Where it stands in the request (RFC 6901).</summary>
    public string Pointer => $"/operations/{Index}";
}

/// <summary>Many operations in one request: syntax only.</summary>
/// <param name="Atomic">Whether all are done or none; true where the request does not say.</param>
internal sealed partial record BatchRequest(bool Atomic, IReadOnlyList<BatchOperation> Operations)
{
    /// <summary>Operations in one request at most.</summary>
    public const int MostOperations = 500;

    private static readonly string[] Verbs = ["create", "update", "upsert", "delete"];

    /// <exception cref="Model.ProblemException"><c>request-invalid</c>: no object; <c>content-invalid</c>: everything
    /// that is wrong with the form of any operation. Nothing was done.</exception>
    public static BatchRequest Read(JsonElement json)
    {
        var body = JsonBody.Of(json);
        var atomic = body.Flag("atomic", otherwise: true);
        var names = new HashSet<string>();
        var operations = body.Objects("operations", MostOperations)
            .Select((operation, index) => Read(operation, index, names)).ToList();
        body.Done();
        return new BatchRequest(atomic, operations);
    }

    private static BatchOperation Read(JsonBody body, int index, HashSet<string> names)
    {
        var verb = (BatchVerb)Math.Max(0, Array.IndexOf(Verbs, body.OneOf("op", Verbs)));
        var byId = verb is BatchVerb.Update or BatchVerb.Delete;
        var item = body.Text("object", required: !byId);
        string? id = null, by = null, name = null;
        if (byId) id = body.Text("id");
        if (verb == BatchVerb.Upsert) by = body.Text("by");
        if (verb != BatchVerb.Delete && body.Has("as"))
        {
            name = body.Text("as", Name());
            if (name.Length > 0 && !names.Add(name))
                body.Find("as", "name-taken", "An operation before this one has this name.");
        }
        var record = verb == BatchVerb.Delete ? null : body.Any("record");
        if (verb != BatchVerb.Delete && record is null) body.Find("record", "value-required", "This is required.");
        body.Done();
        return new BatchOperation(index, verb, item.Length == 0 ? null : item, id, by, name, record ?? default);
    }

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_-]{0,39}\z")]
    private static partial Regex Name();
}
