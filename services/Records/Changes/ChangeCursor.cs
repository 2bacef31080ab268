using System.Globalization;
using Xingchen.Hosting;

namespace Xingchen.Records.Changes;

/// <summary>Where a reader of the feed stands: signed, of one account, for any <c>objects</c>.</summary>
/// <remarks>A cursor is a position of the log, not of a page: it stays valid as long as the changes behind it are
/// kept.</remarks>
internal static class ChangeCursor
{
    private const string Purpose = "changes";

    public static string Sign(CursorSigner signer, AccountKey caller, long position) =>
        signer.Sign(Purpose, caller, position.ToString(CultureInfo.InvariantCulture));

    /// <exception cref="ProblemException"><c>cursor-invalid</c></exception>
    public static long Open(CursorSigner signer, AccountKey caller, string? cursor) =>
        cursor is null ? 0 : long.Parse(signer.Open(Purpose, caller, cursor), CultureInfo.InvariantCulture);
}
