using System.Text.Json.Serialization;

namespace Xingchen.Benchmarks.HandWritten;

/// <summary>The row and the answer of the hand-written service: the fields of the standard object of that
/// name.</summary>
internal sealed class Customer
{
    public long Id { get; init; }
    public long Version { get; init; }
    public DateTime CreatedAt { get; init; }
    public DateTime ModifiedAt { get; init; }
    public string? CreatedBy { get; init; }
    public string? ModifiedBy { get; init; }
    public string? Name { get; init; }
    public string? Code { get; init; }
    public string? Status { get; init; }
    public long? Region { get; init; }
    public long? Owner { get; init; }
    public long? Currency { get; init; }
    public decimal? CreditLimit { get; init; }
    public int? PaymentDays { get; init; }
    public string? TaxNumber { get; init; }
    public string? Email { get; init; }
    public string? Phone { get; init; }
    public string? Website { get; init; }
    public string? Address { get; init; }
    public string? City { get; init; }
    public string? PostalCode { get; init; }
    public string? Country { get; init; }
    public DateOnly? CustomerSince { get; init; }
    public string? Notes { get; init; }
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
