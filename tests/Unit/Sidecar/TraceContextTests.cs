using Xingchen.Sidecar.Http;

namespace Xingchen.Tests.Unit.Sidecar;

public sealed class TraceContextTests
{
    private const string Given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

    [Fact]
    public void A_hop_keeps_the_trace_its_flags_and_its_state()
    {
        var hop = TraceContext.Continue(Given, "a=b", sampling: 1);

        Assert.Equal(Given[3..35], hop.TraceId);
        Assert.NotEqual(Given[36..52], hop.Parent[36..52]);
        Assert.EndsWith("-00", hop.Parent);
        Assert.Equal("a=b", hop.State);
        Assert.True(TraceContext.IsValid(hop.Parent));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    [InlineData("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01")]
    [InlineData("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x")]
    public void An_invalid_parent_begins_a_trace_without_its_state(string? parent)
    {
        var hop = TraceContext.Continue(parent, "a=b", sampling: 1);

        Assert.True(TraceContext.IsValid(hop.Parent));
        Assert.EndsWith("-01", hop.Parent);
        Assert.Null(hop.State);
    }

    [Fact]
    public void Nothing_is_sampled_at_zero() =>
        Assert.EndsWith("-00", TraceContext.Continue(null, null, sampling: 0).Parent);
}
