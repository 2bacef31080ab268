using System.Text.Json;
using Xingchen.Hosting;
using Xingchen.Model;

namespace Xingchen.Tests.Unit.Hosting;

public sealed class JsonBodyTests
{
    private static JsonBody Of(string json) => JsonBody.Of(JsonDocument.Parse(json).RootElement);

    [Fact]
    public void Says_everything_with_pointers()
    {
        var body = Of("""{"a":1,"b":"x!","inner":{"n":0,"odd/name":1},"list":["p","p"],"more~":true}""");
        body.Text("a");
        body.Text("b", Names.Namespace);
        body.Text("c");
        var inner = body.Object("inner")!;
        inner.Number("n", 1, 5);
        inner.Done();
        body.SomeOf("list", ["p", "q"]);
        var problem = Assert.Throws<ProblemException>(body.Done);
        Assert.Equal(Problems.ContentInvalid, problem.Problem);
        Assert.Equal(
            [("type-mismatch", "/a"), ("value-invalid", "/b"), ("value-required", "/c"), ("value-invalid", "/inner/n"),
                ("unknown-member", "/inner/odd~1name"), ("value-invalid", "/list"), ("unknown-member", "/more~0")],
            problem.Errors.Select(error => (error.Code, error.Pointer!)));
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"   \"")]
    [InlineData("\"a\\nb\"")]
    [InlineData("\"\\ud800\"")]
    [InlineData("\"toolong\"")]
    public void Refuses_texts_that_are_none(string value)
    {
        var body = Of($$"""{"t":{{value}}}""");
        body.Text("t", most: 6);
        Assert.Throws<ProblemException>(body.Done);
    }

    [Fact]
    public void Null_is_as_if_it_were_absent()
    {
        var body = Of("""{"t":null,"n":null,"o":null}""");
        Assert.Equal("", body.Text("t", required: false));
        Assert.Null(body.Number("n", 1, 2));
        Assert.Null(body.Object("o"));
        body.Done();
        Assert.True(body.Has("t"));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("1")]
    [InlineData("null")]
    public void Wants_an_object(string json) =>
        Assert.Equal(Problems.RequestInvalid, Assert.Throws<ProblemException>(() => Of(json)).Problem);
}
