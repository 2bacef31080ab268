namespace Aspire.Hosting.ApplicationModel;

/// <summary>What a parameter is where nobody gives it.</summary>
public abstract class ParameterDefault
{
    public abstract string GetDefaultValue();
}

/// <summary>Random text, for secrets.</summary>
public sealed class GenerateParameterDefault : ParameterDefault
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz";

    /// <summary>How many characters.</summary>
    public int MinLength { get; set; }

    /// <summary>Whether characters other than letters and digits may be in it.</summary>
    public bool Special { get; set; } = true;

    public override string GetDefaultValue()
    {
        var alphabet = Letters + Letters.ToUpperInvariant() + "0123456789" + (Special ? "-_.{}~()*+!" : "");
        return System.Security.Cryptography.RandomNumberGenerator.GetString(alphabet, MinLength);
    }
}

/// <summary>A value that is given from outside.</summary>
public sealed class ParameterResource(string name, Func<ParameterDefault?, string> callback, bool secret = false)
    : Resource(name), IManifestExpressionProvider, IValueProvider
{
    private readonly Lock gate = new();
    private string? value;

    public ParameterDefault? Default { get; set; }

    /// <summary>Whether it must not be shown.</summary>
    public bool Secret { get; } = secret;

    public string ValueExpression => $"{{{Name}.value}}";

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default)
    {
        lock (gate) value ??= callback(Default);
        return ValueTask.FromResult<string?>(value);
    }
}
