using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Xingchen.Benchmarks.Orgs;

/// <summary>Has another .NET process collect all its garbage, so that what is left is what it keeps.</summary>
/// <remarks>By the runtime's own diagnostic port: a session with the keyword <c>GCHeapCollect</c> begins with a full
/// blocking collection (https://github.com/dotnet/diagnostics/blob/main/documentation/design-docs/ipc-protocol.md).
/// </remarks>
internal static class HeapCollection
{
    private const byte EventPipe = 2, CollectTracing2 = 3, Ok = 0;
    private const ulong GCHeapCollect = 0x80_0000;
    private const uint Informational = 4;

    public static async Task RunAsync(int process)
    {
        var path = Directory.EnumerateFiles(Path.GetTempPath(), $"dotnet-diagnostic-{process}-*-socket").Single();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(Request());
        // The stream of the session begins once the collection was asked for; closing it ends the session.
        var buffer = new byte[64 * 1024];
        if (await stream.ReadAtLeastAsync(buffer, 100, throwOnEndOfStream: false) < 100 || buffer[17] != Ok)
            throw new InvalidOperationException($"The runtime of process {process} would not collect.");
        await Task.Delay(TimeSpan.FromSeconds(1));
    }

    private static byte[] Request()
    {
        using var body = new MemoryStream();
        using var writer = new BinaryWriter(body, Encoding.Unicode);
        writer.Write(16u); // MB of buffer
        writer.Write(1u); // nettrace
        writer.Write(false); // no rundown
        writer.Write(1u); // one provider
        writer.Write(GCHeapCollect);
        writer.Write(Informational);
        foreach (var text in new[] { "Microsoft-Windows-DotNETRuntime\0", "\0" })
        {
            writer.Write((uint)text.Length);
            writer.Write(text.ToCharArray());
        }
        writer.Flush();
        var request = new byte[20 + body.Length];
        "DOTNET_IPC_V1\0"u8.CopyTo(request);
        BinaryPrimitives.WriteUInt16LittleEndian(request.AsSpan(14), (ushort)request.Length);
        (request[16], request[17]) = (EventPipe, CollectTracing2);
        body.ToArray().CopyTo(request, 20);
        return request;
    }
}
