using System.Text;

namespace Xingchen.Cli;

/// <summary>A food trader's books of the size of Northwind, made up: the same at every call, byte for byte.</summary>
/// <remarks>8 categories, 29 suppliers, 77 products, 91 customers, 9 employees, 830 orders with 2,155 lines.</remarks>
internal static class DemoData
{
    public const int Orders = 830;
    public const int Lines = 2155;

    private static readonly string[] Categories =
        ["Teas", "Spices", "Sweets", "Cheese", "Grains", "Fruit", "Fish", "Pickles"];
    private static readonly string[] Things =
        ["Jasmine", "Cardamom", "Quince", "Gouda", "Barley", "Apricot", "Herring", "Radish", "Saffron", "Nougat",
            "Comté"];
    private static readonly string[] Forms = ["Classic", "Reserve", "Öko", "Petit", "Grande", "Nº 7", "特级"];
    private static readonly (string City, string Country, string Ending)[] Places =
    [
        ("Lyon", "France", "et Fils"), ("Köln", "Germany", "GmbH"), ("Málaga", "Spain", "S.L."),
        ("Århus", "Denmark", "ApS"),
        ("Kraków", "Poland", "sp. z o.o."), ("São Paulo", "Brazil", "Ltda."), ("Leeds", "UK", "Ltd"),
        ("杭州", "China", "有限公司"),
        ("Porto", "Portugal", "Lda."), ("Boston", "USA", "Inc."), ("Zürich", "Switzerland", "AG"),
    ];
    private static readonly string[] Houses =
        ["Amber", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Garnet", "Harbor", "Iris", "Juniper", "Kestrel",
            "Linden", "Maple"];

    /// <summary>What to import, in the order that references ask for. <c>By</c> is the unique field, or null where rows
    /// have none.</summary>
    public static IEnumerable<(string Object, string? By, string Csv)> Files()
    {
        yield return ("Category", "categoryID", Csv("categoryID,categoryName,description", 8,
            i => $"{i},{Categories[i - 1]},\"{Categories[i - 1]}, loose and packed\""));
        yield return ("Region", "regionID",
            Csv("regionID,regionDescription", 4, i => $"{i},{(new[] { "North", "South", "East", "West" })[i - 1]}"));
        yield return ("Territory", "territoryID", Csv("territoryID,territoryDescription,region.regionID", 53,
            i => $"T{i:00},{Houses[i % Houses.Length]} {i},{1 + i % 4}"));
        yield return ("Shipper", "shipperID",
            Csv("shipperID,companyName,phone", 3, i => $"{i},{Houses[i + 4]} Freight,+49 221 555-{i:0000}"));
        yield return ("Supplier", "supplierID", Csv("supplierID,companyName,contactName,city,country,phone", 29, i =>
            $"{i},{Company(i * 7)},{Person(i)},{Places[i % 11].City},{Places[i % 11].Country},+33 4 55 {i:00} 00"));
        yield return ("Customer", "customerID",
            Csv("customerID,companyName,contactName,city,region,country,phone", 91, i =>
            $"{CustomerCode(i)},{Company(i)},{Person(i * 3)},{Places[i % 11].City},,"
            + $"{Places[i % 11].Country},+44 20 7946 0{i:000}"));
        yield return ("Employee", "employeeID",
            Csv("employeeID,lastName,firstName,title,hireDate,reportsTo.employeeID", 9, i =>
            $"{i},{Houses[i]},{Person(i).Split(' ')[0]},{(i == 1 ? "Sales Manager" : "Sales Representative")},"
            + $"{2020 + i % 4}-0{1 + i % 9}-01,{(i == 1 ? "" : "1")}"));
        yield return ("EmployeeTerritory", null,
            Csv("employee.employeeID,territory.territoryID", 49, i => $"{1 + i % 9},T{i:00}"));
        yield return ("Product", "productID", Csv(
            "productID,productName,supplier.supplierID,category.categoryID,quantityPerUnit,unitPrice,unitsInStock,"
            + "unitsOnOrder,reorderLevel,discontinued",
            77, i => $"{i},{Things[i % 11]} {Forms[i / 11 % 7]},{1 + i * 5 % 29},{1 + i % 8},{6 + i % 18} x "
            + $"{100 + i * 10} g,{Price(i)},{i * 13 % 120},{i % 4 * 10},{i % 6 * 5},"
            + (i % 11 == 0 ? "true" : "false")));
        yield return ("Order", "orderID", Csv(
            "orderID,customer.customerID,employee.employeeID,orderDate,requiredDate,shippedDate,"
            + "shipVia.shipperID,freight,shipName,shipCity,shipCountry",
            Orders, Order));
        yield return ("OrderDetail", null,
            Csv("order.orderID,product.productID,unitPrice,quantity,discount", Lines, Line));
    }

    private static string Order(int i)
    {
        var customer = 1 + i * 37 % 91;
        var ordered = new DateOnly(2024, 1, 2).AddDays(i * 7 / 8);
        var shipped = i % 40 == 0 ? "" : $"{ordered.AddDays(1 + i % 9):yyyy-MM-dd}";
        var (city, country, _) = Places[customer % 11];
        return $"{10000 + i},{CustomerCode(customer)},{1 + i % 9},{ordered:yyyy-MM-dd},"
            + $"{ordered.AddDays(28):yyyy-MM-dd},{shipped},{1 + i % 3},{i * 31 % 9000 / 100m:0.00},"
            + $"{Company(customer)},{city},{country}";
    }

    private static string Line(int i)
    {
        var product = 1 + i * 29 % 77;
        var discount = (i % 10) switch { 0 => "0.25", 3 => "0.1", 7 => "0.05", _ => "0" };
        return $"{10001 + (i - 1) % Orders},{product},{Price(product)},{1 + i * 17 % 60},{discount}";
    }

    private static string Price(int product) => $"{2.5m + product * 83 % 970 / 10m:0.00}";

    private static string CustomerCode(int i) =>
        string.Concat(Houses[i % 13][..3].ToUpperInvariant(), (char)('A' + i / 26), (char)('A' + i % 26));

    private static string Company(int i) =>
        $"{Houses[i % 13]} & {Houses[(i / 13 + i + 1) % 13]} {Places[i % 11].Ending}";

    private static string Person(int i) =>
        (new[] { "Ana", "Björn", "Chloé", "Dmitri", "Elif", "Farid", "Grażyna", "Hao" })[i % 8] + " "
        + (new[] { "Okafor", "Lindqvist", "Núñez", "Weiß", "王", "Sørensen", "Rossi" })[i % 7];

    private static string Csv(string header, int count, Func<int, string> row)
    {
        var text = new StringBuilder(header).Append('\n');
        for (var i = 1; i <= count; i++) text.Append(row(i)).Append('\n');
        return text.ToString();
    }
}
