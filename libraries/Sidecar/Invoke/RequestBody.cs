using System.IO.Pipelines;
using System.Net;

namespace Xingchen.Sidecar.Invoke;

/// <summary>A body that passes through as it comes: flushed at every read, never held.</summary>
/// <param name="reader">The caller's body.</param>
/// <param name="length">Its length in bytes; null for one of unknown length, which stays chunked.</param>
internal sealed class RequestBody(PipeReader reader, long? length) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            foreach (var segment in read.Buffer) await stream.WriteAsync(segment, cancellationToken);
            var isEmpty = read.Buffer.IsEmpty;
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted) return;
            if (!isEmpty) await stream.FlushAsync(cancellationToken);
        }
    }

    protected override bool TryComputeLength(out long computed)
    {
        computed = length.GetValueOrDefault();
        return length.HasValue;
    }
}

/// <summary>No body, for requests whose headers speak of one (a GET with a Content-Type).</summary>
internal sealed class EmptyContent : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => Task.CompletedTask;

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return true;
    }
}
