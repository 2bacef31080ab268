using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Npgsql;

namespace Xingchen.Tests.Integration.Isolation;

/// <summary>Stands between a service and its PostgreSQL and rewrites every statement: a mutant of the whole builder,
/// with the service as it is delivered.</summary>
/// <remarks>It speaks as much of the frontend/backend protocol (PostgreSQL manual, 54.7) as it takes to find the text
/// of Parse and Query messages; everything else passes as it came.</remarks>
internal sealed class MutantWire : IAsyncDisposable
{
    private const int StartupVersion3 = 3;

    private readonly CancellationTokenSource end = new();
    private readonly TcpListener listener;
    private readonly IPEndPoint server;
    private readonly Func<string, string> mutate;
    private Task accepting = Task.CompletedTask;
    private int mutated;

    private MutantWire(TcpListener listener, IPEndPoint server, Func<string, string> mutate) =>
        (this.listener, this.server, this.mutate) = (listener, server, mutate);

    /// <summary>How many statements were changed so far.</summary>
    public int Mutated => mutated;

    /// <summary>Statements without the predicate on the org: the builder forgot it.</summary>
    public static string WithoutOrg(string sql) => Predicate.Replace(sql, "true");

    /// <summary>Besides, the org that a row names is the caller's, whoever's it is: the reader's check is
    /// blind. Only on records: of metadata one row is read.</summary>
    public static string Blind(string sql) =>
        sql.Contains("records.", StringComparison.Ordinal) ? Named.Replace(WithoutOrg(sql), "$1") : sql;

    /// <summary>The connection string that goes through it.</summary>
    public string ConnectionString { get; private init; } = "";

    /// <summary>Listens before the server of a connection string.</summary>
    public static MutantWire Before(string connectionString, Func<string, string> mutate)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        var before = new TcpListener(IPAddress.Loopback, 0);
        before.Start();
        var behind = new IPEndPoint(IPAddress.Loopback, settings.Port);
        settings.Host = "127.0.0.1";
        settings.Port = ((IPEndPoint)before.LocalEndpoint).Port;
        var wire = new MutantWire(before, behind, mutate) { ConnectionString = settings.ConnectionString };
        wire.accepting = wire.AcceptAsync();
        return wire;
    }

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        listener.Stop();
        await accepting;
        end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (!end.IsCancellationRequested) _ = ServeAsync(await listener.AcceptTcpClientAsync(end.Token));
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            // disposed
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        using var upstream = new TcpClient { NoDelay = true };
        client.NoDelay = true;
        try
        {
            await upstream.ConnectAsync(server, end.Token);
            var (from, to) = (client.GetStream(), upstream.GetStream());
            var back = to.CopyToAsync(from, end.Token);
            await ForwardAsync(from, to, end.Token);
            upstream.Client.Shutdown(SocketShutdown.Send);
            await back;
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
        {
            // one side went
        }
    }

    private async Task ForwardAsync(NetworkStream from, NetworkStream to, CancellationToken ct)
    {
        await using var input = new BufferedStream(from, 64 * 1024);
        await using var output = new BufferedStream(to, 64 * 1024);
        var header = new byte[5];
        for (var started = false; ;)
        {
            // Before the start a message has no type, and there may be requests for encryption.
            if (await input.ReadAtLeastAsync(header.AsMemory(started ? 0 : 1), started ? 5 : 4, false, ct) == 0) return;
            var body = new byte[BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(1)) - 4];
            await input.ReadExactlyAsync(body, ct);
            if (started && header[0] is (byte)'P' or (byte)'Q') body = Rewrite((char)header[0], body);
            BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(1), body.Length + 4);
            await output.WriteAsync(header.AsMemory(started ? 0 : 1), ct);
            await output.WriteAsync(body, ct);
            // After Sync, Query, Flush or whatever else may wait for an answer.
            if (!started || header[0] is not ((byte)'P' or (byte)'B' or (byte)'D' or (byte)'E' or (byte)'C'))
                await output.FlushAsync(ct);
            started |= body.Length >= 4 && BinaryPrimitives.ReadInt16BigEndian(body) == StartupVersion3;
        }
    }

    /// <summary>Parse is a statement's name, its text and its parameters' types; Query is its text.</summary>
    private byte[] Rewrite(char type, byte[] body)
    {
        var from = type == 'P' ? Array.IndexOf(body, (byte)0) + 1 : 0;
        var until = Array.IndexOf(body, (byte)0, from);
        var before = Encoding.UTF8.GetString(body, from, until - from);
        var after = mutate(before);
        if (after == before) return body;
        Interlocked.Increment(ref mutated);
        return [.. body.AsSpan(0, from), .. Encoding.UTF8.GetBytes(after), .. body.AsSpan(until)];
    }

    private static readonly Regex Predicate =
        new(@"(\w+\.)?org_id = (\$\d+|\w+\.org_id)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture);

    private static readonly Regex Named = new(@"\b\w+\.org_id\b", RegexOptions.NonBacktracking);
}
