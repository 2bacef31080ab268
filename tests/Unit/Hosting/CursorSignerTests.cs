using Microsoft.Extensions.Options;
using Xingchen.Hosting;
using Xingchen.Model;

namespace Xingchen.Tests.Unit.Hosting;

public sealed class CursorSignerTests
{
    private static readonly AccountKey Caller = new(new OrgId(7), new AccountId(1));

    private static CursorSigner Signer(byte key = 1) => new(Options.Create(new ServiceOptions
    {
        ContextKey = Convert.ToBase64String(Enumerable.Repeat(key, 32).ToArray()),
    }));

    [Theory]
    [InlineData("")]
    [InlineData("42")]
    [InlineData("星辰 & more")]
    public void Opens_for_its_own_caller_and_list(string payload) =>
        Assert.Equal(payload, Signer().Open("list", Caller, Signer().Sign("list", Caller, payload)));

    /// <summary>Reckoned by hand (HMAC-SHA-256 as the remarks of <see cref="CursorSigner"/> say). Clients keep cursors
    /// over upgrades: where this breaks, keep opening the old form too.</summary>
    [Fact]
    public void A_cursor_of_an_earlier_build_stays_valid()
    {
        const string Kept = "iEHYYnOFlPfFExNN_NXMPzQy";
        Assert.Equal("42", Signer().Open("changes", Caller, Kept));
        Assert.Equal(Kept, Signer().Sign("changes", Caller, "42"));
    }

    [Fact]
    public void Refuses_what_was_made_for_another_or_touched()
    {
        var cursor = Signer().Sign("list", Caller, "42");
        Refuses(() => Signer().Open("other", Caller, cursor));
        Refuses(() => Signer().Open("list", Caller with { Org = new OrgId(8) }, cursor));
        Refuses(() => Signer().Open("list", Caller with { Account = new AccountId(2) }, cursor));
        Refuses(() => Signer(2).Open("list", Caller, cursor));
        for (var i = 0; i < cursor.Length; i++)
        {
            var changed = cursor.ToCharArray();
            changed[i] = changed[i] == 'A' ? 'Q' : 'A'; // never only padding bits
            Refuses(() => Signer().Open("list", Caller, new string(changed)));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("%%%")]
    [InlineData("AAAA")]
    [InlineData("\0")]
    public void Refuses_what_is_no_cursor(string cursor) => Refuses(() => Signer().Open("list", Caller, cursor));

    [Fact]
    public void Purpose_and_payload_do_not_run_together()
    {
        var cursor = Signer().Sign("ab", Caller, "c");
        Refuses(() => Signer().Open("a", Caller, cursor));
    }

    private static void Refuses(Action open) =>
        Assert.Equal(Problems.CursorInvalid, Assert.Throws<ProblemException>(open).Problem);
}
