using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;
using Xingchen.Testing;
using Xingchen.Testing.Http;

namespace Xingchen.Tests.EndToEnd;

/// <summary>An installation with Northwind loaded from its CSV files by <c>xingchen import</c>.</summary>
public sealed class NorthwindFixture(HostFixture host) : IAsyncLifetime
{
    private readonly Dictionary<string, IReadOnlyList<IReadOnlyDictionary<string, string>>> rows = [];

    /// <summary>File, object, and the columns that name a reference by a unique field of its target.</summary>
    public static readonly IReadOnlyList<(string File, string Object, (string Column, string Path)[] References)> Tables =
    [
        ("categories", "Category", []), ("regions", "Region", []), ("shippers", "Shipper", []),
        ("suppliers", "Supplier", []), ("customers", "Customer", []),
        ("employees", "Employee", [("reportsTo", "reportsTo.employeeID")]),
        ("territories", "Territory", [("regionID", "region.regionID")]),
        ("employee-territories", "EmployeeTerritory", [("employeeID", "employee.employeeID"), ("territoryID", "territory.territoryID")]),
        ("products", "Product", [("supplierID", "supplier.supplierID"), ("categoryID", "category.categoryID")]),
        ("orders", "Order", [("customerID", "customer.customerID"), ("employeeID", "employee.employeeID"), ("shipVia", "shipVia.shipperID")]),
        ("order-details", "OrderDetail", [("orderID", "order.orderID"), ("productID", "product.productID")]),
    ];

    public ApiCaller Api { get; private set; } = null!;

    public IReadOnlyList<IReadOnlyDictionary<string, string>> Rows(string table) => rows[table];

    public async ValueTask InitializeAsync()
    {
        var folder = Path.Combine(TestData.Require(), "northwind");
        using var @operator = await host.OperatorAsync();
        Api = await @operator.CreateOrgAsync("northwind-trader", "northwind");
        var cli = new CommandLine(Api.Url, Api.ClientId, Api.ClientSecret);
        await cli.RunAsync("push", Path.Combine(host.Root, "metadata/isv/northwind"));
        await cli.RunAsync("release", "northwind@1.0.0");
        await cli.RunAsync("install", "northwind@^1.0.0");
        var scratch = Directory.CreateTempSubdirectory("xingchen-northwind").FullName;
        try
        {
            foreach (var (file, name, references) in Tables)
            {
                var source = Path.Combine(folder, file + ".csv");
                rows[file] = Read(source);
                var copy = Path.Combine(scratch, file + ".csv");
                await WriteWithHeaderAsync(source, copy, references);
                await cli.RunAsync("import", copy, "--object", "northwind__" + name, "--null", "NULL");
            }
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    public ValueTask DisposeAsync()
    {
        Api?.Dispose();
        return ValueTask.CompletedTask;
    }

    private static IReadOnlyList<IReadOnlyDictionary<string, string>> Read(string file)
    {
        using var csv = new CsvReader(new StreamReader(file), new CsvConfiguration(CultureInfo.InvariantCulture));
        csv.Read();
        csv.ReadHeader();
        var list = new List<IReadOnlyDictionary<string, string>>();
        while (csv.Read()) list.Add(csv.HeaderRecord!.ToDictionary(column => column, column => csv.GetField(column)!));
        return list;
    }

    private static async Task WriteWithHeaderAsync(string source, string copy, (string Column, string Path)[] references)
    {
        var text = await File.ReadAllTextAsync(source);
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        var header = text[..end].TrimEnd('\r').Split(',')
            .Select(column => references.FirstOrDefault(reference => reference.Column == column) is { Path: { } path } ? path : column);
        await File.WriteAllTextAsync(copy, string.Join(',', header) + text[end..]);
    }
}
