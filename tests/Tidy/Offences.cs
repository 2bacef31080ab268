namespace Xingchen.Tests.Tidy;

/// <summary>One place where the house's rules are broken, with what to do about it.</summary>
internal sealed record Offence(string File, int Line, string WhatToDo)
{
    public override string ToString() => $"{File}:{Line}: {WhatToDo}";
}

internal static class Offences
{
    /// <summary>Fails with every offence at once.</summary>
    public static void AssertNone(IEnumerable<Offence> offences)
    {
        var found = offences.Select(offence => offence.ToString()).Order(StringComparer.Ordinal).ToList();
        if (found.Count > 0) Assert.Fail($"{found.Count} to mend:\n" + string.Join('\n', found));
    }
}
