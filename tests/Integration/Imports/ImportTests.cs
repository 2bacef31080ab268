using System.Net;
using System.Text;
using Xingchen.Tests.Integration.Records;

namespace Xingchen.Tests.Integration.Imports;

/// <summary>What files become: CSV and NDJSON, insert and upsert, row by row.</summary>
public sealed class ImportTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private const string Insert = $"object={ShopPackage.Customer}";
    private const string Upsert = $"object={ShopPackage.Customer}&mode=upsert&by=code";

    [Fact]
    public async Task Quotes_line_ends_and_marks_of_csv_are_read_and_lines_are_counted()
    {
        var shop = await cell.NewAccountAsync();
        var done = await shop.ImportAsync(Insert,
            "\uFEFFcode,name\r\nA,\"two\nlines, one \"\"row\"\"\"\r\nB,\r\n\r\nC,星辰\r\nD,x,y\r\nE,last");
        Assert.Equal("completed 5 3 2", done.Counts);
        Assert.Equal(["4 required", "7 field-count"], done.Lines);
        var all = await shop.AllAsync(ShopPackage.Customer, "code");
        Assert.Equal("two\nlines, one \"row\"", all["A"].GetProperty("name").GetString());
        Assert.Equal("星辰", all["C"].GetProperty("name").GetString());
        Assert.True(all.ContainsKey("E"));
    }

    [Fact]
    public async Task Everything_wrong_with_a_row_is_told_and_the_others_are_written()
    {
        var shop = await cell.NewAccountAsync();
        var done = await shop.ImportAsync($"object={ShopPackage.Order}",
            "customer.code,status,at\nnobody,gone,never\n");
        Assert.Equal("completed 1 0 1", done.Counts);
        foreach (var name in new[] { "customer.code:", "status:", "at:" }) Assert.Contains(name, done.Detail(0));
        Assert.DoesNotContain("required", done.Detail(0));
    }

    [Fact]
    public async Task Text_that_is_no_text_fails_its_row_only()
    {
        var shop = await cell.NewAccountAsync();
        byte[] body = [.. "code,name\nA,a\nB,"u8, 0xC3, 0x28, .. "\nC,x\0y\nD,d\n"u8];
        var done = await shop.EndAsync((await shop.UploadAsync(Insert, body)).Expect(HttpStatusCode.Accepted)
            .Text("id"));
        Assert.Equal("completed 4 2 2", done.Counts);
        Assert.Equal(["3 invalid-utf8", "4 text-invalid"], done.Lines);
    }

    [Fact]
    public async Task Json_lines_that_are_no_records_fail_alone()
    {
        var shop = await cell.NewAccountAsync();
        var deep = new string('[', 63) + new string(']', 63);
        byte[] body =
        [
            .. Encoding.UTF8.GetBytes("\uFEFF{\"code\":\"A\",\"name\":\"a\"}\r\n\n[1]\n{\"code\":\"B\""
                + ",\"name\":\"\\ud800\"}\n{\"name\":\"b\",\"name\":\"c\"}\n{\"name\":"),
            .. new byte[] { (byte)'"', 0xC3, 0x28, (byte)'"' }, .. "}\n"u8,
            .. Encoding.UTF8.GetBytes($"{{\"name\":{deep}}}\n{{\"name\":\"\\u0000\",\"no\":1}}\n"
                + "{\"name\":\"last\",\"boss.code\":null}"),
        ];
        var done = await shop.EndAsync((await shop.UploadAsync(Insert, body, ImportCalls.Lines))
            .Expect(HttpStatusCode.Accepted).Text("id"));
        Assert.Equal(
            ["3 malformed-json", "4 malformed-json", "5 malformed-json", "6 malformed-json", "7 type-mismatch",
                "8 text-invalid"], done.Lines);
        Assert.Contains("no:", done.Detail(5));
        Assert.Equal("completed 8 2 6", done.Counts);
    }

    [Fact]
    public async Task A_line_that_is_too_long_is_read_over()
    {
        var shop = await cell.NewAccountAsync();
        var done = await shop.ImportAsync(Insert,
            "{\"name\":\"" + new string('x', 9_000_000) + "\"}\n{\"name\":\"after\"}\n", ImportCalls.Lines);
        Assert.Equal(["1 too-long"], done.Lines);
        Assert.Equal("completed 2 1 1", done.Counts);
    }

    [Fact]
    public async Task Children_and_references_by_a_unique_field_travel_in_json_lines()
    {
        var shop = await cell.NewAccountAsync();
        await shop.NewAsync(ShopPackage.Customer, """{"code":"A","name":"a"}""");
        var done = await shop.ImportAsync($"object={ShopPackage.Order}", """
            {"customer.code":"A","lines":[{"product":"p","sku":"1"},{"product":"q","sku":"2"}]}
            {"customer.code":"A","lines":[{"product":"p","sku":"3"},{"product":"q","sku":"3"}]}
            {"customer.code":null}
            {"customer.code":"A","customer":null}
            """, ImportCalls.Lines);
        Assert.Equal(["2 value-taken", "3 required", "4 duplicate-column"], done.Lines);
        Assert.Equal(2, (await shop.AllAsync(ShopPackage.Line, "sku")).Count);
    }

    [Fact]
    public async Task References_to_the_same_object_are_found_forward_and_over_chunks()
    {
        var shop = await cell.NewAccountAsync();
        var file = new StringBuilder("code,name,boss.code\n");
        // each below the next
        for (var i = 0; i < 1_200; i++) file.Append($"R{i},n,{(i == 1_199 ? "" : $"R{i + 1}")}\n");
        file.Append("X,x,Y\nY,y,X\nZ,z,nobody\n"); // a circle, and one that never comes
        var done = await shop.ImportAsync(Insert, file.ToString());
        Assert.Equal("completed 1203 1200 3", done.Counts);
        Assert.All(done.Failures, failure =>
            Assert.Equal("reference-not-found", failure.GetProperty("code").GetString()));
        var all = await shop.AllAsync(ShopPackage.Customer, "code");
        Assert.Equal(all["R1"].GetProperty("id").GetString(), all["R0"].GetProperty("boss").GetString());
    }

    [Fact]
    public async Task An_upsert_changes_the_columns_it_has_and_the_last_row_of_a_record_wins()
    {
        var shop = await cell.NewAccountAsync();
        var boss = await shop.NewAsync(ShopPackage.Customer, """{"code":"B","name":"boss"}""");
        var old = await shop.NewAsync(ShopPackage.Customer, $$"""{"code":"A","name":"old","boss":"{{boss}}"}""");
        var file = new StringBuilder("code,name\nA,first\nN,new\nA,second\n");
        for (var i = 0; i < 1_000; i++) file.Append($"A,{i}\n");
        file.Append(",none\nA,\n");
        var done = await shop.ImportAsync(Upsert, file.ToString());
        Assert.Equal("completed 1005 1003 2", done.Counts);
        Assert.Equal(["1005 required", "1006 required"], done.Lines);
        var record = (await shop.GetAsync($"/v1/records/{old}")).Expect(HttpStatusCode.OK);
        Assert.Equal("999", record.Text("name"));
        Assert.Equal(boss, record.Text("boss"));
        Assert.Equal(1 + 1_002, record.Json.GetProperty("version").GetInt64());
        Assert.Equal(1_003, (await cell.AskAsync<long>(
            "select count(*) from records.changes where org_id = $1 and record_id = "
            + "(select record_id from records.unique_values where org_id = $1 and value = 'A')", shop.Org))[0]);
    }

    [Fact]
    public async Task A_row_that_fails_takes_and_frees_no_unique_value()
    {
        var shop = await cell.NewAccountAsync();
        foreach (var sku in new[] { "1", "2" })
            await shop.ImportAsync($"object={ShopPackage.Customer}", $"code,name\n{sku},n{sku}\n");
        // The second row's name is missing; the third may have its code. The fourth comes too late.
        var done = await shop.ImportAsync(Insert, "code,name\n1,taken\n3,\n3,third\n3,fourth\n");
        Assert.Equal("completed 4 1 3", done.Counts);
        Assert.Equal(["2 value-taken", "3 required", "5 value-taken"], done.Lines);
        var all = await shop.AllAsync(ShopPackage.Customer, "code");
        Assert.Equal("third", all["3"].GetProperty("name").GetString());
    }
}
