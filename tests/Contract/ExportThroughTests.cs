using System.Net.Http.Headers;
using Xingchen.Testing;

namespace Xingchen.Tests.Contract;

/// <summary>An export through the gateway and both sidecars.</summary>
public sealed class ExportThroughTests(HostFixture host)
{
    [Fact]
    public async Task It_streams_and_what_breaks_in_the_middle_does_not_look_whole()
    {
        const int Orders = 4_000;
        using var platform = await host.OperatorAsync();
        using var api = await platform.CreateOrgAsync("exporter");
        await api.ImportAsync("object=SalesOrder",
            "name\n" + string.Concat(Enumerable.Range(0, Orders).Select(i => $"Order {i:D70}\n")));
        Assert.Equal(Orders, await LinesAsync(api, "SELECT name FROM SalesOrder", breaks: false));
        // A record may have 1,000 children; that the last one has more comes to light when all others have left.
        var lines = Enumerable.Range(1, 1_001).Select(i => new { lineNumber = i });
        (await api.PostAsync("/v1/objects/SalesOrder/records", new { name = "last", lines })).Expect2xx();
        var read = await LinesAsync(
            api, "SELECT id, name, (SELECT lineNumber FROM lines) FROM SalesOrder", breaks: true);
        Assert.InRange(read, 1, Orders);
    }

    private static async Task<int> LinesAsync(Testing.Http.ApiCaller api, string query, bool breaks)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", api.Token);
        using var response = await http.GetAsync(
            new Uri(api.Url, "/v1/exports?q=" + Uri.EscapeDataString(query)), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(200, (int)response.StatusCode);
        var lines = 0;
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        try
        {
            while (await reader.ReadLineAsync() is not null) lines++;
        }
        catch (Exception exception) when (breaks && exception is IOException or HttpRequestException)
        {
            return lines;
        }
        Assert.False(breaks, "The body ended as if it were whole.");
        return lines;
    }
}
