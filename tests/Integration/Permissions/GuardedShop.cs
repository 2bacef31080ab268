using Xingchen.Model;
using Xingchen.Tests.Integration.Records;

namespace Xingchen.Tests.Integration.Permissions;

/// <summary>An account of the package <c>shop</c> with permission sets, and callers who have some of them.</summary>
internal sealed class GuardedShop(RecordsCell cell, RecordsCaller all)
{
    private static readonly SemaphoreSlim Publishing = new(1, 1);
    private static readonly HashSet<(string, string)> Published = [];

    /// <summary>A caller without permission sets: he may do everything.</summary>
    public RecordsCaller All => all;

    /// <param name="sets">What stands in the package's <c>permission-sets</c>.</param>
    public static async Task<GuardedShop> OpenAsync(RecordsCell cell, string version, string sets)
    {
        var document = ShopPackage.Document.TrimEnd()[..^1] + ",\"permission-sets\":[" + sets + "]}";
        await Publishing.WaitAsync();
        try
        {
            if (Published.Add((cell.Owner, version))) await cell.PublishAsync(version, document);
        }
        finally
        {
            Publishing.Release();
        }
        var account = await cell.NewAccountAsync();
        await cell.InstallAsync(account.Org, account.Account, 2, version, document);
        return new GuardedShop(cell, account);
    }

    /// <summary>A user with some of the sets.</summary>
    public RecordsCaller With(string user, string attributes, params string[] sets) =>
        cell.Granted(all, user, new Grants(sets, attributes));
}
