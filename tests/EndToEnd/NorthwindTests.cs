using System.Globalization;
using Xingchen.Testing.Http;

namespace Xingchen.Tests.EndToEnd;

/// <summary>The real Northwind data, through the command line and the public API, compared with the same computed from
/// the files.</summary>
public sealed class NorthwindTests(NorthwindFixture northwind) : IClassFixture<NorthwindFixture>
{
    [Fact]
    public async Task Every_row_of_every_table_arrives()
    {
        var api = await northwind.LoadAsync();
        foreach (var (table, name, _) in NorthwindFixture.Tables)
        {
            var records = await api.QueryAsync($"SELECT COUNT() FROM northwind__{name}");
            Assert.Equal(northwind.Rows(table).Count, records[0].GetProperty("expr0").GetInt32());
        }
    }

    [Fact]
    public async Task Revenue_is_exact()
    {
        var api = await northwind.LoadAsync();
        var records = await api.QueryAsync(
            "SELECT SUM(unitPrice * quantity * (1 - discount)) AS revenue FROM northwind__OrderDetail");
        Assert.Equal(Revenue(northwind.Rows("order-details")), records[0].GetProperty("revenue").GetDecimal());
        Assert.Equal(1265793.0395m, records[0].GetProperty("revenue").GetDecimal());
    }

    [Fact]
    public async Task Groups_over_two_parents_equal_those_of_the_files()
    {
        var api = await northwind.LoadAsync();
        var country = northwind.Rows("customers").ToDictionary(row => row["customerID"], row => row["country"]);
        var customer = northwind.Rows("orders").ToDictionary(row => row["orderID"], row => row["customerID"]);
        var expected = northwind.Rows("order-details").GroupBy(row => country[customer[row["orderID"]]])
            .ToDictionary(group => group.Key, group => (group.Count(), Revenue(group)));
        var records = await api.QueryAsync("""
            SELECT "order".customer.country AS country, COUNT() AS lines,
                SUM(unitPrice * quantity * (1 - discount)) AS revenue
            FROM northwind__OrderDetail GROUP BY "order".customer.country ORDER BY revenue DESC
            """);
        Assert.Equal(expected, records.ToDictionary(
            record => record.GetProperty("country").GetString()!,
            record => (record.GetProperty("lines").GetInt32(), record.GetProperty("revenue").GetDecimal())));
        Assert.Equal(records.Select(record => record.GetProperty("revenue").GetDecimal()).OrderDescending(),
            records.Select(record => record.GetProperty("revenue").GetDecimal()));
    }

    [Fact]
    public async Task Text_is_as_in_the_file_and_no_value_is_null()
    {
        var api = await northwind.LoadAsync();
        var expected = northwind.Rows("customers")
            .ToDictionary(row => row["customerID"], row => (row["companyName"], row["city"], NullIf(row["region"])));
        var records =
            await api.QueryAsync("SELECT customerID, companyName, city, region FROM northwind__Customer LIMIT 200");
        Assert.Equal(expected, records.ToDictionary(
            record => record.GetProperty("customerID").GetString()!,
            record => (record.GetProperty("companyName").GetString()!, record.GetProperty("city").GetString()!,
                record.GetProperty("region").GetString())));
        var without = await api.QueryAsync("SELECT COUNT() FROM northwind__Customer WHERE region = NULL");
        Assert.Equal(expected.Values.Count(value => value.Item3 is null), without[0].GetProperty("expr0").GetInt32());
    }

    [Fact]
    public async Task A_reference_to_the_same_object_is_followed()
    {
        var api = await northwind.LoadAsync();
        var byId = northwind.Rows("employees").ToDictionary(row => row["employeeID"]);
        var expected = byId.Values.ToDictionary(row => row["lastName"], row => NullIf(row["reportsTo"]) is { } boss
            ? byId[boss]["lastName"] : null);
        var records = await api.QueryAsync("SELECT lastName, reportsTo.lastName FROM northwind__Employee");
        Assert.Equal(expected, records.ToDictionary(
            record => record.GetProperty("lastName").GetString()!,
            record => record.GetProperty("reportsTo") is { ValueKind: System.Text.Json.JsonValueKind.Object } boss
                ? boss.GetProperty("lastName").GetString() : null));
    }

    [Fact]
    public async Task An_order_brings_its_lines()
    {
        var api = await northwind.LoadAsync();
        var lines = northwind.Rows("order-details").Where(row => row["orderID"] == "10248").ToList();
        var found = await api.QueryAsync("SELECT id FROM northwind__Order WHERE orderID = 10248");
        var order = (await api.GetAsync($"/v1/records/{found[0].GetProperty("id").GetString()}?expand=lines"))
            .Expect(System.Net.HttpStatusCode.OK).Json;
        Assert.Equal("1996-07-04", order.GetProperty("orderDate").GetString());
        Assert.Equal(lines.Select(row => decimal.Parse(row["unitPrice"], CultureInfo.InvariantCulture)).Order(),
            order.GetProperty("lines").EnumerateArray().Select(line => line.GetProperty("unitPrice").GetDecimal())
                .Order());
    }

    private static decimal Revenue(IEnumerable<IReadOnlyDictionary<string, string>> lines) => lines.Sum(row =>
        Number(row["unitPrice"]) * Number(row["quantity"]) * (1 - Number(row["discount"])));

    private static decimal Number(string text) => decimal.Parse(text, CultureInfo.InvariantCulture);

    private static string? NullIf(string text) => text == "NULL" ? null : text;
}
