using System.Globalization;
using Npgsql;
using Xingchen.Records.Plan;
using Xingchen.Records.Schemas;
using Xingchen.Records.Sql;
using Xingchen.Records.Values;
using Xingchen.Schema;
using Xingchen.Storage;

namespace Xingchen.Records.Execute;

/// <summary>What the database says of a write, in the caller's words.</summary>
internal static class WriteConflicts
{
    /// <summary>Raised by <c>records.refuse_references</c>; the ids stand in the message after a colon.</summary>
    public const string ReferenceNotFound = "XR001";

    /// <summary>Raised by <c>records.refuse_version</c>.</summary>
    public const string VersionGone = "XR002";

    /// <summary>Raised by <c>records.require_allowed</c> for records that the caller may not change, or make.</summary>
    public const string NotAllowed = "XR004";

    /// <summary>Says that a rule keeps a caller from what he asked for.</summary>
    public static ProblemException Refused(PostgresException exception, Schema.Schema schema, RecordRight right)
    {
        var id = long.Parse(exception.MessageText.Split(':')[^1].Split(',')[0], CultureInfo.InvariantCulture);
        return RecordPermissions.NotThis(schema.Find(new RecordId(id).Prefix)!.Name, right);
    }

    public static ProblemException References(
        PostgresException exception, IEnumerable<(long Id, int Ordinal, string Pointer)> references,
            Schema.Schema schema)
    {
        var missing = exception.MessageText.Split(':')[^1].Split(',').Select(long.Parse).ToHashSet();
        var findings = references.Where(reference => missing.Contains(reference.Id))
            .Select(reference => new Finding("reference-not-found", NotFound(schema, reference.Id), reference.Pointer))
                .ToList();
        return new ProblemException(Problems.RecordInvalid, "Mend what errors lists.", findings);
    }

    public static string NotFound(Schema.Schema schema, long id) =>
        $"There is no record of {schema.Find(new RecordId(id).Prefix)?.Name} with this id.";

    /// <summary>Refuses a request that brings one unique value twice.</summary>
    public static void RefuseTwice(IReadOnlyList<UniqueValue> values)
    {
        var twice = values.GroupBy(value => (value.Prefix, value.FieldKey, value.Value))
            .Where(group => group.Count() > 1).SelectMany(group => group.Skip(1)).ToList();
        if (twice.Count > 0) throw Taken(twice);
    }

    /// <summary>Says which values others have; returns where none of them is taken any more.</summary>
    public static async Task ThrowIfTakenAsync(
        CellDatabase database, AccountKey caller, AccountKey planned, InForce current,
        IReadOnlyList<UniqueValue> values, CancellationToken ct)
    {
        if (values.Count == 0) return;
        await using var batch = OrgBatch.Enter(database.Records, caller, current.Versions, write: false);
        batch.AddFindTaken(planned, current.Versions, values);
        await using var reader = await batch.ReadAsync(ct);
        var taken = new HashSet<(int, string, string)>();
        while (await reader.ReadAsync(ct))
        {
            OrgBatch.AssertOrg(reader.GetInt64(0), caller.Org);
            taken.Add((reader.GetInt32(1), reader.GetString(2), reader.GetString(3)));
        }
        var refused = values.Where(value => taken.Contains((value.Prefix, value.FieldKey, value.Value))).ToList();
        if (refused.Count > 0) throw Taken(refused);
    }

    /// <summary>Says that others have values.</summary>
    public static ProblemException Taken(IEnumerable<UniqueValue> values) => new(
        Problems.ValueTaken, "Another record has a value that only one may have.",
        [.. values.Select(value => new Finding("value-taken", "Another record has this value.", value.Pointer))]);
}

/// <summary>Numbers in the words of an auto-number field's format: the zeros between braces are the digits.</summary>
internal static class AutoNumber
{
    public static StoredValue Format(Schema.SchemaField field, long number)
    {
        var format = field.Format ?? "{000000}";
        var (open, close) = (format.IndexOf('{'), format.IndexOf('}'));
        var text = open < 0 || close < open
            ? format + number
            : format[..open] + number.ToString(new string('0', Math.Max(1, close - open - 1))) + format[(close + 1)..];
        return TextCodec.Store(field, text);
    }
}
