using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Xingchen.Tests.Integration.Records;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.Query;

/// <summary>Queries that were never meant well: each gets a clear problem or its answer, and the service keeps its
/// memory.</summary>
public sealed class QueryHostileTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private const string From = $"SELECT name FROM {Customer} WHERE ";
    private const string None = $"SELECT name FROM {Customer}";

    private static string Repeat(string text, int times) => string.Concat(Enumerable.Repeat(text, times));

    private static string Body(string text, string parameters = "{}") =>
        $$"""{"q":{{JsonSerializer.Serialize(text)}},"params":{{parameters}}}""";

    private static string In(int values) =>
        From + "name IN (" + string.Join(",", Enumerable.Range(0, values).Select(i => $"'{i}'")) + ")";

    private static string Values(int count) =>
        $$"""{"a":[{{string.Join(",", Enumerable.Range(0, count).Select(i => $"\"{i}\""))}}]}""";

    /// <summary>Name, body, and the problem that it gets; null where it is right.</summary>
    private static IEnumerable<(string Name, string Body, string? Problem)> Sizes()
    {
        const string Refused = "query-invalid";
        yield return ("too long", Body(From + "name = '" + new string('x', 100_000) + "'"), Refused);
        yield return ("ten thousand values", Body(In(10_000)), null);
        yield return ("ten thousand and one", Body(In(10_001)), Refused);
        yield return ("ten thousand in a parameter", Body(From + "name IN :a", Values(10_000)), null);
        yield return ("ten thousand and one there", Body(From + "name IN :a", Values(10_001)), Refused);
        yield return ("parentheses", Body(From + new string('(', 40_000) + "name = 'x'"), Refused);
        yield return ("NOT", Body(From + Repeat("NOT ", 20_000) + "name = 'x'"), Refused);
        yield return ("signs", Body($"SELECT {Repeat(" -", 30_000)}version FROM {Customer}"), Refused);
        yield return ("sums", Body($"SELECT version{Repeat(" + 1", 20_000)} FROM {Customer}"), Refused);
        yield return ("terms", Body(From + "name = 'x'" + Repeat(" OR name = 'x'", 6_000)), Refused);
        yield return ("selects", Body(Repeat($"SELECT id FROM {Customer} WHERE id IN (", 2_000)), Refused);
        yield return ("deep params", Body(From + "name = :a", """{"a":""" + Repeat("[", 40) + Repeat("]", 40) + "}"),
            "request-invalid");
        yield return ("digits", Body(From + "version > " + new string('9', 5_000)), Refused);
        yield return ("digits in a parameter", Body(From + "version > :a", $$"""{"a":{{new string('9', 5_000)}}}"""),
            Refused);
        yield return ("exponent", Body(From + "version > :a", """{"a":1e999999}"""), Refused);
        yield return ("great but right", Body(From + "version < " + new string('9', 90)), null);
        yield return ("wildcards", Body(From + $"name LIKE '{Repeat("%a", 10_000)}'"), null);
        yield return ("wildcards alone", Body(From + $"name LIKE '{Repeat("%_", 10_000)}%'"), null);
        yield return ("a great limit", Body(None + " LIMIT 2147483647"), null);
        yield return ("no limit", Body(None + " LIMIT 2147483648"), Refused);
        yield return ("division", Body($"SELECT version / 0 AS x, 1 / 0 AS y FROM {Customer} ORDER BY version / 0"),
            null);
        yield return ("products", Body("SELECT " + Repeat("9999999999 * ", 40) + $"version AS x FROM {Customer}"),
            null);
    }

    /// <inheritdoc cref="Sizes"/>
    private static IEnumerable<(string Name, string Body, string? Problem)> Texts()
    {
        yield return ("NUL in a text", Body(From + "name = 'a\0b'"), "query-invalid");
        yield return ("NUL in a parameter", Body(From + "name = :a", """{"a":"a\u0000b"}"""), "query-invalid");
        yield return ("NUL in a name", Body("SELECT \"na\0me\" FROM " + Customer), "query-invalid");
        yield return ("half a pair", """{"q":"SELECT name FROM shop__Customer WHERE name = '\ud800'"}""",
            "request-invalid");
        yield return ("half a pair as value", Body(From + "name = :a", """{"a":"\ud800"}"""), "query-invalid");
        yield return ("half a pair as name", Body(From + "name = :a", """{"\ud800":1}"""), "request-invalid");
        yield return ("half a pair as member", """{"\ud800":1}""", "request-invalid");
        yield return ("a lone backslash", Body(From + "name LIKE 'a\\'"), null);
        yield return ("unicode names", Body("SELECT \"имя\", \"名\" FROM \"对象\""), "query-invalid");
        yield return ("injection", Body(From + "name = '''; drop table records.records; --'"), null);
        yield return ("twice", """{"q":"SELECT id FROM shop__Customer","q":"x"}""", "request-invalid");
    }

    [Fact]
    public async Task Each_gets_a_clear_problem_or_its_answer_and_memory_is_kept()
    {
        var caller = await cell.NewAccountAsync();
        await caller.NewAsync(Customer, $$"""{"code":"c","name":"{{new string('a', 40)}}"}""");
        await RoundAsync(caller);
        await RoundAsync(caller);
        var before = Memory();
        for (var round = 0; round < 5; round++) await RoundAsync(caller);
        var grown = Memory() - before;
        TestContext.Current.TestOutputHelper?.WriteLine($"{before:N0} bytes, then {grown:N0} more");
        Assert.True(grown < 150_000_000, $"{grown:N0} bytes more than before");
    }

    private static async Task RoundAsync(RecordsCaller caller)
    {
        var wrong = new List<string>();
        foreach (var (name, body, problem) in Sizes().Concat(Texts()))
        {
            var reply = await caller.PostAsync("/v1/query", body);
            var said = reply.Status == HttpStatusCode.OK ? null : reply.Text("type").Split('/')[^1];
            if (said != problem || reply.Body.Contains("Npgsql", StringComparison.OrdinalIgnoreCase)
                || problem is not null && reply.Body.Length > 20_000)
                wrong.Add($"{name}: {(int)reply.Status} {reply.Body[..Math.Min(300, reply.Body.Length)]}");
        }
        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("/v1/query?q=SELECT%20name%20FROM%20shop__Customer%20WHERE%20name%20%3D%20'%FF'", "request-invalid")]
    [InlineData("/v1/query?q=%C3%28", "request-invalid")]
    [InlineData("/v1/query?q=%ED%A0%80", "request-invalid")]
    [InlineData("/v1/query?q=SELECT%20name%20FROM%20shop__Customer%20WHERE%20name%20%3D%20'%00'", "query-invalid")]
    [InlineData("/v1/query", "request-invalid")]
    [InlineData("/v1/query?q=x&q=y", "request-invalid")]
    [InlineData("/v1/query?q=x&quiet=1", "request-invalid")]
    [InlineData("/v1/query?q=x&explain=perhaps", "request-invalid")]
    [InlineData("/v1/objects/shop__Customer/records?filter=name%20%3D%20'%FE'", "request-invalid")]
    [InlineData("/v1/objects/shop__Customer/records?limit=0", "request-invalid")]
    [InlineData("/v1/objects/shop__Customer/records?limit=2001", "request-invalid")]
    public async Task An_address_that_is_no_query_is_refused(string path, string problem)
    {
        var caller = await cell.NewAccountAsync();
        (await caller.GetAsync(path)).Expect(HttpStatusCode.BadRequest, problem);
    }

    [Fact]
    public async Task A_body_that_is_no_text_is_refused()
    {
        var caller = await cell.NewAccountAsync();
        foreach (var bytes in new byte[][]
        {
            [.. "{\"q\":\"SELECT name FROM shop__Customer WHERE name = '"u8, 0xFF, 0xFE, .. "'\"}"u8],
            [.. "{\"q\":\"x\",\"params\":{\""u8, 0xC3, 0x28, .. "\":1}}"u8],
            [.. "[]"u8], [.. "null"u8], [.. "{"u8], [], [0xEF, 0xBB, 0xBF, 0x00],
        })
        {
            using var content = new ByteArrayContent(bytes);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            (await caller.SendAsync("POST", "/v1/query", content)).Expect(HttpStatusCode.BadRequest, "request-invalid");
        }
        (await caller.SendAsync("POST", "/v1/query", "q=x", "application/x-www-form-urlencoded"))
            .Expect(HttpStatusCode.UnsupportedMediaType);
    }

    /// <summary>Bytes that the service holds in memory.</summary>
    private long Memory()
    {
        var line = File.ReadLines($"/proc/{cell.ProcessId}/status", Encoding.ASCII).First(line =>
            line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture)
            * 1024;
    }
}
