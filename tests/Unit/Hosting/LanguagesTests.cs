using Xingchen.Hosting;

namespace Xingchen.Tests.Unit.Hosting;

public sealed class LanguagesTests
{
    [Theory]
    [InlineData(null, "en")]
    [InlineData("", "en")]
    [InlineData("de", "en")]
    [InlineData("zh-CN", "zh-CN")]
    [InlineData("zh", "zh-CN")]
    [InlineData("zh-Hans-SG", "zh-CN")]
    [InlineData("zh-TW", "en")]
    [InlineData("zh-TW, zh;q=0.5", "zh-CN")]
    [InlineData("en;q=0.5, zh-CN;q=0.9", "zh-CN")]
    [InlineData("en, zh-CN", "en")]
    [InlineData("zh;q=0, *", "en")]
    [InlineData("de, zh;q=0.1", "zh-CN")]
    [InlineData(";;;,,", "en")]
    public void Chooses_what_is_wanted_most(string? header, string language) =>
        Assert.Equal(language, Languages.Choose([header]));
}
