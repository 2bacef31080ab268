using System.ComponentModel.DataAnnotations;
using Xingchen.Gateway;
using Xingchen.Gateway.Edge;
using Xingchen.Gateway.Forwarding;
using Xingchen.Model;

namespace Xingchen.Tests.Unit.Gateway;

public sealed class EdgeRulesTests
{
    [Theory]
    [InlineData("Xingchen-Context", false)]
    [InlineData("xingchen-path", false)]
    [InlineData("XINGCHEN-ANYTHING", false)]
    [InlineData("dapr-app-id", false)]
    [InlineData("Dapr-Api-Token", false)]
    [InlineData("X-Forwarded-For", false)]
    [InlineData("Forwarded", false)]
    [InlineData("Authorization", false)]
    [InlineData("Host", false)]
    [InlineData("traceparent", false)]
    [InlineData("Transfer-Encoding", false)]
    [InlineData("X-Named", false)]
    [InlineData("Accept", true)]
    [InlineData("If-Match", true)]
    [InlineData("Cookie", true)]
    public void Headers_in(string name, bool passes) =>
        Assert.Equal(passes, HeaderRules.Inbound(name, "close, x-named"));

    [Theory]
    [InlineData("Xingchen-Service", false)]
    [InlineData("dapr-callee-app-id", false)]
    [InlineData("Server", false)]
    [InlineData("Connection", false)]
    [InlineData("ETag", true)]
    [InlineData("Location", true)]
    [InlineData("Server-Timing", true)]
    [InlineData("WWW-Authenticate", true)]
    public void Headers_out(string name, bool passes) => Assert.Equal(passes, HeaderRules.Outbound(name));

    [Fact]
    public void Every_problem_has_a_page_and_every_page_a_problem() =>
        Assert.Equal(Problems.BySlug.Keys.Order(), ProblemPages.Slugs.Order());

    [Fact]
    public void Every_page_says_its_slug_its_status_and_what_to_do()
    {
        var folder = Path.Combine(
            AppContext.BaseDirectory[..AppContext.BaseDirectory.LastIndexOf("/tests/", StringComparison.Ordinal)],
                "docs", "problems");
        foreach (var problem in Problems.BySlug.Values)
        {
            var page = File.ReadAllText(Path.Combine(folder, problem.Slug + ".md"));
            Assert.StartsWith($"# {problem.Title}\n\n`{problem.Slug}`, status {problem.Status}.\n", page);
            Assert.Contains("\n## What to do\n\n- ", page);
        }
    }

    [Fact]
    public void A_page_becomes_HTML_with_all_text_escaped()
    {
        var html =
            ProblemPages.ToHtml(
                "# A <title>\n\nText & `a<b`\nmore.\n\n## Head\n\n- one\n- two\n  still two\n\n```\n<x>\n```\n");
        Assert.Contains("<h1>A &lt;title&gt;</h1>", html);
        Assert.Contains("<p>Text &amp; <code>a&lt;b</code>\nmore.</p>", html);
        Assert.Contains("<h2>Head</h2>", html);
        Assert.Contains("<ul><li>one</li><li>two\n  still two</li></ul>", html);
        Assert.Contains("<pre>&lt;x&gt;</pre>", html);
    }

    [Fact]
    public void Defaults_are_these()
    {
        var options = new GatewayOptions();
        Assert.Equal(
            (10L << 20, 256L << 20, 0, 250, 1000, 120),
            (options.JsonBodyBytes, options.PackageBytes, options.RequestsPerSecond, options.RevocationPollMilliseconds,
                options.RevocationMaxAgeMilliseconds, options.ResponseSeconds));
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        var bad = new GatewayOptions { RevocationPollMilliseconds = 901 };
        Assert.Throws<ValidationException>(() => Validator.ValidateObject(bad, new ValidationContext(bad), true));
    }
}
