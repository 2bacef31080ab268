using Npgsql;
using Xingchen.Testing;

namespace Xingchen.Tests.Unit.AppModel;

public sealed class DdlAlarmTests
{
    [Fact]
    public async Task The_owner_may_and_a_serving_role_may_not()
    {
        var owner = await TestPostgres.CreateDatabaseAsync();
        await using var source = NpgsqlDataSource.Create(owner);
        await using (var command = source.CreateCommand($"""
            create role {DdlAlarm.TestRole} login password '{TestPostgres.RolePassword}';
            create schema theirs authorization {DdlAlarm.TestRole};
            """))
            await command.ExecuteNonQueryAsync();
        var role = new NpgsqlConnectionStringBuilder(owner)
        {
            Username = DdlAlarm.TestRole, Password = TestPostgres.RolePassword,
        };
        await using var serving = NpgsqlDataSource.Create(role.ConnectionString);
        await using var ddl = serving.CreateCommand("create table theirs.thing (id int)");
        var refused = await Assert.ThrowsAsync<PostgresException>(() => ddl.ExecuteNonQueryAsync());
        Assert.StartsWith(DdlAlarm.Message, refused.MessageText);
    }
}
