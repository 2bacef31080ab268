#pragma warning disable RS0030 // Random: seeded, and the seed is printed
using Xingchen.Records.Values;
using Xingchen.Schema;

namespace Xingchen.Tests.Unit.Records;

public sealed class GramsTests
{
    private static readonly SchemaField Exact = new(
        "text", new Label(new Dictionary<string, string>()), FieldType.Text, "account", new FieldPlace("1", null));

    private static readonly SchemaField Loose = Exact with { CaseSensitive = false };

    [Fact]
    public void A_text_is_cut_at_every_character_and_shorter_at_its_end()
    {
        Assert.Equal(["a", "aba", "ba", "bab"], Grams.Of(Exact, "ababa").Order(StringComparer.Ordinal));
        Assert.Equal(["星辰😀", "辰😀", "😀"], Grams.Of(Exact, "星辰😀"));
        Assert.Equal(["abc", "bc", "c"], Grams.Of(Loose, "ABC"));
        Assert.Empty(Grams.Of(Exact, ""));
        Assert.Equal([Grams.TooLong], Grams.Of(Exact, new string('x', Grams.MostCharacters + 1)));
    }

    [Theory]
    [InlineData("星辰", "星辰")]
    [InlineData("a", "a")]
    [InlineData("abc", "abc")]
    [InlineData("abcdefgh", "abc fgh cde")]
    [InlineData("😀😀😀😀", "😀😀😀")]
    [InlineData("abΣc", "ab")]
    [InlineData("İ", "")]
    [InlineData("", "")]
    public void A_part_is_found_by_grams_of_the_characters_that_are_sure(string part, string from) =>
        Assert.Equal(from, string.Join(' ', Grams.Find(Loose, part).Select(condition => condition.From).Distinct()));

    [Fact]
    public void Whatever_contains_a_part_fulfils_its_conditions()
    {
        var seed = Environment.TickCount;
        TestContext.Current.SendDiagnosticMessage($"seed {seed}");
        var random = new Random(seed);
        string[] letters = ["a", "B", "星", "辰", "😀", "%", "_", "İ", "Σ", "ς", "K", "ß", " "];
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => letters[random.Next(13)]));
            var runes = text.EnumerateRunes().ToList();
            var start = random.Next(runes.Count + 1);
            var part = string.Concat(runes.Skip(start).Take(random.Next(6)));
            foreach (var field in new[] { Exact, Loose })
            {
                var grams = Grams.Of(field, text);
                foreach (var wanted in Grams.Find(field, part))
                    Assert.True(grams.Any(gram => wanted.To is null ? gram == wanted.From
                        : string.CompareOrdinal(gram, wanted.From) >= 0
                            && string.CompareOrdinal(gram, wanted.To) < 0), $"seed {seed}: {part} in {text}");
            }
        }
    }
}
