using System.Globalization;
using System.Text;

namespace Xingchen.Benchmarks.Compare;

/// <summary>The same customers for every side: three of four active, 25 countries, credit limits spread.</summary>
internal static class Rows
{
    public static decimal CreditLimit(int row) => row * 7919L % 100_000 + 0.25m;

    public static object Body(int row) => new
    {
        name = Name(row), code = Code(row), status = Status(row), creditLimit = CreditLimit(row), email = Email(row),
        phone = Phone(row), address = Address(row), city = City(row), country = Country(row),
        customerSince = Since(row),
    };

    /// <summary>Rows with the numbers <paramref name="first"/> and following; no two calls may share a
    /// number.</summary>
    public static string Csv(int first, int count)
    {
        var csv = new StringBuilder("name,code,status,creditLimit,email,phone,address,city,country,customerSince\n");
        for (var row = first; row < first + count; row++)
            csv.Append(CultureInfo.InvariantCulture, $"{Name(row)},{Code(row)},{Status(row)},{CreditLimit(row)},")
                .Append(CultureInfo.InvariantCulture, $"{Email(row)},{Phone(row)},\"{Address(row)}\",{City(row)},")
                .Append(CultureInfo.InvariantCulture, $"{Country(row)},{Since(row)}\n");
        return csv.ToString();
    }

    private static string Name(int row) => $"Customer {row * 7919L % 1_000_003} of {City(row)}";
    private static string Code(int row) => $"C{row}";
    private static string Status(int row) => row % 4 == 0 ? "held" : "active";
    private static string Email(int row) => $"buyer{row}@example.com";
    private static string Phone(int row) => $"+46 8 {row:D7}";
    private static string Address(int row) => $"{row % 200 + 1} Storgatan, Floor {row % 7}";
    private static string City(int row) => $"City {row % 300}";
    private static string Country(int row) => $"Country {row % 25}";
    private static string Since(int row) => new DateOnly(2000 + row % 25, row % 12 + 1, row % 28 + 1)
        .ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
