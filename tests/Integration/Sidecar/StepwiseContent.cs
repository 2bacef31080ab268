using System.Net;
using System.Text;
using System.Threading.Channels;

namespace Xingchen.Tests.Integration.Sidecar;

/// <summary>A request body that is written while the answer is read.</summary>
internal sealed class StepwiseContent : HttpContent
{
    private readonly Channel<byte[]> steps = Channel.CreateUnbounded<byte[]>();

    public async Task WriteAsync(string text) => await steps.Writer.WriteAsync(Encoding.UTF8.GetBytes(text));

    public void End() => steps.Writer.Complete();

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.FlushAsync();
        await foreach (var step in steps.Reader.ReadAllAsync())
        {
            await stream.WriteAsync(step);
            await stream.FlushAsync();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
