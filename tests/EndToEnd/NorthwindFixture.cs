using System.Text.RegularExpressions;
using Xingchen.Testing;
using Xingchen.Testing.Http;

namespace Xingchen.Tests.EndToEnd;

/// <summary>An installation with Northwind loaded from its CSV files by <c>xingchen import</c>.</summary>
public sealed partial class NorthwindFixture(HostFixture host) : IAsyncDisposable
{
    private readonly Dictionary<string, IReadOnlyList<IReadOnlyDictionary<string, string>>> rows = [];
    private Task<ApiCaller>? loading;

    /// <summary>File, object, and the columns that name a reference by a unique field of its target.</summary>
    public static readonly
        IReadOnlyList<(string File, string Object, (string Column, string Path)[] References)> Tables =
    [
        ("categories", "Category", []), ("regions", "Region", []), ("shippers", "Shipper", []),
        ("suppliers", "Supplier", []), ("customers", "Customer", []),
        ("employees", "Employee", [("reportsTo", "reportsTo.employeeID")]),
        ("territories", "Territory", [("regionID", "region.regionID")]),
        ("employee-territories", "EmployeeTerritory",
            [("employeeID", "employee.employeeID"), ("territoryID", "territory.territoryID")]),
        ("products", "Product", [("supplierID", "supplier.supplierID"), ("categoryID", "category.categoryID")]),
        ("orders", "Order",
            [("customerID", "customer.customerID"), ("employeeID", "employee.employeeID"),
                ("shipVia", "shipVia.shipperID")]),
        ("order-details", "OrderDetail", [("orderID", "order.orderID"), ("productID", "product.productID")]),
    ];

    /// <summary>The rows of a file that was loaded.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, string>> Rows(string table) => rows[table];

    /// <summary>The trader's client, once everything is loaded; the first test that asks loads it, or is skipped
    /// without the files.</summary>
    public Task<ApiCaller> LoadAsync()
    {
        var folder = TestData.Path("northwind");
        return loading ??= LoadAsync(folder);
    }

    public async ValueTask DisposeAsync()
    {
        if (loading is { IsCompletedSuccessfully: true }) (await loading).Dispose();
    }

    private async Task<ApiCaller> LoadAsync(string folder)
    {
        using var @operator = await host.OperatorAsync();
        var api = await @operator.CreateOrgAsync("northwind-trader", "northwind");
        var cli = new CommandLine(api.Url, api.ClientId, api.ClientSecret);
        await cli.RunAsync("push", Path.Combine(HostProcess.Repository, "metadata/isv/northwind"));
        await cli.RunAsync("release", "northwind@1.0.0");
        await cli.RunAsync("install", "northwind@^1.0.0");
        var scratch = Directory.CreateTempSubdirectory("xingchen-northwind").FullName;
        try
        {
            foreach (var (file, name, references) in Tables)
            {
                var source = Path.Combine(folder, file + ".csv");
                var copy = Path.Combine(scratch, file + ".csv");
                var text = await File.ReadAllTextAsync(source);
                rows[file] = CsvRows.Read(Prepare(text, []));
                await File.WriteAllTextAsync(copy, Prepare(text, references));
                await cli.RunAsync("import", copy, "--object", "northwind__" + name, "--null", "NULL");
            }
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
        return api;
    }

    /// <summary>The file with its header rewritten, and with quotes where the file lacks them.</summary>
    private static string Prepare(string text, (string Column, string Path)[] references)
    {
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        var header = text[..end].TrimEnd('\r').Split(',').Select(column =>
            references.FirstOrDefault(reference => reference.Column == column) is { Path: { } path } ? path : column);
        return string.Join(',', header) + "\n" + Quote(text[(end + 1)..]);
    }

    /// <summary>Three of the files hold names with commas and no quotes at all ("Pavlova, Ltd."): in them a comma that
    /// separates stands before no space.</summary>
    private static string Quote(string text) => text.Contains('"')
        ? text
        : string.Join('\n', text.Split('\n').Select(line => string.Join(',', Separators().Split(line.TrimEnd('\r'))
            .Select(cell => cell.Contains(',') ? $"\"{cell}\"" : cell))));

    [GeneratedRegex(",(?! )", RegexOptions.None, 1000)]
    private static partial Regex Separators();
}
