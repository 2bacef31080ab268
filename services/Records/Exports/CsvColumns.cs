using System.Buffers;
using System.Text;
using System.Text.Json;
using Xingchen.Records.Plan;
using Xingchen.Schema;

namespace Xingchen.Records.Exports;

/// <summary>Records as rows of CSV (RFC 4180): a value a column, a value of a parent under its path.</summary>
/// <remarks>
/// A value is written as an import reads it: numbers by their digits, sets of choices with <c>;</c> between them, JSON
/// as JSON. Nothing is a cell of nothing, an empty text is <c>""</c>. Where there is one column only nothing is
/// <c>""</c> as well: to most readers an empty line is no row. What another program could take for a separator is
/// quoted too.
/// </remarks>
internal sealed class CsvColumns
{
    private static readonly SearchValues<byte> Quoted = SearchValues.Create("\",;|\t\r\n"u8);

    private readonly IReadOnlyList<Column> root;
    private readonly List<string> names = [];
    private byte[] unescaped = [];
    private bool isFirst = true;

    /// <param name="output">What the query gives, without children.</param>
    public CsvColumns(IReadOnlyList<OutputNode> output) => root = Columns(output, "");

    public void WriteHeader(IBufferWriter<byte> to)
    {
        foreach (var name in names) WriteText(Encoding.UTF8.GetBytes(name), to);
        EndRow(to);
    }

    /// <param name="record">A record as JSON, its members in the order of the columns.</param>
    /// <param name="to">Gets the row and its line end.</param>
    public void WriteRow(ReadOnlySpan<byte> record, IBufferWriter<byte> to)
    {
        var json = new Utf8JsonReader(record);
        json.Read();
        WriteMembers(ref json, record, root, to);
        EndRow(to);
    }

    private List<Column> Columns(IReadOnlyList<OutputNode> nodes, string path)
    {
        var columns = new List<Column>();
        foreach (var node in nodes)
        {
            if (node is OutputParent parent)
            {
                columns.Add(new Column(Form.Text, Columns(parent.Members, path + parent.Name + ".")));
                continue;
            }
            names.Add(path + node.Name);
            columns.Add(new Column(FormOf(((OutputLeaf)node).Value), null));
        }
        return columns;
    }

    private static Form FormOf(QueryValue value) => value switch
    {
        { Kind: ValueKind.Choices } => Form.Choices,
        FieldValue { Field.Type: FieldType.Json } => Form.Json,
        _ => Form.Text,
    };

    private void WriteMembers(
        ref Utf8JsonReader json, ReadOnlySpan<byte> record, IReadOnlyList<Column> columns, IBufferWriter<byte> to)
    {
        if (json.TokenType == JsonTokenType.Null)
        {
            WriteNothing(columns, to);
            return;
        }
        foreach (var column in columns)
        {
            json.Read(); // the member's name
            json.Read();
            if (column.Members is { } members) WriteMembers(ref json, record, members, to);
            else WriteValue(ref json, record, column.Form, to);
        }
        json.Read(); // the end of the object
    }

    /// <summary>The columns of a parent that is not there.</summary>
    private void WriteNothing(IReadOnlyList<Column> columns, IBufferWriter<byte> to)
    {
        foreach (var column in columns)
            if (column.Members is { } members) WriteNothing(members, to);
            else WriteNothing(to);
    }

    private void WriteValue(ref Utf8JsonReader json, ReadOnlySpan<byte> record, Form form, IBufferWriter<byte> to)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.Null:
                WriteNothing(to);
                break;
            case JsonTokenType.StartArray when form == Form.Choices:
                WriteText(Choices(ref json), to);
                break;
            case JsonTokenType.String when form != Form.Json:
                WriteText(Text(ref json), to);
                break;
            default:
                var start = (int)json.TokenStartIndex;
                json.Skip();
                WriteText(record[start..(int)json.BytesConsumed], to);
                break;
        }
    }

    private ReadOnlySpan<byte> Text(ref Utf8JsonReader json)
    {
        if (!json.ValueIsEscaped) return json.ValueSpan;
        if (unescaped.Length < json.ValueSpan.Length) unescaped = new byte[json.ValueSpan.Length];
        return unescaped.AsSpan(0, json.CopyString(unescaped));
    }

    private ReadOnlySpan<byte> Choices(ref Utf8JsonReader json)
    {
        var chosen = new ArrayBufferWriter<byte>();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (chosen.WrittenCount > 0) chosen.Write(";"u8);
            chosen.Write(Text(ref json));
        }
        return chosen.WrittenSpan;
    }

    private void WriteText(ReadOnlySpan<byte> text, IBufferWriter<byte> to)
    {
        Next(to);
        if (text.Length > 0 && !text.ContainsAny(Quoted))
        {
            to.Write(text);
            return;
        }
        to.Write("\""u8);
        for (var quote = text.IndexOf((byte)'"'); quote >= 0; quote = text.IndexOf((byte)'"'))
        {
            to.Write(text[..(quote + 1)]);
            to.Write("\""u8);
            text = text[(quote + 1)..];
        }
        to.Write(text);
        to.Write("\""u8);
    }

    private void WriteNothing(IBufferWriter<byte> to)
    {
        Next(to);
        if (names.Count == 1) to.Write("\"\""u8);
    }

    private void Next(IBufferWriter<byte> to)
    {
        if (!isFirst) to.Write(","u8);
        isFirst = false;
    }

    private void EndRow(IBufferWriter<byte> to)
    {
        to.Write("\r\n"u8);
        isFirst = true;
    }

    private enum Form { Text, Choices, Json }

    /// <param name="Members">The columns of a parent; null for a value.</param>
    private sealed record Column(Form Form, IReadOnlyList<Column>? Members);
}
