using System.Buffers;
using System.Text.Json;
using Npgsql;
using Xingchen.Hosting;
using Xingchen.Model;
using Xingchen.Records.Plan;
using Xingchen.Records.Response;
using Xingchen.Records.Schemas;
using Xingchen.Records.Sql;
using Xingchen.Storage;

namespace Xingchen.Records.Changes;

/// <summary>A change as it is given out.</summary>
/// <param name="Id">Unique in the account.</param>
/// <param name="Position">Its place in the log.</param>
/// <param name="Json">The whole change as JSON.</param>
internal sealed record FeedChange(string Cursor, string Id, long Position, ReadOnlyMemory<byte> Json);

/// <summary>Changes in the order of commit, and where to go on from.</summary>
/// <param name="Next">Behind the last change, or behind all that is settled.</param>
/// <param name="IsLast">Whether all that is settled was given.</param>
internal sealed record ChangePage(IReadOnlyList<FeedChange> Changes, long Next, bool IsLast);

/// <summary>Reads an account's log, page by page.</summary>
/// <remarks>A page is read whole before any of it is sent, so that no slow reader holds a connection; so it ends, short
/// of its limit, where it gets large.</remarks>
internal sealed class ChangeFeed(CellDatabase database, CursorSigner signer)
{
    private const int MostPageBytes = 4 << 20;

    /// <param name="upTo">The settled position: see <see cref="ChangeHorizon"/>.</param>
    public async Task<ChangePage> ReadAsync(
        AccountKey caller, AccountKey planned, InForce current, long after, long upTo, int[]? prefixes, int limit,
        CancellationToken ct)
    {
        if (after >= upTo) return new ChangePage([], after, IsLast: true);
        await using var batch = OrgBatch.Enter(database.Records, caller, current.Versions, write: false);
        batch.AddReadChanges(planned, after, upTo, prefixes, limit, current.Schema);
        await using var reader = await batch.ReadAsync(ct);
        var changes = new List<FeedChange>();
        var (rows, bytes, last) = (0, 0L, after);
        while (bytes < MostPageBytes && await reader.ReadAsync(ct))
        {
            OrgBatch.AssertOrg(reader.GetInt64(0), caller.Org);
            var change = Row(reader);
            rows++;
            last = change.Position;
            // Of an object that is no longer in force nothing can be said by name.
            if (current.Schema.Find(new RecordId(change.Record).Prefix) is not { } item) continue;
            var cursor = ChangeCursor.Sign(signer, caller, change.Position);
            var json = Json(ObjectLayout.Of(item), change, cursor);
            bytes += json.Length;
            changes.Add(new FeedChange(cursor, change.Id, change.Position, json));
        }
        var isLast = rows < limit && bytes < MostPageBytes;
        return new ChangePage(changes, isLast ? upTo : last, isLast);
    }

    public static StoredChange Row(NpgsqlDataReader row) => new(
        row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetString(5), row.GetDateTime(6), row.GetString(7),
        row.IsDBNull(8) ? null : row.GetFieldValue<byte[]>(8), row.IsDBNull(9) ? null : row.GetFieldValue<byte[]>(9));

    private static ReadOnlyMemory<byte> Json(ObjectLayout layout, StoredChange change, string cursor)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, RecordWriter.Json))
            ChangeWriter.Write(json, layout, change, cursor);
        return buffer.WrittenMemory;
    }
}
