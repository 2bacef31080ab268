using System.Text.Json;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xingchen.Hosting;
using Xingchen.Model;

namespace Xingchen.Benchmarks.HandWritten;

/// <summary>What a team would write by hand for one object: minimal API, Dapper, a typed table with the same
/// indexes.</summary>
/// <remarks>It checks the same signed identity and answers the same values, so that only the record differs. Under
/// <c>/audited</c> every write also writes an audit row, in the same statement.</remarks>
internal static class HandWrittenService
{
    public static void Run()
    {
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        var builder = ServiceShell.CreateBuilder();
        builder.Services.AddSingleton(NpgsqlDataSource.Create(ServiceShell.ConnectionString()));
        var app = builder.Build();
        app.MapGet("/customers/{id:long}", GetAsync);
        app.MapGet("/customers", ListAsync);
        app.MapGet("/customers/by-country", ByCountryAsync);
        app.MapPost("/import", ImportAsync);
        foreach (var (prefix, audited) in new[] { ("", false), ("/audited", true) })
        {
            app.MapPost(prefix + "/customers", (HttpContext http, Customer body, ContextSigner signer,
                NpgsqlDataSource database) => InsertAsync(http, body, signer, database, audited));
            app.MapPatch(prefix + "/customers/{id:long}", (HttpContext http, long id, Customer body,
                ContextSigner signer, NpgsqlDataSource database) =>
                UpdateAsync(http, id, body, signer, database, audited));
        }
        ServiceShell.Serve(app);
    }

    private static async Task<IResult> GetAsync(
        HttpContext http, long id, ContextSigner signer, NpgsqlDataSource database)
    {
        var org = ServiceShell.Org(http, signer);
        await using var connection = await database.OpenConnectionAsync(http.RequestAborted);
        var found = await connection.QueryFirstOrDefaultAsync<Customer>(
            HandWrittenSql.Get, new { org = org.Org.Value, id });
        return found is null ? Results.NotFound() : Results.Json(found, CustomerJson.Default.Customer);
    }

    private static async Task<IResult> ListAsync(
        HttpContext http, string status, decimal most, int limit, ContextSigner signer, NpgsqlDataSource database)
    {
        var org = ServiceShell.Org(http, signer);
        await using var connection = await database.OpenConnectionAsync(http.RequestAborted);
        var found = (await connection.QueryAsync<Customer>(
            HandWrittenSql.List, new { org = org.Org.Value, status, most, limit })).AsList();
        return Results.Json(new CustomerPage { Records = found }, CustomerJson.Default.CustomerPage);
    }

    private static async Task<IResult> ByCountryAsync(HttpContext http, ContextSigner signer, NpgsqlDataSource database)
    {
        var org = ServiceShell.Org(http, signer);
        await using var connection = await database.OpenConnectionAsync(http.RequestAborted);
        var found = (await connection.QueryAsync<CountryTotal>(
            HandWrittenSql.ByCountry, new { org = org.Org.Value })).AsList();
        return Results.Json(found, CustomerJson.Default.ListCountryTotal);
    }

    private static async Task<IResult> InsertAsync(
        HttpContext http, Customer body, ContextSigner signer, NpgsqlDataSource database, bool audited)
    {
        if (string.IsNullOrEmpty(body.Name)) return Results.BadRequest();
        var org = ServiceShell.Org(http, signer);
        await using var connection = await database.OpenConnectionAsync(http.RequestAborted);
        var written = await connection.QueryFirstAsync<Customer>(
            audited ? HandWrittenSql.InsertAudited : HandWrittenSql.Insert, Parameters(body, org));
        return Results.Json(written, CustomerJson.Default.Customer, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> UpdateAsync(
        HttpContext http, long id, Customer body, ContextSigner signer, NpgsqlDataSource database, bool audited)
    {
        var org = ServiceShell.Org(http, signer);
        await using var connection = await database.OpenConnectionAsync(http.RequestAborted);
        var written = await connection.QueryFirstOrDefaultAsync<Customer>(
            audited ? HandWrittenSql.UpdateAudited : HandWrittenSql.Update,
            new { org = org.Org.Value, actor = org.Actor, id, body.CreditLimit, body.City, body.Phone });
        return written is null ? Results.NotFound() : Results.Json(written, CustomerJson.Default.Customer);
    }

    /// <summary>CSV with the columns of <see cref="HandWrittenSql.Copy"/>, straight into COPY.</summary>
    private static async Task<IResult> ImportAsync(HttpContext http, ContextSigner signer, NpgsqlDataSource database)
    {
        var org = ServiceShell.Org(http, signer);
        await using var connection = await database.OpenConnectionAsync(http.RequestAborted);
        await using (var set = connection.CreateCommand())
        {
            set.CommandText = $"set hand_written.org = '{org.Org.Value}'"; // the default of org_id reads it
            await set.ExecuteNonQueryAsync();
        }
        await using (var writer = await connection.BeginTextImportAsync(HandWrittenSql.Copy))
        {
            using var reader = new StreamReader(http.Request.Body);
            var buffer = new char[64 * 1024];
            for (int read; (read = await reader.ReadAsync(buffer)) > 0;) await writer.WriteAsync(buffer, 0, read);
        }
        return Results.NoContent();
    }

    private static object Parameters(Customer body, OrgContext org) => new
    {
        org = org.Org.Value, actor = org.Actor, body.Name, body.Code, body.Status, body.CreditLimit, body.PaymentDays,
        body.Email, body.Phone, body.Address, body.City, body.Country, body.CustomerSince,
    };
}
