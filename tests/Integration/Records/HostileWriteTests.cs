using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Xingchen.Hosting;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.Records;

/// <summary>What no honest client sends, on every route that writes: a clear problem, nothing written, nothing
/// internal told.</summary>
public sealed class HostileWriteTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private const string Byte = "\u00ff"; // stands for the one byte 0xFF, which no UTF-8 has

    /// <summary>A record, and how it must be refused; <c>Byte</c> stands for a byte that is no UTF-8.</summary>
    private static readonly Dictionary<string, (string Record, string Refused)> Hostile = new()
    {
        ["text with U+0000"] = ("""{"text":"a\u0000"}""", "/text text-invalid"),
        ["half a surrogate pair"] = ("""{"text":"\ud800"}""", "/text text-invalid"),
        ["the halves in the wrong order"] = ("""{"text":"\udc00\ud800"}""", "/text text-invalid"),
        ["half a pair in a day"] = ("""{"day":"\ud800"}""", "/day type-mismatch"),
        ["half a pair in a moment"] = ("""{"moment":"\udfff"}""", "/moment type-mismatch"),
        ["half a pair in a choice"] = ("""{"color":"\ud800"}""", "/color type-mismatch"),
        ["half a pair among choices"] = ("""{"tags":["a","\ud800"]}""", "/tags type-mismatch"),
        ["half a pair in an address"] = ("""{"mail":"a@\ud800"}""", "/mail text-invalid"),
        ["U+0000 within JSON"] = ("""{"any":{"a":["\u0000"]}}""", "/any json-invalid"),
        ["a number beyond any range"] = ("""{"exact":1e400}""", "/exact out-of-range"),
        ["a number below any scale"] = ("""{"exact":1e-400}""", "/exact out-of-range"),
        ["an exponent beyond any integer"] = ("""{"exact":1e99999999999999999999}""", "/exact out-of-range"),
        ["a number of 400 digits"] = ($$"""{"exact":{{new string('9', 400)}}}""", "/exact out-of-range"),
        ["a whole number of 400 digits"] = ($$"""{"whole":-{{new string('9', 400)}}}""", "/whole out-of-range"),
        ["one more than 64 bits"] = ("""{"whole":9223372036854775808}""", "/whole out-of-range"),
        ["a tiny fraction of a whole"] = ("""{"whole":1e-7}""", "/whole scale-exceeded"),
        ["a number of JSON beyond any range"] = ("""{"any":[1e400]}""", "/any json-invalid"),
        ["a year that is none"] = ("""{"day":"0000-01-01"}""", "/day type-mismatch"),
        ["a moment before all"] = ("""{"moment":"0001-01-01T00:00:00+14:00"}""", "/moment type-mismatch"),
        ["a moment after all"] = ("""{"moment":"9999-12-31T23:59:59-14:00"}""", "/moment type-mismatch"),
        ["a huge text"] = ($$"""{"text":"{{new string('x', 1_000_000)}}"}""", "/text too-long"),
        ["a huge long text"] = ($$"""{"long":"{{new string('x', 1_000_000)}}"}""", "/long too-long"),
        ["huge JSON"] = ($$"""{"any":"{{new string('x', 1_000_001)}}"}""", "/any too-long"),
        ["half a pair in a name"] = ("""{"\ud800":1}""", "request-invalid"),
        ["half a pair in a name within"] = ("""{"any":{"a":[{"\udc00":1}]}}""", "request-invalid"),
        ["no UTF-8 in a text"] = ($$"""{"text":"{{Byte}}"}""", "request-invalid"),
        ["no UTF-8 in a name"] = ($$"""{"{{Byte}}":1}""", "request-invalid"),
        ["no UTF-8 within JSON"] = ($$"""{"any":["{{Byte}}"]}""", "request-invalid"),
        ["a member twice"] = ("""{"text":"a","text":"a"}""", "request-invalid"),
        ["a member twice, written differently"] = ("""{"text":"a","\u0074ext":"a"}""", "request-invalid"),
        ["a member twice within JSON"] = ("""{"any":{"a":[{"b":1,"b":1}]}}""", "request-invalid"),
        ["a megabyte of lists"] = ($$"""{"any":{{new string('[', 500_000)}}{{new string(']', 500_000)}}}""",
            "request-invalid"),
        ["a megabyte of open lists"] = ($$"""{"any":{{new string('[', 1_000_000)}}""", "request-invalid"),
        ["deep members"] = ($$"""{"any":{{string.Concat(Enumerable.Repeat("{\"a\":", 100_000))}}1""",
            "request-invalid"),
        ["no number"] = ("""{"exact":NaN}""", "request-invalid"),
        ["leading zeros"] = ("""{"exact":01}""", "request-invalid"),
        ["half a body"] = ("""{"text":"a""", "request-invalid"),
        ["something behind it"] = ("""{"text":"a"} {}""", "request-invalid"),
        ["another encoding"] = ("\u00ff\u00fe{\u0000}\u0000", "request-invalid"),
    };

    public static TheoryData<string> Kinds { get; } = [.. Hostile.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_hostile_body_is_refused_on_every_route_that_writes(string what)
    {
        var (record, expected) = Hostile[what];
        var caller = await cell.NewAccountAsync();
        var thing = await caller.NewAsync(Thing, """{"text":"safe"}""");
        var customer = await caller.NewAsync(Customer, """{"code":"K","name":"safe"}""");
        var invalid = expected == "request-invalid";
        await RefusedAsync(caller, "POST", $"/v1/objects/{Thing}/records", record, expected, what);
        await RefusedAsync(caller, "PATCH", $"/v1/records/{thing}", record, expected, what);
        if (invalid)
            await RefusedAsync(caller, "PUT", $"/v1/objects/{Customer}/records/by/code/K", record, expected, what);
        var batch = $$"""{"operations":[{"op":"create","object":"{{Thing}}","record":""" + record + "}]}";
        if (invalid) await RefusedAsync(caller, "POST", "/v1/batch", batch, expected, what);
        else
        {
            var reply = await SendAsync(caller, "POST", "/v1/batch", batch);
            var result = reply.Expect(HttpStatusCode.OK).Json.GetProperty("results")[0];
            Assert.Equal(422, result.GetProperty("status").GetInt32());
            var error = Assert.Single(result.GetProperty("problem").GetProperty("errors").EnumerateArray());
            Assert.Equal("/operations/0/record" + expected,
                $"{error.GetProperty("pointer").GetString()} {error.GetProperty("code").GetString()}");
        }
        Assert.Equal("safe", (await caller.GetAsync("/v1/records/" + thing)).Text("text"));
        Assert.Equal("1", (await caller.GetAsync("/v1/records/" + customer)).Raw("version"));
        Assert.Equal([2L], await cell.AskAsync<long>(
            "select count(*) from records.changes where org_id = $1", caller.Org));
    }

    [Theory]
    [InlineData("%00", 400, null)] // the server itself
    [InlineData("%FF", 400, "request-invalid")]
    [InlineData("a%C3", 400, "request-invalid")]
    [InlineData("%ED%A0%80", 400, "request-invalid")]
    [InlineData("%zz", 400, "request-invalid")]
    [InlineData("12345678901", 422, "record-invalid")]
    public async Task A_hostile_address_is_refused(string value, int status, string? slug)
    {
        var caller = await cell.NewAccountAsync();
        var head = await RawAsync($"PUT /v1/objects/{Customer}/records/by/code/{value} HTTP/1.1", caller,
            "Content-Type: application/json\r\nContent-Length: 12", """{"name":"a"}""");
        Assert.StartsWith($"HTTP/1.1 {status} ", head);
        if (slug is not null) Assert.Contains("/problems/" + slug, head, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("too short", true)]
    [InlineData("not-an-id", true)]
    [InlineData("000000000000000", true)]
    [InlineData("zzzzzzzzzzzzzzzzzz", true)]
    [InlineData("", false)]
    public async Task An_id_of_no_form_is_an_id_that_never_was(string id, bool named)
    {
        var caller = await cell.NewAccountAsync();
        var customer = await caller.NewAsync(Customer, """{"name":"Ada"}""");
        var forms = named ? [id] : new[]
        {
            customer[..14], customer[..16], customer[..17], customer + "A", customer[..15] + "???",
            customer[..15] + customer[15..].ToLowerInvariant() + "x", customer[..14] + "-", customer.Replace('0', 'é'),
            " " + customer[..14],
        };
        foreach (var form in forms)
        {
            (await caller.PatchAsync("/v1/records/" + Uri.EscapeDataString(form), "{}"))
                .Expect(HttpStatusCode.NotFound, "not-found");
            Assert.Equal(["/boss reference-not-found"],
                (await caller.PatchAsync("/v1/records/" + customer, $$"""{"boss":"{{form}}"}""")).Errors);
            var results = (await caller.PostAsync("/v1/batch", $$"""
                {"atomic":false,"operations":[{"op":"update","id":"{{form}}","record":{} },
                 {"op":"delete","id":"{{form}}"}]}
                """)).Expect(HttpStatusCode.OK).Json.GetProperty("results");
            Assert.All(results.EnumerateArray(), result => Assert.Equal(404, result.GetProperty("status").GetInt32()));
        }
    }

    [Theory]
    [InlineData("\"0\"")]
    [InlineData("\"2\"")]
    [InlineData("1")]
    [InlineData("W/\"1\"")]
    [InlineData("\"1")]
    [InlineData("\"99999999999999999999\", \"-1\"")]
    public async Task A_stale_or_broken_tag_changes_nothing(string tag)
    {
        var caller = await cell.NewAccountAsync();
        var id = await caller.NewAsync(Customer, """{"name":"Ada"}""");
        (await caller.PatchAsync("/v1/records/" + id, """{"name":"Eve"}""", ("If-Match", tag)))
            .Expect(HttpStatusCode.PreconditionFailed, "version-mismatch");
        (await caller.DeleteAsync("/v1/records/" + id, ("If-Match", tag)))
            .Expect(HttpStatusCode.PreconditionFailed, "version-mismatch");
        Assert.Equal("Ada", (await caller.GetAsync("/v1/records/" + id)).Text("name"));
    }

    [Fact]
    public async Task A_body_that_lies_about_its_length_writes_nothing()
    {
        var caller = await cell.NewAccountAsync();
        var post = $"POST /v1/objects/{Customer}/records HTTP/1.1";
        const string Type = "Content-Type: application/json\r\n";
        // It promises more than it sends, and hangs up; it promises more than anybody may send.
        await RawAsync(post, caller, Type + "Content-Length: 4000000", """{"name":"short"}""", hangUp: true);
        Assert.StartsWith("HTTP/1.1 413 ", await RawAsync(post, caller, Type + "Content-Length: 4000001", "{"));
        // It sends more than it promises: what is behind is another request, and none.
        var half = await RawAsync(post, caller, Type + "Content-Length: 5", """{"name":"long"}""");
        Assert.StartsWith("HTTP/1.1 400 ", half);
        Assert.StartsWith("HTTP/1.1 400 ",
            await RawAsync(post, caller, Type + "Transfer-Encoding: chunked", "zz\r\n{}\r\n0\r\n\r\n"));
        Assert.Equal([0L], await cell.AskAsync<long>(
            "select count(*) from records.records where org_id = $1", caller.Org));
    }

    [Fact]
    public async Task A_header_that_is_no_text_breaks_nothing()
    {
        var caller = await cell.NewAccountAsync();
        var id = await caller.NewAsync(Customer, """{"name":"Ada"}""");
        foreach (var header in new[] { "If-Match: \u00ff", "traceparent: 00-\u00ff", "Content-Language: \u00ff" })
        {
            var head = await RawAsync($"PATCH /v1/records/{id}?x=%ff HTTP/1.1", caller,
                $"Content-Type: application/json\r\nContent-Length: 2\r\n{header}", "{}");
            Assert.Matches("^HTTP/1.1 (200|400|412) ", head);
        }
        Assert.Equal("1", (await caller.GetAsync("/v1/records/" + id)).Raw("version"));
    }

    [Fact]
    public async Task A_body_of_half_a_million_names_is_answered_in_bounds()
    {
        var caller = await cell.NewAccountAsync();
        var names = string.Join(',', Enumerable.Range(0, 350_000).Select(i => $"\"{i:x}\":1"));
        var reply = (await caller.PostAsync($"/v1/objects/{Thing}/records", $"{{{names}}}"))
            .Expect(HttpStatusCode.UnprocessableEntity, "record-invalid");
        Assert.Equal(1000, reply.Errors.Count);
        var fewer = string.Join(',', Enumerable.Range(0, 900).Select(i => $"\"{i:x}\":1"));
        var operation = "{\"op\":\"create\",\"object\":\"" + Thing + "\",\"record\":{" + fewer + "}}";
        var batch = (await caller.PostAsync("/v1/batch",
            $$"""{"operations":[{{string.Join(',', Enumerable.Repeat(operation, 400))}}]}"""))
                .Expect(HttpStatusCode.OK);
        Assert.InRange(batch.Body.Length, 1, 20_000_000);
    }

    private static async Task RefusedAsync(
        RecordsCaller caller, string method, string path, string body, string expected, string what)
    {
        var reply = await SendAsync(caller, method, path, body);
        if (expected == "request-invalid") reply.Expect(HttpStatusCode.BadRequest, expected);
        else Assert.Equal([expected], reply.Expect(HttpStatusCode.UnprocessableEntity, "record-invalid").Errors);
        foreach (var word in new[] { "Exception", "   at ", "Npgsql", "System." })
            Assert.False(reply.Body.Contains(word, StringComparison.Ordinal), what);
    }

    private static Task<RecordsReply> SendAsync(RecordsCaller caller, string method, string path, string body)
    {
        var content = new ByteArrayContent(Encoding.Latin1.GetBytes(body));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return caller.SendAsync(method, path, content);
    }

    /// <summary>Writes a request byte by byte and gives back what came until the connection ended.</summary>
    private static async Task<string> RawAsync(
        string line, RecordsCaller caller, string headers, string body, bool hangUp = false)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(caller.Address.Host, caller.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(
            $"{line}\r\nHost: records\r\nConnection: close\r\n{ContextSigner.Header}: {caller.Sign()}\r\n"
            + $"{headers}\r\n\r\n{body}"));
        if (hangUp)
        {
            client.Client.Shutdown(SocketShutdown.Send);
        }
        using var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer);
        }
        catch (IOException)
        {
            // It ended the connection while there was more of the request.
        }
        return Encoding.UTF8.GetString(answer.ToArray());
    }
}
