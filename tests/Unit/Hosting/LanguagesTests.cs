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

    [Theory]
    [InlineData("de", "de")]
    [InlineData("DE-at", "de")]
    [InlineData("fr, pt-br;q=0.5, en;q=0.4", "pt-BR")]
    [InlineData("zh-Hant-HK", "zh-Hant")]
    [InlineData("zh-TW", "en")]
    [InlineData("en-GB", "en")]
    [InlineData("fr", "en")]
    [InlineData("<script>, de;q=0.1", "de")]
    public void Chooses_among_what_is_translated(string header, string language) =>
        Assert.Equal(language, Languages.Choose([header], ["de", "pt-BR", "zh-Hant"]));
}
