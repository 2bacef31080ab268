using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Xingchen.Hosting;

/// <summary>A small JSON object of a request, read member by member, so that everything wrong with it is said at
/// once.</summary>
/// <remarks>
/// Take every member, then call <see cref="Done"/>: it throws with all findings, also for members that nobody took.
/// Until then a wrong member reads as null or empty. Not for records or definitions, which their schema judges.
/// </remarks>
public sealed class JsonBody
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    /// <summary>Findings told at most; a body with more is wrong as a whole.</summary>
    private const int MostFindings = 1000;

    private readonly JsonElement element;
    private readonly string pointer;
    private readonly List<Finding> findings;
    private readonly HashSet<string> taken = [];

    private JsonBody(JsonElement element, string pointer, List<Finding> findings)
    {
        this.element = element;
        this.pointer = pointer;
        this.findings = findings;
    }

    /// <summary>Reads the body of a request.</summary>
    /// <exception cref="ProblemException"><c>media-type-unsupported</c>, <c>request-invalid</c> (no JSON object, not
    /// UTF-8, a member twice, deeper than 32).</exception>
    public static async Task<JsonBody> ReadAsync(HttpContext http, CancellationToken ct)
    {
        if (!http.Request.HasJsonContentType())
            throw new ProblemException(Problems.MediaTypeUnsupported, "Send application/json.");
        using var document = await ParseAsync(http.Request.Body, Strict, ct);
        return Of(document.RootElement.Clone());
    }

    /// <summary>Parses JSON whose names are all text: an unpaired surrogate or a stray byte in one would be found only
    /// by whoever asks for it, and not as a problem of the request.</summary>
    /// <exception cref="ProblemException"><c>request-invalid</c></exception>
    /// <exception cref="JsonException">It is no JSON; the problem writer knows that.</exception>
    public static async Task<JsonDocument> ParseAsync(Stream body, JsonDocumentOptions options, CancellationToken ct)
    {
        JsonDocument? document = null;
        try
        {
            document = await JsonDocument.ParseAsync(body, options, ct);
            ReadNames(document.RootElement);
            return document;
        }
        catch (InvalidOperationException)
        {
            document?.Dispose();
            throw new ProblemException(Problems.RequestInvalid, "The body is not the JSON that is expected here.",
                [new Finding("malformed-json", "The name of a member is not Unicode text.", "")]);
        }
    }

    private static void ReadNames(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Array)
            foreach (var item in element.EnumerateArray()) ReadNames(item);
        if (element.ValueKind != JsonValueKind.Object) return;
        foreach (var member in element.EnumerateObject())
        {
            _ = member.Name;
            ReadNames(member.Value);
        }
    }

    /// <exception cref="ProblemException"><c>request-invalid</c>: no object.</exception>
    public static JsonBody Of(JsonElement element) => element.ValueKind == JsonValueKind.Object
        ? new JsonBody(element, "", [])
        : throw new ProblemException(Problems.RequestInvalid, "The body is not the JSON that is expected here.",
            [new Finding("malformed-json", "Send a JSON object.", "")]);

    /// <summary>Whether the member is there, <c>null</c> or not.</summary>
    public bool Has(string name) => element.TryGetProperty(name, out _);

    /// <summary>A text of 1 to <paramref name="most"/> characters without control characters.</summary>
    public string Text(string name, int most = 200, bool required = true)
    {
        if (Take(name, required, JsonValueKind.String, "text") is not { } value) return "";
        var text = Decode(value, name);
        if (text.Trim().Length == 0 || text.Length > most || text.Any(char.IsControl))
            Find(name, "value-invalid", $"Give 1 to {most} characters without control characters.");
        return text;
    }

    /// <summary>A text of a form, such as a code.</summary>
    public string Text(string name, Regex form, bool required = true)
    {
        if (Take(name, required, JsonValueKind.String, "text") is not { } value) return "";
        var text = Decode(value, name);
        if (!form.IsMatch(text)) Find(name, "value-invalid",
            $"This does not match {form.ToString().Replace("\\z", "$")}.");
        return text;
    }

    /// <summary>The name of a time zone, or null where it is absent or <c>null</c>.</summary>
    public string? TimeZone(string name)
    {
        if (Take(name, required: false, JsonValueKind.String, "text") is not { } value) return null;
        var text = Decode(value, name);
        if (!TimeZones.IsKnown(text)) Find(name, "time-zone-unknown",
            "Give the IANA name of a time zone, such as Asia/Shanghai or UTC.");
        return text;
    }

    /// <summary>A text that is one of a few.</summary>
    public string OneOf(string name, IReadOnlyCollection<string> values, bool required = true)
    {
        if (Take(name, required, JsonValueKind.String, "text") is not { } value) return "";
        var text = Decode(value, name);
        if (!values.Contains(text)) Find(name, "value-invalid", $"Give one of {string.Join(", ", values)}.");
        return text;
    }

    /// <summary>A list of different texts, each one of a few.</summary>
    public IReadOnlyList<string> SomeOf(string name, IReadOnlyCollection<string> values)
    {
        if (Take(name, required: true, JsonValueKind.Array, "a list of texts") is not { } list) return [];
        var texts = list.EnumerateArray()
            .Select(item => item.ValueKind == JsonValueKind.String ? Decode(item, name) : item.ValueKind.ToString())
                .ToList();
        if (texts.Count == 0 || texts.Count != texts.Distinct().Count() || texts.Exists(text => !values.Contains(text)))
            Find(name, "value-invalid", $"Give some of {string.Join(", ", values)}, each once.");
        return texts;
    }

    /// <summary>A whole number within a range, or null where it is absent or <c>null</c>.</summary>
    public int? Number(string name, int least, int most)
    {
        taken.Add(name);
        if (!element.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least
            && number <= most)
            return number;
        Find(name, "value-invalid", $"Give a whole number from {least} to {most}.");
        return null;
    }

    /// <summary>A member that is an object itself; its findings come with this body's.</summary>
    public JsonBody? Object(string name, bool required = false) =>
        Take(name, required, JsonValueKind.Object, "an object") is { } value
            ? new JsonBody(value, pointer + "/" + name, findings)
            : null;

    /// <summary>A list of objects, at most so many; their findings come with this body's.</summary>
    public IReadOnlyList<JsonBody> Objects(string name, int most)
    {
        if (Take(name, required: true, JsonValueKind.Array, "a list of objects") is not { } list) return [];
        if (list.GetArrayLength() > most)
        {
            Find(name, "too-many", $"At most {most}, not {list.GetArrayLength()}.");
            return [];
        }
        var objects = new List<JsonBody>();
        foreach (var (index, item) in list.EnumerateArray().Index())
        {
            if (item.ValueKind == JsonValueKind.Object)
                objects.Add(new JsonBody(item, $"{pointer}/{name}/{index}", findings));
            else
                Find($"{name}", "type-mismatch", $"Number {index} must be an object.");
        }
        return objects;
    }

    /// <summary>True or false; <paramref name="otherwise"/> where it is absent or <c>null</c>.</summary>
    public bool Flag(string name, bool otherwise)
    {
        taken.Add(name);
        if (!element.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return otherwise;
        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            Find(name, "type-mismatch", "This must be true or false.");
        return value.ValueKind == JsonValueKind.True;
    }

    /// <summary>A member as it is, for another to judge; null where it is absent.</summary>
    public JsonElement? Any(string name)
    {
        taken.Add(name);
        return element.TryGetProperty(name, out var value) ? value : null;
    }

    /// <summary>Adds a finding about a member.</summary>
    public void Find(string name, string code, string detail)
    {
        if (findings.Count < MostFindings) findings.Add(new Finding(code, detail, $"{pointer}/{Escape(name)}"));
    }

    /// <summary>Adds a finding about a part of a member: an index, or the name of a member of it.</summary>
    public void FindIn(string name, string part, string code, string detail)
    {
        if (findings.Count < MostFindings)
            findings.Add(new Finding(code, detail, $"{pointer}/{Escape(name)}/{Escape(part)}"));
    }

    /// <summary>Reports members of this object that nobody took; for the outermost, throws what was found
    /// anywhere.</summary>
    /// <exception cref="ProblemException"><c>content-invalid</c> with every finding.</exception>
    public void Done()
    {
        foreach (var member in element.EnumerateObject().Where(member => !taken.Contains(member.Name)))
            Find(member.Name, "unknown-member", "There is no such member here.");
        if (pointer.Length == 0 && findings.Count > 0)
            throw new ProblemException(Problems.ContentInvalid, "Mend what errors lists.", [.. findings]);
    }

    private JsonElement? Take(string name, bool required, JsonValueKind kind, string kindName)
    {
        taken.Add(name);
        if (!element.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            if (required) Find(name, "value-required", "This is required.");
            return null;
        }
        if (value.ValueKind == kind) return value;
        Find(name, "type-mismatch", $"This must be {kindName}.");
        return null;
    }

    private string Decode(JsonElement value, string name)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException) // an unpaired surrogate, which is no text
        {
            Find(name, "value-invalid", "This is not Unicode text.");
            return "";
        }
    }

    private static string Escape(string name) => new StringBuilder(name).Replace("~", "~0").Replace("/", "~1")
        .ToString();
}
