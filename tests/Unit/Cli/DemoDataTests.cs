using Xingchen.Cli;
using Xingchen.Testing;

namespace Xingchen.Tests.Unit.Cli;

public sealed class DemoDataTests
{
    private static readonly Dictionary<string, IReadOnlyList<IReadOnlyDictionary<string, string>>> Tables =
        DemoData.Files().ToDictionary(file => file.Object, file => CsvRows.Read(file.Csv));

    [Fact]
    public void Has_the_size_of_northwind()
    {
        Assert.Equal(11, Tables.Count);
        Assert.Equal(830, Tables["Order"].Count);
        Assert.Equal(2155, Tables["OrderDetail"].Count);
        Assert.Equal(91, Tables["Customer"].Count);
        Assert.Equal(77, Tables["Product"].Count);
    }

    [Fact]
    public void Keys_are_unique()
    {
        foreach (var (name, by, _) in DemoData.Files().Where(file => file.By is not null))
            Assert.Equal(Tables[name].Count, Tables[name].Select(row => row[by!]).Distinct().Count());
    }

    [Fact]
    public void Every_reference_meets_a_record_of_a_table_before_it_or_its_own()
    {
        var keys = new Dictionary<string, HashSet<string>>();
        foreach (var (name, by, _) in DemoData.Files())
        {
            if (by is not null) keys[by] = [.. Tables[name].Select(row => row[by])];
            foreach (var row in Tables[name])
            foreach (var (column, value) in row.Where(cell => cell.Key.Contains('.') && cell.Value.Length > 0))
                Assert.Contains(value, keys[column.Split('.')[1]]);
        }
    }

    [Fact]
    public void Is_the_same_at_every_call() =>
        Assert.Equal(DemoData.Files().Select(file => file.Csv), DemoData.Files().Select(file => file.Csv));
}
