using System.Text.Json;
using Xingchen.Records.Values;

namespace Xingchen.Records.Plan;

/// <summary>A record as it was read.</summary>
/// <param name="Body">Its <c>jsonb</c> body as UTF-8 text.</param>
internal sealed record StoredRecord(
    long Id, long Version, DateTime CreatedAt, string CreatedBy, DateTime ModifiedAt, string ModifiedBy, byte[] Body)
{
    /// <summary>Its values in the form in which they are compared and written back.</summary>
    public RecordDraft ToDraft(ObjectLayout layout)
    {
        var draft = new RecordDraft(layout, "") { Id = Id };
        using var document = JsonDocument.Parse(Body);
        foreach (var member in document.RootElement.EnumerateObject())
        {
            var ordinal = layout.Find(System.Text.Encoding.UTF8.GetBytes(member.Name));
            if (ordinal >= 0)
                draft.Values[ordinal] = layout.Fields[ordinal].Codec.FromBody(
                    layout.Fields[ordinal].Field, member.Value);
        }
        return draft;
    }

    /// <summary>The members of the body that the schema does not know, to be carried along: data waits in its
    /// place.</summary>
    public string BodyWith(RecordDraft draft)
    {
        using var document = JsonDocument.Parse(Body);
        var unknown = document.RootElement.EnumerateObject()
            .Where(member => draft.Layout.Find(System.Text.Encoding.UTF8.GetBytes(member.Name)) < 0)
            .Select(member => TextCodec.Quote(member.Name) + ":" + member.Value.GetRawText()).ToList();
        var body = draft.Body();
        if (unknown.Count == 0) return body;
        return body == "{}" ? "{" + string.Join(',', unknown) + "}" : body[..^1] + "," + string.Join(',', unknown)
            + "}";
    }
}
