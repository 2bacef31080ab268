using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace Xingchen.Sidecar.Http;

/// <summary>Bodies that an API needs whole.</summary>
internal static class Body
{
    /// <summary>The body; null when it is larger than <paramref name="limit"/> bytes, which is then answered.</summary>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpContext http, long limit)
    {
        if (http.Request.ContentLength > limit) return await TooLargeAsync(http, limit);
        var reader = http.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(http.RequestAborted);
            if (read.Buffer.Length > limit) return await TooLargeAsync(http, limit);
            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return body;
            }
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static async Task<ReadOnlyMemory<byte>?> TooLargeAsync(HttpContext http, long limit)
    {
        http.Response.Headers.Connection = "close"; // what is left of the body is not read
        await ApiError.WriteAsync(http, 413, "ERR_BODY_TOO_LARGE", $"the body is larger than {limit} bytes");
        return null;
    }
}
