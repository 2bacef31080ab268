using Microsoft.EntityFrameworkCore;
using Xingchen.Benchmarks.HandWritten;

namespace Xingchen.Benchmarks.EntityFramework;

/// <summary>The typed table as EF Core maps it, with a query filter by tenant.</summary>
/// <remarks>Contexts are pooled, so <see cref="Org"/> must be set at the beginning of every request.</remarks>
internal sealed class CustomerContext(DbContextOptions<CustomerContext> options) : DbContext(options)
{
    public long Org { get; set; }

    public DbSet<Customer> Customers => Set<Customer>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        var customer = modelBuilder.Entity<Customer>();
        customer.ToTable("customer");
        customer.HasKey(row => new { row.OrgId, row.Id });
        customer.HasQueryFilter(row => row.OrgId == Org);
        customer.Property(row => row.Id).ValueGeneratedOnAdd();
        customer.Property(row => row.Version).IsConcurrencyToken();
        customer.Property(row => row.CreatedAt).HasDefaultValueSql("now()");
        customer.Property(row => row.ModifiedAt).HasDefaultValueSql("now()");
        foreach (var property in customer.Metadata.GetProperties()) property.SetColumnName(SnakeCase(property.Name));
    }

    /// <summary><c>CreditLimit</c> → <c>credit_limit</c>.</summary>
    private static string SnakeCase(string name) => string.Concat(name.Select((letter, i) =>
        char.IsUpper(letter) ? (i > 0 ? "_" : "") + char.ToLowerInvariant(letter) : letter.ToString()));
}
