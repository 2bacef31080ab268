using System.Reflection;
using Npgsql;
using Xingchen.Storage;
using Xingchen.Testing;

namespace Xingchen.Tests.Integration.Storage;

public sealed class MigratorTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>A migration may take as long as it takes, and who comes meanwhile waits for it: the timeout of a
    /// connection is for requests.</summary>
    [Fact]
    public async Task A_second_migrator_waits_longer_than_a_request_may()
    {
        var owner = await TestPostgres.CreateDatabaseAsync(Ct);
        await using var source = NpgsqlDataSource.Create(owner + ";Pooling=false");
        await using var holder = await source.OpenConnectionAsync(Ct);
        await using (var take = new NpgsqlCommand($"select pg_advisory_lock({Migrator.LockKey})", holder))
            await take.ExecuteNonQueryAsync(Ct);

        var migrating = MigrateAsync();
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, Ct);
        Assert.False(migrating.IsCompleted);
        await holder.CloseAsync(); // gives the lock back

        Assert.NotEmpty(await migrating);
        Assert.Empty(await MigrateAsync());

        Task<IReadOnlyList<string>> MigrateAsync() => Migrator.RunAsync(owner + ";Command Timeout=1", "metadata",
            Assembly.Load("Xingchen.Metadata"), "xingchen_metadata", TestPostgres.RolePassword, Ct);
    }
}
