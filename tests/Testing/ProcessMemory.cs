using System.Globalization;

namespace Xingchen.Testing;

/// <summary>What <c>/proc</c> tells of another process; Linux only.</summary>
public static class ProcessMemory
{
    /// <summary>Bytes that are resident now.</summary>
    public static long ResidentBytes(int process) => long.Parse(
        File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
            .Split(':')[1].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1024;
}
