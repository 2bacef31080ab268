namespace Xingchen.AppModel.Postgres;

/// <summary>A private server: where its data is and how it listens.</summary>
public sealed record PostgresOptions
{
    /// <summary>The host's data directory; the server's own is <c>postgres</c> in it.</summary>
    public required string Directory { get; init; }

    /// <summary>The TCP port on 127.0.0.1; there is no other way in.</summary>
    public required int Port { get; init; }

    /// <summary>False gives up what survives a power cut for speed: for tests only.</summary>
    public bool Durable { get; init; } = true;

    /// <summary>The most connections at once, 10 to 1000.</summary>
    public int MaxConnections { get; init; } = 200;
}
