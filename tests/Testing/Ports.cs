using System.Net;
using System.Net.Sockets;

namespace Xingchen.Testing;

/// <summary>Free ports on 127.0.0.1.</summary>
public static class Ports
{
    /// <summary>A port that was free a moment ago.</summary>
    public static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>The first of <paramref name="count"/> consecutive ports that were free a moment ago.</summary>
    public static int FreeRange(int count)
    {
        while (true)
        {
            // Below the range that systems hand out by themselves.
            var first = 12_000 + System.Security.Cryptography.RandomNumberGenerator.GetInt32(200) * 100;
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
