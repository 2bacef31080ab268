using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Xingchen.Benchmarks.HandWritten;
using Xingchen.Hosting;
using Xingchen.Testing;

namespace Xingchen.Benchmarks.EntityFramework;

/// <summary>What a team would write with EF Core for one object: minimal API, pooled contexts, a query filter by
/// tenant; the routes and the answers of <see cref="HandWrittenService"/>.</summary>
/// <remarks>Reads do not track. A change loads, sets and saves, guarded by the version, as EF Core's manual has
/// it.</remarks>
internal static class EntityFrameworkService
{
    private const int ImportBatch = 1_000;

    public static void Run()
    {
        var builder = ServiceShell.CreateBuilder();
        builder.Services.AddDbContextPool<CustomerContext>(
            options => options.UseNpgsql(ServiceShell.ConnectionString()));
        var app = builder.Build();
        app.MapGet("/customers/{id:long}", GetAsync);
        app.MapGet("/customers", ListAsync);
        app.MapGet("/customers/by-country", ByCountryAsync);
        app.MapPost("/customers", InsertAsync);
        app.MapPatch("/customers/{id:long}", UpdateAsync);
        app.MapPost("/import", ImportAsync);
        ServiceShell.Serve(app);
    }

    private static async Task<IResult> GetAsync(
        HttpContext http, long id, ContextSigner signer, CustomerContext database, CancellationToken ct)
    {
        database.Org = ServiceShell.Org(http, signer).Org.Value;
        var found = await database.Customers.AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, ct);
        return found is null ? Results.NotFound() : Results.Json(found, CustomerJson.Default.Customer);
    }

    private static async Task<IResult> ListAsync(
        HttpContext http, string status, decimal most, int limit, ContextSigner signer, CustomerContext database,
        CancellationToken ct)
    {
        database.Org = ServiceShell.Org(http, signer).Org.Value;
        var found = await database.Customers.AsNoTracking()
            .Where(row => row.Status == status && row.CreditLimit <= most)
            .OrderByDescending(row => row.CreditLimit).ThenByDescending(row => row.Id).Take(limit).ToListAsync(ct);
        return Results.Json(new CustomerPage { Records = found }, CustomerJson.Default.CustomerPage);
    }

    private static async Task<IResult> ByCountryAsync(
        HttpContext http, ContextSigner signer, CustomerContext database, CancellationToken ct)
    {
        database.Org = ServiceShell.Org(http, signer).Org.Value;
        var found = await database.Customers.GroupBy(row => row.Country)
            .Select(group => new CountryTotal
            {
                Country = group.Key, Number = group.LongCount(), Total = group.Sum(row => row.CreditLimit),
            }).ToListAsync(ct);
        return Results.Json(found, CustomerJson.Default.ListCountryTotal);
    }

    private static async Task<IResult> InsertAsync(
        HttpContext http, Customer body, ContextSigner signer, CustomerContext database, CancellationToken ct)
    {
        if (string.IsNullOrEmpty(body.Name)) return Results.BadRequest();
        var caller = ServiceShell.Org(http, signer);
        database.Org = body.OrgId = caller.Org.Value;
        body.Version = 1;
        body.CreatedBy = body.ModifiedBy = caller.Actor;
        body.PaymentDays ??= 30;
        database.Customers.Add(body);
        await database.SaveChangesAsync(ct);
        return Results.Json(body, CustomerJson.Default.Customer, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> UpdateAsync(
        HttpContext http, long id, Customer body, ContextSigner signer, CustomerContext database,
        TimeProvider time, CancellationToken ct)
    {
        var caller = ServiceShell.Org(http, signer);
        database.Org = caller.Org.Value;
        for (var tried = 1; ; tried++)
        {
            var found = await database.Customers.FirstOrDefaultAsync(row => row.Id == id, ct);
            if (found is null) return Results.NotFound();
            found.Version++;
            found.ModifiedAt = time.GetUtcNow().UtcDateTime;
            found.ModifiedBy = caller.Actor;
            found.CreditLimit = body.CreditLimit ?? found.CreditLimit;
            found.City = body.City ?? found.City;
            found.Phone = body.Phone ?? found.Phone;
            try
            {
                await database.SaveChangesAsync(ct);
                return Results.Json(found, CustomerJson.Default.Customer);
            }
            catch (DbUpdateConcurrencyException) when (tried < 50)
            {
                database.ChangeTracker.Clear(); // another request was first: read again
            }
        }
    }

    private static async Task<IResult> ImportAsync(
        HttpContext http, ContextSigner signer, CustomerContext database, CancellationToken ct)
    {
        database.Org = ServiceShell.Org(http, signer).Org.Value;
        database.ChangeTracker.AutoDetectChangesEnabled = false;
        await using var transaction = await database.Database.BeginTransactionAsync(ct);
        foreach (var rows in CsvRows.Read(await new StreamReader(http.Request.Body).ReadToEndAsync(ct))
                     .Chunk(ImportBatch))
        {
            database.Customers.AddRange(rows.Select(row => Imported(database.Org, row)));
            await database.SaveChangesAsync(ct);
            database.ChangeTracker.Clear();
        }
        await transaction.CommitAsync(ct);
        return Results.NoContent();
    }

    private static Customer Imported(long org, IReadOnlyDictionary<string, string> row) => new()
    {
        OrgId = org, Version = 1, PaymentDays = 30, Name = row["name"], Code = row["code"], Status = row["status"],
        CreditLimit = decimal.Parse(row["creditLimit"], CultureInfo.InvariantCulture), Email = row["email"],
        Phone = row["phone"], Address = row["address"], City = row["city"], Country = row["country"],
        CustomerSince = DateOnly.Parse(row["customerSince"], CultureInfo.InvariantCulture),
    };
}
