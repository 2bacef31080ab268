namespace Xingchen.Contracts;

/// <summary>What a gateway has counted since its last report: <c>POST /internal/health</c> of Delivery. An empty one
/// says that the gateway is there.</summary>
/// <param name="Instance">Of the gateway.</param>
/// <param name="Accounts">At most <see cref="MostAccounts"/>.</param>
/// <remarks>A report that is lost, or taken twice, moves a judgement a little: nothing else rests on it.</remarks>
public sealed record HealthReport(string Instance, IReadOnlyList<AccountHealth> Accounts)
{
    public const int MostAccounts = 2_000;
}

/// <summary>Requests of an account that its metadata and its records answered.</summary>
/// <param name="Failures">Answers of 500 and above.</param>
/// <param name="Refusals">Answers that found the request wrong: 400, 405, 415, 422. Not those that tell of rights, of
/// what is absent or of conflicts.</param>
/// <param name="Milliseconds">That all of them took, together.</param>
public sealed record AccountHealth(
    long Org, int Account, int Requests, int Failures, int Refusals, long Milliseconds);
