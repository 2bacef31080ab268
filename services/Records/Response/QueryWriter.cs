using System.Globalization;
using System.Text;
using System.Text.Json;
using Npgsql;
using Xingchen.Records.Plan;
using Xingchen.Records.Sql;
using Xingchen.Records.Values;
using Xingchen.Storage;

namespace Xingchen.Records.Response;

/// <summary>Writes rows of a query as records: from the reader to the response, without objects in between.</summary>
/// <remarks>Asserts the org of every row, of every parent and child in it, before anything of the row is
/// written.</remarks>
internal sealed class QueryWriter(Utf8JsonWriter json, QueryStatement statement, OrgId org)
{
    private readonly ObjectLayout? layout = statement.Body is { } whole ? ObjectLayout.Of(whole.Object) : null;
    private byte[] body = [];
    private Range[] values = [];

    /// <summary>Writes the row that the reader stands on.</summary>
    public void Write(NpgsqlDataReader row)
    {
        Guard(row);
        if (layout is not null)
        {
            if (values.Length == 0) values = new Range[layout.Fields.Length];
            body = row.GetFieldValue<byte[]>(statement.Body!.Value.Ordinal);
            RecordWriter.Split(layout, body, values);
        }
        json.WriteStartObject();
        foreach (var column in statement.Columns) Write(row, column);
        json.WriteEndObject();
    }

    /// <summary>The third lock: what was read is of the caller's org.</summary>
    public void Guard(NpgsqlDataReader row)
    {
        if (statement.Grouped)
            OrgBatch.AssertOrg(row.IsDBNull(0) || row.GetBoolean(0) ? org.Value : 0, org);
        foreach (var guard in statement.Guards)
            if (!row.IsDBNull(guard)) OrgBatch.AssertOrg(row.GetInt64(guard), org);
    }

    private void Write(NpgsqlDataReader row, QueryColumn column)
    {
        json.WritePropertyName(column.Member);
        switch (column)
        {
            case LeafColumn { Field: { } field } leaf:
                var value = body.AsSpan(values[field]);
                if (value.Length == 0) json.WriteNullValue();
                else Write(value, leaf.Form);
                break;
            case LeafColumn leaf when row.IsDBNull(leaf.Ordinal):
            case ParentColumn { Presence: { } presence } when row.IsDBNull(presence):
                json.WriteNullValue();
                break;
            case LeafColumn leaf:
                Write(row, leaf);
                break;
            case ConstantColumn constant:
                json.WriteStringValue(constant.Value);
                break;
            case ParentColumn parent:
                json.WriteStartObject();
                foreach (var member in parent.Members) Write(row, member);
                json.WriteEndObject();
                break;
            case ChildrenColumn children:
                Write(row.GetFieldValue<byte[]>(children.Ordinal), children);
                break;
        }
    }

    private void Write(NpgsqlDataReader row, LeafColumn leaf)
    {
        switch (leaf.Form)
        {
            case ColumnForm.PlainId:
                WriteId(row.GetInt64(leaf.Ordinal));
                break;
            case ColumnForm.PlainNumber:
                json.WriteNumberValue(row.GetInt64(leaf.Ordinal));
                break;
            case ColumnForm.PlainTime:
                TimeCodec.Write(json, row.GetDateTime(leaf.Ordinal));
                break;
            case ColumnForm.PlainText:
                json.WriteStringValue(row.GetString(leaf.Ordinal));
                break;
            default:
                Write(row.GetFieldValue<byte[]>(leaf.Ordinal), leaf.Form);
                break;
        }
    }

    /// <summary>The order's keys of the row that was written last: where what comes behind it begins.</summary>
    public string?[] Keys(NpgsqlDataReader row) => [.. statement.Keys.Select(key => Key(row, key))];

    private string? Key(NpgsqlDataReader row, KeyColumn key)
    {
        if (key.Field is { } field)
        {
            var value = body.AsSpan(values[field]);
            if (value.Length == 0) return null;
            var text = new Utf8JsonReader(value);
            text.Read();
            return (text.TokenType, key.Form) switch
            {
                (JsonTokenType.Number, ColumnForm.PlainNumber) => Encoding.ASCII.GetString(value),
                (JsonTokenType.String, ColumnForm.PlainText) => text.GetString(),
                _ => null,
            };
        }
        if (row.IsDBNull(key.Ordinal)) return null;
        return key.Form == ColumnForm.PlainNumber
            ? row.GetInt64(key.Ordinal).ToString(CultureInfo.InvariantCulture) : row.GetString(key.Ordinal);
    }

    private void Write(ReadOnlySpan<byte> value, ColumnForm form)
    {
        if (form == ColumnForm.Json)
        {
            json.WriteRawValue(value, skipInputValidation: true);
            return;
        }
        if (!long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            json.WriteNullValue();
        else if (form == ColumnForm.Id)
            WriteId(number);
        else
            TimeCodec.Write(json, DateTime.UnixEpoch.AddTicks(number * TimeSpan.TicksPerMicrosecond));
    }

    private void WriteId(long id)
    {
        Span<char> text = stackalloc char[18];
        new RecordId(id).Format(text);
        json.WriteStringValue(text);
    }

    private void Write(byte[] array, ChildrenColumn column)
    {
        using var document = JsonDocument.Parse(array);
        if (document.RootElement.GetArrayLength() > column.Most)
            throw new ProblemException(Problems.QueryInvalid,
                $"A record has more than {column.Most} {column.Name}: give the subquery a LIMIT, or query them by "
                    + $"themselves.",
                [new Finding("children-too-many", $"{column.Name} needs a LIMIT of at most {column.Most}.")]);
        json.WriteStartArray();
        foreach (var child in document.RootElement.EnumerateArray())
        {
            OrgBatch.AssertOrg(child[0].GetInt64(), org);
            json.WriteStartObject();
            foreach (var member in column.Members) Write(child, member);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private void Write(JsonElement child, QueryColumn column)
    {
        json.WritePropertyName(column.Member);
        switch (column)
        {
            case LeafColumn leaf when child[leaf.Ordinal].ValueKind == JsonValueKind.Null:
                json.WriteNullValue();
                break;
            case LeafColumn { Form: ColumnForm.Json } leaf:
                child[leaf.Ordinal].WriteTo(json);
                break;
            case ConstantColumn constant:
                json.WriteStringValue(constant.Value);
                break;
            case LeafColumn leaf:
                Write(Encoding.UTF8.GetBytes(child[leaf.Ordinal].GetRawText()), leaf.Form);
                break;
            case ParentColumn { Presence: { } presence } when child[presence].ValueKind == JsonValueKind.Null:
                json.WriteNullValue();
                break;
            case ParentColumn parent:
                if (parent.Presence is { } there) OrgBatch.AssertOrg(child[there].GetInt64(), org);
                json.WriteStartObject();
                foreach (var member in parent.Members) Write(child, member);
                json.WriteEndObject();
                break;
        }
    }
}
