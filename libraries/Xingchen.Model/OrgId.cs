namespace Xingchen.Model;

/// <summary>An organization: the unit of isolation and of partitioning.</summary>
/// <remarks>Positive, allotted by the directory, never reused. 1 is the platform's own org. Zero is no org and is
/// refused wherever an id is needed.</remarks>
public readonly record struct OrgId(long Value)
{
    /// <summary>The org that the platform operator's clients belong to.</summary>
    public static readonly OrgId Platform = new(1);

    public override string ToString() => Value.ToString();
}

/// <summary>An account set of an org (its books): the unit a record belongs to.</summary>
/// <remarks>Unique within its org only; 1 is the account <c>main</c> that every org is born with.</remarks>
public readonly record struct AccountId(int Value)
{
    public override string ToString() => Value.ToString();
}

/// <summary>One account of one org: what every record statement and every schema is asked for.</summary>
public readonly record struct AccountKey(OrgId Org, AccountId Account)
{
    public override string ToString() => $"{Org}/{Account}";
}
