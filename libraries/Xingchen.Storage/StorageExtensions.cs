using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Xingchen.Storage;

/// <summary>Registers a service's database.</summary>
public static class StorageExtensions
{
    /// <summary>One pooled <see cref="NpgsqlDataSource"/> from <c>ConnectionStrings:{name}</c>.</summary>
    /// <exception cref="InvalidOperationException">The connection string is missing.</exception>
    public static IServiceCollection AddDatabase(
        this IServiceCollection services, IConfiguration configuration, string name)
    {
        var connectionString = configuration.GetConnectionString(name)
            ?? throw new InvalidOperationException($"No connection string '{name}'. Set ConnectionStrings__{name}.");
        return services.AddSingleton(_ => new NpgsqlDataSourceBuilder(connectionString).Build());
    }
}
