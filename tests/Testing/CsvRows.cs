using CsvHelper;

namespace Xingchen.Testing;

/// <summary>The rows of a CSV text by column, as a test compares them.</summary>
public static class CsvRows
{
    public static IReadOnlyList<IReadOnlyDictionary<string, string>> Read(string text)
    {
        using var csv = CsvReader.FromText(text, new CsvReaderOptions { HasHeader = true });
        var rows = new List<IReadOnlyDictionary<string, string>>();
        while (csv.Read())
            rows.Add(csv.Headers.Select((column, i) => (column, Value: csv.GetString(i)))
                .ToDictionary(cell => cell.column, cell => cell.Value));
        return rows;
    }
}
