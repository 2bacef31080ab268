using System.Text.Json;
using System.Text.Json.Nodes;
using Xingchen.Schema;

namespace Xingchen.Metadata.Publication;

/// <summary>A private layer's document with one thing put in or taken out.</summary>
/// <param name="Document">Not canonical yet, and not checked.</param>
/// <param name="Pointer">Where the thing stands in it: findings below it are findings about the caller's body.</param>
/// <param name="Existed">Whether the layer had the thing before.</param>
internal sealed record PrivateEdit(JsonElement Document, string Pointer, bool Existed);

/// <summary>Edits the document of an account's own layer. Pure.</summary>
internal static class PrivateLayer
{
    private const string Overlays = "overlays";
    private const string Fields = "fields";

    /// <summary>Puts a definition, or an overlay, in the place of the one of that name.</summary>
    /// <param name="document">Of the layer.</param>
    /// <param name="target">What is put.</param>
    /// <param name="body">As the caller sent it; its name may be left out.</param>
    public static PrivateEdit Put(ReadOnlyMemory<byte> document, Target target, JsonObject body)
    {
        var root = Read(document);
        var isOverlay = target.IsBelow || body.ContainsKey(Overlays);
        var list = List(root, isOverlay ? Overlays : target.Kind.Collection);
        var item = (JsonObject)body.DeepClone();
        Name(item, target, isOverlay);
        var index = IndexOf(list, target, isOverlay);
        var existed = index >= 0;
        if (existed) list[index] = item;
        else list.Add(item);
        return Edit(root, $"/{(isOverlay ? Overlays : target.Kind.Collection)}/{(existed ? index : list.Count - 1)}",
            existed);
    }

    /// <summary>Takes out all that the layer says of something; null where it says nothing.</summary>
    public static PrivateEdit? Remove(ReadOnlyMemory<byte> document, Target target)
    {
        var root = Read(document);
        var found = false;
        foreach (var isOverlay in new[] { false, true })
        {
            var list = List(root, isOverlay ? Overlays : target.Kind.Collection);
            if (IndexOf(list, target, isOverlay) is >= 0 and var index)
            {
                list.RemoveAt(index);
                found = true;
            }
        }
        return found ? Edit(root, "", existed: true) : null;
    }

    /// <summary>Puts a field, or the overlay of one, into what the layer says of an object.</summary>
    public static PrivateEdit PutField(ReadOnlyMemory<byte> document, Target target, string field, JsonObject body)
    {
        var root = Read(document);
        var collection = target.IsBelow ? Overlays : target.Kind.Collection;
        var list = List(root, collection);
        var at = IndexOf(list, target, target.IsBelow);
        if (at < 0)
        {
            var owner = new JsonObject();
            Name(owner, target, target.IsBelow);
            list.Add((JsonNode)owner);
            at = list.Count - 1;
        }
        var fields = List((JsonObject)list[at]!, Fields);
        var item = (JsonObject)body.DeepClone();
        if (!item.ContainsKey("name")) item["name"] = field;
        var index = IndexOf(fields, "name", field);
        var existed = index >= 0;
        if (existed) fields[index] = item;
        else fields.Add((JsonNode)item);
        return Edit(root, $"/{collection}/{at}/{Fields}/{(existed ? index : fields.Count - 1)}", existed);
    }

    /// <summary>Takes out what the layer says of a field; null where it says nothing.</summary>
    public static PrivateEdit? RemoveField(ReadOnlyMemory<byte> document, Target target, string field)
    {
        var root = Read(document);
        var list = List(root, target.IsBelow ? Overlays : target.Kind.Collection);
        var at = IndexOf(list, target, target.IsBelow);
        if (at < 0 || list[at] is not JsonObject owner || owner[Fields] is not JsonArray fields) return null;
        var index = IndexOf(fields, "name", field);
        if (index < 0) return null;
        fields.RemoveAt(index);
        if (fields.Count == 0) owner.Remove(Fields);
        // says nothing any more
        if (target.IsBelow && owner.All(member => member.Key is Overlays or "kind")) list.RemoveAt(at);
        return Edit(root, "", existed: true);
    }

    private static JsonObject Read(ReadOnlyMemory<byte> document) => JsonNode.Parse(document.Span)!.AsObject();

    private static JsonArray List(JsonObject owner, string member)
    {
        if (owner[member] is JsonArray list) return list;
        list = [];
        owner[member] = list;
        return list;
    }

    private static void Name(JsonObject item, Target target, bool isOverlay)
    {
        var key = isOverlay ? Overlays : "name";
        if (!item.ContainsKey(key)) item[key] = target.Name;
        if (isOverlay && target.Kind.Name != "object" && !item.ContainsKey("kind")) item["kind"] = target.Kind.Name;
    }

    private static int IndexOf(JsonArray list, Target target, bool isOverlay)
    {
        if (!isOverlay) return IndexOf(list, "name", target.Name);
        for (var i = 0; i < list.Count; i++)
            if (list[i] is JsonObject item && TextOf(item, Overlays) == target.Name
                && (TextOf(item, "kind") ?? "object") == target.Kind.Name) return i;
        return -1;
    }

    private static int IndexOf(JsonArray list, string key, string name)
    {
        for (var i = 0; i < list.Count; i++)
            if (list[i] is JsonObject item && TextOf(item, key) == name) return i;
        return -1;
    }

    private static string? TextOf(JsonObject item, string member) =>
        item[member] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static PrivateEdit Edit(JsonObject root, string pointer, bool existed) =>
        new(JsonSerializer.SerializeToElement(root), pointer, existed);
}

/// <summary>A kind of definition that the API serves.</summary>
/// <param name="Collection">As in paths and in a layer's document, such as <c>objects</c>.</param>
/// <param name="Name">As in an overlay, such as <c>object</c>.</param>
internal sealed record TargetKind(string Collection, string Name)
{
    /// <exception cref="ProblemException"><c>not-found</c></exception>
    public static TargetKind Of(string collection) => new(collection, Layer.KindOf(collection)
        ?? throw new ProblemException(Problems.NotFound, "There is no such kind of metadata."));
}

/// <summary>What a request is about.</summary>
/// <param name="IsBelow">Whether a lower layer defines it, so that the account can only overlay it.</param>
internal sealed record Target(TargetKind Kind, string Name, bool IsBelow);
