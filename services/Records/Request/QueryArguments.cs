using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.Extensions.Primitives;

namespace Xingchen.Records.Request;

/// <summary>The arguments in an address, each taken once; what nobody took is a problem.</summary>
internal sealed class QueryArguments(IEnumerable<KeyValuePair<string, StringValues>> address)
{
    private readonly Dictionary<string, StringValues> left = new(address, StringComparer.Ordinal);
    private readonly List<string> known = [];
    private readonly List<Finding> findings = [];

    /// <summary>Refuses an address whose percent-encoded bytes are no UTF-8: it would be read as something that the
    /// caller did not send.</summary>
    /// <exception cref="ProblemException"><c>request-invalid</c></exception>
    public static void RequireText(string? address)
    {
        var escaped = Encoding.UTF8.GetBytes(address ?? "");
        if (Utf8.IsValid(WebUtility.UrlDecodeToBytes(escaped, 0, escaped.Length))) return;
        throw new ProblemException(Problems.RequestInvalid, "The address is not UTF-8.",
            [new Finding("text-malformed", "Encode arguments as UTF-8, each byte as % and two digits.")]);
    }

    /// <summary>The argument, or null where it is not given.</summary>
    public string? Text(string name)
    {
        known.Add(name);
        if (!left.Remove(name, out var values)) return null;
        if (values.Count > 1) Refuse("argument-repeated", null, $"{name} is given more than once.");
        return values[0] ?? "";
    }

    /// <summary><c>true</c> or <c>false</c>; false where it is not given.</summary>
    public bool Flag(string name)
    {
        switch (Text(name))
        {
            case null or "false": return false;
            case "true": return true;
            default:
                Refuse("argument-malformed", null, $"{name} is true or false.");
                return false;
        }
    }

    /// <summary>A whole number of a range, or the default.</summary>
    public int Number(string name, int least, int most, int otherwise)
    {
        if (Text(name) is not { } text) return otherwise;
        if (int.TryParse(text, System.Globalization.NumberStyles.None, null, out var number) && number >= least
            && number <= most)
            return number;
        Refuse("argument-malformed", null, $"{name} is a whole number from {least} to {most}.");
        return otherwise;
    }

    /// <summary>A text member of a JSON body.</summary>
    public string? Text(JsonProperty member)
    {
        try
        {
            if (member.Value.ValueKind is JsonValueKind.String or JsonValueKind.Null) return member.Value.GetString();
        }
        catch (InvalidOperationException)
        {
            // half of a surrogate pair: no text
        }
        Refuse("type-mismatch", "/" + member.Name, $"{member.Name} is a text.");
        return null;
    }

    public void Refuse(string code, string? pointer, string detail) => findings.Add(new Finding(code, detail, pointer));

    /// <exception cref="ProblemException"><c>request-invalid</c>, where anything was refused or is left.</exception>
    public void Done()
    {
        foreach (var name in left.Keys)
            Refuse("argument-unknown", null, $"There is no argument {(name.Length > 100 ? name[..100] : name)} "
                + $"here; there are {string.Join(", ", known)}.");
        if (findings.Count > 0)
            throw new ProblemException(Problems.RequestInvalid, findings[0].Detail, findings);
    }
}
