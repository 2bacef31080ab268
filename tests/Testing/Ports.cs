using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Xingchen.Testing;

/// <summary>Free ports on 127.0.0.1.</summary>
public static class Ports
{
    private static readonly HashSet<int> Given = [];

    /// <summary>A port that was free a moment ago and that this process was not given before.</summary>
    /// <remarks>Below the range from which systems give connections their ports: one of those could take it before
    /// who asked listens, or while a service that was killed starts again.</remarks>
    public static int Free()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(4_000, 12_000);
            lock (Given)
                if (IsFree(port) && Given.Add(port)) return port;
        }
    }

    /// <summary>The first of <paramref name="count"/> consecutive ports that were free a moment ago.</summary>
    public static int FreeRange(int count)
    {
        while (true)
        {
            // Below that range too.
            var first = 12_000 + RandomNumberGenerator.GetInt32(200) * 100;
            if (Enumerable.Range(first, count).All(IsFree)) return first;
        }
    }

    private static bool IsFree(int port)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
