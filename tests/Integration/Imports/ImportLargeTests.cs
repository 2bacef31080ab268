using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Xingchen.Testing;
using Xingchen.Tests.Integration.Records;

namespace Xingchen.Tests.Integration.Imports;

/// <summary>Files of any size, in memory that does not grow with them: 20,000 rows, or with <c>XINGCHEN_LARGE=1</c> a
/// million.</summary>
public sealed class ImportLargeTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private static readonly int Rows =
        Environment.GetEnvironmentVariable("XINGCHEN_LARGE") == "1" ? 1_000_000 : 20_000;

    private static readonly HttpClient Http = new() { Timeout = Timeout.InfiniteTimeSpan };

    [Fact]
    public async Task Every_row_of_a_large_file_is_written()
    {
        var shop = await cell.NewAccountAsync();
        var job = await ImportAsync(shop, row => Encoding.UTF8.GetBytes($"C{row},Customer {row},\n"));
        Assert.Equal($"completed {Rows} {Rows} 0", Counts(job));
        Assert.Equal(Rows, await CountAsync("records", shop));
        Assert.Equal(Rows, await CountAsync("changes", shop));
        Assert.Equal(0, await CountAsync("import_chunks", shop));
    }

    [Fact]
    public async Task One_bad_row_of_ten_fails_by_itself_with_what_is_wrong_with_it()
    {
        var shop = await cell.NewAccountAsync();
        var job = await ImportAsync(shop, Row);
        Assert.Equal($"completed {Rows} {Rows - Rows / 10} {Rows / 10}", Counts(job));
        Assert.Equal(Rows - Rows / 10, await CountAsync("records", shop));
        var failures = await FailuresAsync(shop, job.GetProperty("id").GetString()!);
        Assert.Equal(Rows / 10, failures.Count);
        Assert.Equal(
            Enumerable.Range(0, Rows / 10).Select(ten => (Line: ten * 10 + 9 + 2, Code: Codes[ten % 10])),
            failures.Order());
    }

    private static readonly string[] Codes =
    [
        "field-count", "field-count", "required", "too-long", "too-long", "invalid-utf8", "value-taken",
        "reference-not-found", "text-invalid", "value-taken",
    ];

    /// <summary>Of ten rows one is wrong, in one of ten ways.</summary>
    private static byte[] Row(int row)
    {
        if (row % 10 != 9) return Encoding.UTF8.GetBytes($"C{row},Customer {row},{(row > 500 ? "C0" : "")}\n");
        return (row / 10 % 10) switch
        {
            0 => "x\n"u8.ToArray(),
            1 => "x,y,z,,\n"u8.ToArray(),
            2 => Encoding.UTF8.GetBytes($"C{row},,\n"),
            3 => Encoding.UTF8.GetBytes($"C{row},{new string('x', 41)},\n"),
            4 => Encoding.UTF8.GetBytes($"C{row:D20},Customer,\n"),
            5 => [.. Encoding.UTF8.GetBytes($"C{row},"), 0xC3, 0x28, .. ",\n"u8],
            6 => "C0,Customer,\n"u8.ToArray(),
            7 => Encoding.UTF8.GetBytes($"C{row},Customer,nobody\n"),
            8 => Encoding.UTF8.GetBytes($"C{row},Cust\0mer,\n"),
            _ => Encoding.UTF8.GetBytes($"C{row - 1},Customer,\n"),
        };
    }

    private async Task<JsonElement> ImportAsync(RecordsCaller shop, Func<int, byte[]> row)
    {
        var watch = Stopwatch.StartNew();
        var before = ProcessMemory.ResidentBytes(cell.ProcessId);
        using var request = shop.Request(HttpMethod.Post, $"/v1/imports?object={ShopPackage.Customer}");
        request.Content = new Generated(row);
        using var response = await Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var received = watch.Elapsed;
        var job = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        var most = before;
        while (job.GetProperty("status").GetString() is "queued" or "running")
        {
            await Task.Delay(100);
            most = Math.Max(most, ProcessMemory.ResidentBytes(cell.ProcessId));
            job = (await shop.GetAsync("/v1/imports/" + job.GetProperty("id").GetString())).Json;
        }
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Rows:N0} rows: received in {received.TotalSeconds:0.0} s, done in {watch.Elapsed.TotalSeconds:0.0} s "
            + $"({Rows / watch.Elapsed.TotalSeconds:N0} rows/s), {most / 1_000_000} MB resident, "
            + $"{before / 1_000_000} MB before");
        Assert.InRange(most - before, -1_000_000_000, 250_000_000);
        return job;
    }

    private static async Task<List<(int Line, string Code)>> FailuresAsync(RecordsCaller shop, string id)
    {
        using var response = await Http.SendAsync(
            shop.Request(HttpMethod.Get, $"/v1/imports/{id}/failures"), HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var failures = new List<(int, string)>();
        while (await reader.ReadLineAsync() is { } line)
        {
            var failure = JsonDocument.Parse(line).RootElement;
            failures.Add((failure.GetProperty("line").GetInt32(), failure.GetProperty("code").GetString()!));
        }
        return failures;
    }

    private static string Counts(JsonElement job) => $"{job.GetProperty("status").GetString()} "
        + $"{job.GetProperty("read")} {job.GetProperty("written")} {job.GetProperty("failed")}";

    private async Task<long> CountAsync(string table, RecordsCaller shop) =>
        (await cell.AskAsync<long>($"select count(*) from records.{table} where org_id = $1", shop.Org))[0];

    /// <summary>A CSV file that is made as it is sent.</summary>
    private sealed class Generated : HttpContent
    {
        private readonly Func<int, byte[]> row;

        public Generated(Func<int, byte[]> row)
        {
            this.row = row;
            Headers.ContentType = new MediaTypeHeaderValue(ImportCalls.Csv);
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var buffered = new BufferedStream(stream, 64 * 1024); // not disposed: the stream is the connection's
            await buffered.WriteAsync("code,name,boss.code\n"u8.ToArray());
            for (var i = 0; i < Rows; i++) await buffered.WriteAsync(row(i));
            await buffered.FlushAsync();
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
