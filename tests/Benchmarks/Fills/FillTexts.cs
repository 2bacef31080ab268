using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Xingchen.Benchmarks.Fills;

/// <summary>The records that are filled in: the same for each number, whatever asks.</summary>
internal static class FillTexts
{
    /// <summary>Of so many records one has the rare word.</summary>
    public const int Rare = 10_000;

    /// <summary>Of so many records one has the common word.</summary>
    public const int Common = 100;

    private const string Syllables = "ba be di do fa ge ki lo ma ne po ra se ti vo";
    private const string Characters = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜";

    private static readonly string[] Parts = Syllables.Split(' ');

    /// <summary>Records as an import takes them, one in a line.</summary>
    public static string Lines(int first, int count)
    {
        var lines = new StringBuilder();
        for (var i = first; i < first + count; i++) lines.Append(Line(i)).Append('\n');
        return lines.ToString();
    }

    public static string Line(int i) => JsonSerializer.Serialize(new
    {
        key = Key(i), size = Size(i), size2 = Size(i), code = "c" + Key(i), code2 = "d" + Key(i), latin = Latin(i),
        chinese = Chinese(i), latin2 = Latin(i),
    });

    private static string Key(int i) => i.ToString("D8", CultureInfo.InvariantCulture);

    private static decimal Size(int i) => Scatter(i) % 100_000 / 100m;

    /// <summary>About 120 characters in words.</summary>
    private static string Latin(int i)
    {
        var text = new StringBuilder();
        for (var word = 0; word < 18; word++)
        {
            var from = Scatter(i * 31 + word);
            text.Append(Parts[from % 15]).Append(Parts[from / 15 % 15]).Append(Parts[from / 225 % 15]).Append(' ');
        }
        if (i % Rare == 7) text.Append("zyxquux ");
        if (i % Common == 7) text.Append("wuzzle ");
        return text.ToString();
    }

    /// <summary>40 characters without blanks.</summary>
    private static string Chinese(int i)
    {
        var text = new StringBuilder();
        for (var at = 0; at < 40; at++) text.Append(Characters[Scatter(i * 41 + at) % Characters.Length]);
        if (i % Rare == 7) text.Append("麒麟阁");
        if (i % Common == 7) text.Append("星辰");
        return text.ToString();
    }

    /// <summary>Numbers that look like nothing in particular, the same in each run.</summary>
    private static int Scatter(int i)
    {
        var mixed = unchecked((uint)i * 2654435761u);
        mixed ^= mixed >> 15;
        mixed = unchecked(mixed * 2246822519u);
        mixed ^= mixed >> 13;
        return (int)(mixed & int.MaxValue);
    }
}
