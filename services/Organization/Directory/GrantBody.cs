using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Xingchen.Hosting;

namespace Xingchen.Organization.Directory;

/// <summary>What a request says of the grants of a user or a client.</summary>
/// <param name="SetsGiven">Whether it says anything of the permission sets.</param>
/// <param name="Sets">The permission sets; null to restrict a client no longer.</param>
/// <param name="Attributes">What of the attributes changes: a merge patch (RFC 7396); null where nothing does.</param>
public sealed partial record GrantBody(bool SetsGiven, IReadOnlyList<string>? Sets, JsonObject? Attributes)
{
    private const int MostAttributes = 20;
    private const int MostAttributeCharacters = 1_500;

    public bool IsNone => !SetsGiven && Attributes is null;

    [GeneratedRegex("^[a-z][A-Za-z0-9]{0,39}\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AttributeName { get; }

    /// <summary>Reads <c>permissionSets</c> and <c>attributes</c>; what is wrong becomes the body's findings.</summary>
    public static GrantBody Read(JsonBody body, bool setsRequired = false) =>
        new(body.Has("permissionSets"), ReadSets(body, setsRequired), ReadAttributes(body));

    /// <summary>The attributes with this change merged in, as JSON.</summary>
    /// <exception cref="ProblemException"><c>content-invalid</c>: they become too many.</exception>
    public string Merge(string attributes)
    {
        if (Attributes is null) return attributes;
        var merged = JsonNode.Parse(attributes)!.AsObject();
        foreach (var (name, value) in Attributes)
        {
            merged.Remove(name);
            if (value is not null) merged[name] = value.DeepClone();
        }
        var text = merged.ToJsonString();
        return merged.Count <= MostAttributes && text.Length <= MostAttributeCharacters ? text
            : throw new ProblemException(Problems.ContentInvalid, "Mend what errors lists.",
                [new Finding("too-many", $"Attributes are {MostAttributes} at most, of {MostAttributeCharacters} "
                    + "characters of JSON in all.", "/attributes")]);
    }

    private static IReadOnlyList<string>? ReadSets(JsonBody body, bool required)
    {
        if (body.Any("permissionSets") is not { ValueKind: not JsonValueKind.Null } given)
        {
            if (required && body.Has("permissionSets"))
                body.Find("permissionSets", "type-mismatch", "This must be a list of names.");
            return null;
        }
        if (given.ValueKind != JsonValueKind.Array)
            body.Find("permissionSets", "type-mismatch", "This must be a list of names.");
        else if (given.GetArrayLength() > Grants.MostSets)
            body.Find("permissionSets", "too-many", $"At most {Grants.MostSets}, not {given.GetArrayLength()}.");
        else
        {
            var names = new SortedSet<string>(StringComparer.Ordinal);
            foreach (var (index, item) in given.EnumerateArray().Index())
                if (TextOf(item) is not { } name || !Names.Definition.IsMatch(name) || !names.Add(name))
                    body.FindIn("permissionSets", index.ToString(CultureInfo.InvariantCulture), "value-invalid",
                        "Give the name of a permission set, each once.");
            return [.. names];
        }
        return [];
    }

    private static JsonObject? ReadAttributes(JsonBody body)
    {
        if (body.Any("attributes") is not { ValueKind: not JsonValueKind.Null } given) return null;
        if (given.ValueKind != JsonValueKind.Object)
        {
            body.Find("attributes", "type-mismatch", "This must be an object.");
            return null;
        }
        var read = new JsonObject();
        foreach (var member in given.EnumerateObject())
        {
            if (!AttributeName.IsMatch(member.Name))
                body.Find("attributes", "name-invalid",
                    "An attribute's name is 1 to 40 ASCII letters and digits, beginning with a small letter.");
            else if (!IsValue(member.Value))
                body.FindIn("attributes", member.Name, "value-invalid",
                    "An attribute is a text of at most 200 characters, a number, true, false, or null to remove it.");
            else read[member.Name] = JsonNode.Parse(member.Value.GetRawText());
        }
        return read;
    }

    private static bool IsValue(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => TextOf(value) is { Length: <= 200 } text && !text.Any(char.IsControl),
        JsonValueKind.Number => value.TryGetDecimal(out _) && value.GetRawText().Length <= 40,
        JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null => true,
        _ => false,
    };

    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException) // half a surrogate pair
        {
            return null;
        }
    }
}
