using FsCheck;
using FsCheck.Fluent;
using Xingchen.Records.Values;

namespace Xingchen.Tests.Unit.Records;

/// <summary>Exact decimals: every digit that came in.</summary>
public sealed class DecimalTextTests
{
    [Theory]
    [InlineData("12.30", "12.30", "12.3")]
    [InlineData("0", "0", "0")]
    [InlineData("-0.0", "0.0", "0")]
    [InlineData("1e3", "1000", "1000")]
    [InlineData("1.20e1", "12.0", "12")]
    [InlineData("12e-3", "0.012", "0.012")]
    [InlineData("-0.50", "-0.50", "-0.5")]
    [InlineData("99999999999999999999.9999", "99999999999999999999.9999", "99999999999999999999.9999")]
    public void Digits_are_kept(string text, string plain, string key)
    {
        Assert.True(DecimalText.TryParse(text, out var number));
        Assert.Equal(plain, number.ToString());
        Assert.Equal(key, number.Trimmed().ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("+1")]
    [InlineData(".5")]
    [InlineData("1.")]
    [InlineData("1e")]
    [InlineData("1e999")]
    [InlineData("NaN")]
    [InlineData("1,5")]
    [InlineData("１")]
    public void What_is_no_number_is_refused(string text) => Assert.False(DecimalText.TryParse(text, out _));

    [Fact]
    public void A_scale_may_be_cut_where_zeros_stand_only()
    {
        Assert.True(DecimalText.TryParse("12.3000", out var number));
        Assert.True(number.TryRescale(2, out var cut));
        Assert.Equal("12.30", cut.ToString());
        Assert.True(DecimalText.TryParse("12.305", out number));
        Assert.False(number.TryRescale(2, out _));
        Assert.True(DecimalText.TryParse("0.000", out number));
        Assert.True(number.TryRescale(1, out cut));
        Assert.Equal("0.0", cut.ToString());
    }

    [Fact]
    public void Reading_what_was_written_changes_nothing() => Prop.ForAll<decimal>(value =>
    {
        var text = value.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return DecimalText.TryParse(text, out var number)
            && decimal.Parse(number.ToString(), System.Globalization.CultureInfo.InvariantCulture) == value
            && DecimalText.TryParse(number.ToString(), out var again) && again == number;
    }).QuickCheckThrowOnFailure();
}
