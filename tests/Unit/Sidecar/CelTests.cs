using System.Text.Json;
using Xingchen.Sidecar.Cel;

namespace Xingchen.Tests.Unit.Sidecar;

public sealed class CelTests
{
    private static readonly JsonElement Event = JsonSerializer.Deserialize<JsonElement>(
        """{"type":"order","data":{"total":12.5,"count":3,"paid":true,"tags":["a","b"],"name":"星辰","none":null}}""");

    [Theory]
    [InlineData("event.type == 'order'", true)]
    [InlineData("event.type != \"order\"", false)]
    [InlineData("event.data.total > 12.0 && event.data.total <= 12.5", true)]
    [InlineData("int(event.data.count) == 3", true)]
    [InlineData("event.data.count == 3", true)]
    [InlineData("event.data.paid", true)]
    [InlineData("!event.data.paid || event['type'] == 'order'", true)]
    [InlineData("'a' in event.data.tags", true)]
    [InlineData("event.type in ['x', 'order']", true)]
    [InlineData("has(event.data.total) && !has(event.data.missing)", true)]
    [InlineData("event.data.name.startsWith('星') && size(event.data.name) == 2", true)]
    [InlineData("event.type.matches('^ord.r$')", true)]
    [InlineData("event.data.tags[1] == 'b' && event.data.tags.size() == 2", true)]
    [InlineData("event.data.none == null", true)]
    [InlineData("event.data.missing == 1 || true", true)]
    [InlineData("false && event.data.missing == 1", false)]
    [InlineData("-1 < 0 && double('1.5') == 1.5 && string(7) == '7'", true)]
    public void Rules_are_computed(string text, bool expected) =>
        Assert.Equal(expected, CelExpression.Parse(text).Matches(Event));

    [Theory]
    [InlineData("event.data.missing == 1")]
    [InlineData("event.type > 1")]
    [InlineData("event.type")]
    [InlineData("'x' in event.type")]
    public void What_cannot_be_computed_is_an_error(string text) =>
        Assert.Throws<CelException>(() => CelExpression.Parse(text).Matches(Event));

    [Theory]
    [InlineData("event.type ==", "too early")]
    [InlineData("request.type == 1", "request")]
    [InlineData("event.data.map(1)", "map")]
    [InlineData("event.total + 1 > 2", "+")]
    [InlineData("has(event)", "has(event.data)")]
    [InlineData("'open", "does not end")]
    [InlineData("(event.type == 'x'", "')' is missing")]
    public void What_is_not_honoured_does_not_parse(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<FormatException>(() => CelExpression.Parse(text)).Message);
}
