using System.Globalization;
using System.Text.Json;

namespace Xingchen.Schema.Definitions;

/// <summary>Times by the five fields of cron: minute, hour, day of the month, month, day of the week.</summary>
/// <remarks>A field is <c>*</c>, or numbers, ranges <c>1-5</c> and steps <c>*/15</c>, <c>8-18/2</c>, joined by commas;
/// months and days of the week also by their first three letters, Sunday is 0 or 7. Written so that some day of some
/// year has it. The fields are small numbers, so nothing in a text can make this long.</remarks>
internal sealed record CronForm : ValueForm
{
    private const int MostCharacters = 200;
    private const string Wanted = "five fields: minute, hour, day of the month, month and day of the week, such as "
        + "\"30 8 * * 1-5\"";

    private static readonly (string Name, int Least, int Most)[] Fields =
        [("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12), ("day of the week", 0, 7)];

    private static readonly string[] Months =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

    private static readonly string[] Days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    public override string? Expects(JsonElement value)
    {
        if (!IsText(value, MostCharacters, out var text)) return Wanted;
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length != Fields.Length) return Wanted;
        var sets = new HashSet<int>[Fields.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            sets[i] = [];
            if (!parts[i].Split(',').All(item => Read(item, i, sets[i])))
                return $"{Wanted}; its {Fields[i].Name} is from {Fields[i].Least} to {Fields[i].Most}";
        }
        // Where both are said, either day will do.
        return parts[4] != "*" || sets[3].Any(month => sets[2].Min() <= DateTime.DaysInMonth(2000, month))
            ? null : "a time that comes: no such month has such a day";
    }

    private static bool Read(string item, int field, HashSet<int> all)
    {
        var (_, least, most) = Fields[field];
        var parts = item.Split('/');
        if (parts.Length > 2) return false;
        var step = 1;
        if (parts.Length == 2 && (!Number(parts[1], out step) || step < 1 || step > most)) return false;
        var (from, to) = (least, most);
        if (parts[0] != "*")
        {
            var ends = parts[0].Split('-');
            if (ends.Length > 2 || !Value(ends[0], field, out from) || !Value(ends[^1], field, out to)) return false;
            if (ends.Length == 1 && parts.Length == 2) to = most;
        }
        for (var value = from; value <= to; value += step) all.Add(value);
        return from <= to;
    }

    private static bool Value(string text, int field, out int value)
    {
        var names = field == 3 ? Months : field == 4 ? Days : [];
        var index = Array.IndexOf(names, text.ToLowerInvariant());
        value = index + (field == 3 ? 1 : 0);
        return index >= 0
            || (Number(text, out value) && value >= Fields[field].Least && value <= Fields[field].Most);
    }

    private static bool Number(string text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
