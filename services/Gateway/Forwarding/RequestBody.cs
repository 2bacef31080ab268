using System.Net;

namespace Xingchen.Gateway.Forwarding;

/// <summary>A caller's body on its way to a service: piece by piece, never whole in memory.</summary>
/// <param name="body">What Kestrel reads.</param>
/// <param name="length">As declared; null is sent on in chunks.</param>
/// <param name="sent">Called when the last piece is on its way.</param>
internal sealed class RequestBody(Stream body, long? length, Action sent) : HttpContent
{
    private const int PieceBytes = 64 * 1024;

    /// <summary>What reading from the caller threw: the caller's doing, not the service's.</summary>
    public Exception? CallerFailure { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context,
        CancellationToken cancellationToken)
    {
        var piece = System.Buffers.ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            while (await ReadAsync(piece, cancellationToken) is > 0 and var read)
            {
                await stream.WriteAsync(piece.AsMemory(0, read), cancellationToken);
                await stream.FlushAsync(cancellationToken); // a slow sender's rows reach the service as they come
            }
            sent();
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private async ValueTask<int> ReadAsync(byte[] piece, CancellationToken ct)
    {
        try
        {
            return await body.ReadAsync(piece, ct);
        }
        catch (Exception exception)
        {
            CallerFailure = exception;
            throw;
        }
    }

    protected override bool TryComputeLength(out long known)
    {
        known = length ?? 0;
        return length is not null;
    }
}
