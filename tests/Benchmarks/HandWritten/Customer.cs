using System.Text.Json.Serialization;

namespace Xingchen.Benchmarks.HandWritten;

/// <summary>The row and the answer of the services that ours is compared with: the fields of the standard object of
/// that name.</summary>
internal sealed class Customer
{
    [JsonIgnore]
    public long OrgId { get; set; }

    public long Id { get; set; }
    public long Version { get; set; }
    public DateTime CreatedAt { get; set; }
    public DateTime ModifiedAt { get; set; }
    public string? CreatedBy { get; set; }
    public string? ModifiedBy { get; set; }
    public string? Name { get; set; }
    public string? Code { get; set; }
    public string? Status { get; set; }
    public long? Region { get; set; }
    public long? Owner { get; set; }
    public long? Currency { get; set; }
    public decimal? CreditLimit { get; set; }
    public int? PaymentDays { get; set; }
    public string? TaxNumber { get; set; }
    public string? Email { get; set; }
    public string? Phone { get; set; }
    public string? Website { get; set; }
    public string? Address { get; set; }
    public string? City { get; set; }
    public string? PostalCode { get; set; }
    public string? Country { get; set; }
    public DateOnly? CustomerSince { get; set; }
    public string? Notes { get; set; }
}

internal sealed class CustomerPage
{
    public required List<Customer> Records { get; init; }
}

internal sealed class CountryTotal
{
    public string? Country { get; init; }
    public long Number { get; init; }
    public decimal? Total { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Customer))]
[JsonSerializable(typeof(CustomerPage))]
[JsonSerializable(typeof(List<CountryTotal>))]
internal sealed partial class CustomerJson : JsonSerializerContext;
