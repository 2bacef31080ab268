using System.Net;
using Xingchen.Tests.Integration.Records;

namespace Xingchen.Tests.Integration.Exports;

/// <summary>Exports as a caller makes them.</summary>
internal static class ExportCalls
{
    public const string Csv = "text/csv";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 100 });

    public static string Path(string query, string? asOf = null) =>
        "/v1/exports?q=" + Uri.EscapeDataString(query) + (asOf is null ? "" : "&asOf=" + asOf);

    public static Task<RecordsReply> ExportAsync(
        this RecordsCaller caller, string query, string? accept = null, string? asOf = null) => accept is null
            ? caller.GetAsync(Path(query, asOf)) : caller.GetAsync(Path(query, asOf), ("Accept", accept));

    /// <summary>The lines of an export that must succeed.</summary>
    public static async Task<IReadOnlyList<string>> LinesAsync(
        this RecordsCaller caller, string query, string? accept = null, string? asOf = null) =>
        (await caller.ExportAsync(query, accept, asOf)).Expect(HttpStatusCode.OK).Body
            .Split(accept == Csv ? "\r\n" : "\n", StringSplitOptions.RemoveEmptyEntries);

    /// <summary>An export whose body the test takes, or does not take, by itself.</summary>
    public static async Task<HttpResponseMessage> OpenAsync(
        this RecordsCaller caller, string query, string? asOf = null)
    {
        var response = await Http.SendAsync(
            caller.Request(HttpMethod.Get, Path(query, asOf)), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return response;
    }

    /// <summary>What is left of an export: lines read, or null where it was cut.</summary>
    public static async Task<int?> RestAsync(this HttpResponseMessage response)
    {
        var lines = 0;
        var piece = new byte[64 * 1024];
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync();
            while (await body.ReadAsync(piece) is > 0 and var read) lines += piece.AsSpan(0, read).Count((byte)'\n');
            return lines;
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>Fills an account with copies of one record, past the service, for that is quick.</summary>
    /// <param name="record">The JSON of a <see cref="ShopPackage.Thing"/>.</param>
    public static async Task FillAsync(this RecordsCell cell, RecordsCaller caller, string record, int rows)
    {
        await caller.NewAsync(ShopPackage.Thing, record);
        await cell.ExecuteAsync("""
            insert into records.records
                (org_id, account_id, kp, id, version, created_at, modified_at, created_by, modified_by, body)
            select org_id, account_id, kp, id + i, version, created_at, modified_at, created_by, modified_by, body
            from records.records, generate_series(1, $2) i where org_id = $1
            """, caller.Org, rows - 1);
    }
}
