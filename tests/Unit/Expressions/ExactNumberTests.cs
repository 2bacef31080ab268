using Xingchen.Schema.Expressions;

namespace Xingchen.Tests.Unit.Expressions;

public sealed class ExactNumberTests
{
    [Theory]
    [InlineData("12.30", '+', "1", "13.30")]
    [InlineData("0.1", '+', "0.2", "0.3")]
    [InlineData("1.5", '*', "1.50", "2.250")]
    [InlineData("1", '/', "3", "0.33333333333333333333")]
    [InlineData("10", '/', "4", "2.5")]
    [InlineData("2", '/', "-3", "-0.66666666666666666667")]
    [InlineData("-7", '%', "3", "-1")]
    [InlineData("9007199254740993", '-', "1", "9007199254740992")]
    [InlineData("0", '/', "7", "0")]
    public void Calculates_as_numeric_does(string a, char operation, string b, string expected)
    {
        var (left, right) = (ExactNumber.TryParse(a)!.Value, ExactNumber.TryParse(b)!.Value);
        var result = operation switch
        {
            '+' => left + right, '-' => left - right, '*' => left * right, '/' => left / right, _ => left % right,
        };
        Assert.Equal(expected, result.ToString());
    }

    [Theory]
    [InlineData("2.5", 0, "3")]
    [InlineData("-2.5", 0, "-3")]
    [InlineData("1.005", 2, "1.01")]
    [InlineData("1.2", 3, "1.200")]
    [InlineData("1250", -2, "1300")]
    [InlineData("-0.004", 2, "0.00")]
    public void Rounds_half_away_from_zero(string number, int places, string expected) =>
        Assert.Equal(expected, ExactNumber.TryParse(number)!.Value.Round(places).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("1.")]
    [InlineData(".5")]
    [InlineData("1e5")]
    [InlineData("+1")]
    [InlineData("1.2.3")]
    [InlineData("٣")]
    public void Other_texts_are_no_numbers(string text) => Assert.Null(ExactNumber.TryParse(text));

    [Fact]
    public void Equal_numbers_of_different_scale_are_equal()
    {
        var (narrow, wide) = (ExactNumber.TryParse("1.5")!.Value, ExactNumber.TryParse("1.500")!.Value);
        Assert.Equal(narrow, wide);
        Assert.Equal(narrow.GetHashCode(), wide.GetHashCode());
        Assert.Equal("1.500", wide.ToString());
    }
}
