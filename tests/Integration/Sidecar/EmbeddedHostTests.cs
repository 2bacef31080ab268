using System.Diagnostics;
using System.Net;
using Dapr.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Xingchen.Sidecar;

namespace Xingchen.Tests.Integration.Sidecar;

/// <summary>What the host adds: several apps, restarts, large bodies, and errors at the start.</summary>
public sealed class EmbeddedHostTests
{
    private const string ToEvents = """[{"pubsubname":"pubsub","topic":"t","route":"events"}]""";

    [Fact]
    public async Task Apps_find_each_other_and_each_subscriber_gets_a_copy()
    {
        await using var first = await TestApp.StartAsync(subscriptions: ToEvents);
        await using var second = await TestApp.StartAsync(subscriptions: ToEvents);
        await using var sidecar = await SidecarUnderTest.StartAsync(
            SidecarUnderTest.Embedded, first, [SidecarUnderTest.Pubsub]);
        var other = await sidecar.Host.AddAsync(new SidecarOptions { AppId = "other", AppPort = second.Port });
        await other.Ready;
        using var dapr = new DaprClientBuilder().UseHttpEndpoint($"http://127.0.0.1:{sidecar.Port}").Build();

        await dapr.InvokeMethodAsync(HttpMethod.Put, "other.default", "a/path", new { x = 1 });
        await dapr.PublishEventAsync("pubsub", "t", new { y = 2 });

        var invoked = second.Next();
        Assert.Equal(("/a/path", "app"), (invoked.Target, invoked.Headers["dapr-caller-app-id"]));
        Assert.Contains("\"y\":2", first.Next().Body);
        Assert.Contains("\"y\":2", second.Next().Body);
    }

    [Fact]
    public async Task An_app_that_comes_back_is_asked_again_and_gets_what_waited()
    {
        var app = await TestApp.StartAsync(subscriptions: ToEvents);
        await using var sidecar =
            await SidecarUnderTest.StartAsync(SidecarUnderTest.Embedded, app, [SidecarUnderTest.Pubsub]);
        var port = app.Port;
        await app.DisposeAsync();

        using var refused = await sidecar.Http.GetAsync("v1.0/invoke/app/method/x");
        using var published = await sidecar.PublishAsync("t", """{"n":1}""");
        await using var again = await TestApp.StartAsync(port: port, subscriptions: """
            [{"pubsubname":"pubsub","topic":"t","route":"events"},{"pubsubname":"pubsub","topic":"new","route":"news"}]
            """);

        Assert.Equal(500, (int)refused.StatusCode);
        Assert.Equal("ERR_DIRECT_INVOKE", await InvocationTests.CodeAsync(refused));
        Assert.Contains("\"n\":1", again.Next().Body);
        for (var attempt = 0; again.Events.Count == 0 && attempt < 50; attempt++)
        {
            using var news = await sidecar.PublishAsync("new", "{}");
            await Task.Delay(100);
        }
        Assert.Equal("/news", again.Next().Target);
    }

    [Fact]
    public async Task A_large_body_passes_with_flat_memory()
    {
        const long Size = 256L * 1024 * 1024;
        await using var app = await TestApp.StartAsync(map => map.MapPost("/sink", async (HttpContext http) =>
        {
            var buffer = new byte[64 * 1024];
            var total = 0L;
            for (int read; (read = await http.Request.Body.ReadAsync(buffer)) > 0;) total += read;
            return total.ToString();
        }));
        await using var sidecar = await SidecarUnderTest.StartAsync(SidecarUnderTest.Embedded, app);
        var before = Process.GetCurrentProcess().WorkingSet64;

        using var answer = await sidecar.Http.PostAsync("v1.0/invoke/app/method/sink",
            new StreamContent(new Zeros(Size), 65536));

        Assert.Equal(Size.ToString(), await answer.Content.ReadAsStringAsync());
        var grown = Process.GetCurrentProcess().WorkingSet64 - before;
        Assert.True(grown < Size / 2, $"grew by {grown / 1024 / 1024} MiB");
    }

    [Fact]
    public async Task Apis_that_are_not_there_say_so()
    {
        await using var sidecar = await SidecarUnderTest.StartAsync(SidecarUnderTest.Embedded, null);

        using var jobs = await sidecar.Http.PostAsync("v1.0/jobs/x", null);
        using var state = await sidecar.Http.GetAsync("v1.0/state/store/key");

        Assert.Equal((HttpStatusCode.NotImplemented, "ERR_API_UNIMPLEMENTED"), (jobs.StatusCode,
            await InvocationTests.CodeAsync(jobs)));
        Assert.Equal("ERR_STATE_STORE_NOT_CONFIGURED", await InvocationTests.CodeAsync(state));
    }

    [Fact]
    public async Task A_port_in_use_is_one_clear_line()
    {
        await using var host = await SidecarHost.StartAsync(new SidecarHostOptions());
        var first = await host.AddAsync(new SidecarOptions { AppId = "first" });

        var exception = await Assert.ThrowsAsync<SidecarException>(
            () => host.AddAsync(new SidecarOptions { AppId = "second", DaprHttpPort = first.HttpPort }));

        Assert.Equal($"Port {first.HttpPort}, for the sidecar of the app 'second', is in use.", exception.Message);
    }

    [Fact]
    public async Task The_client_reads_secrets_health_and_metadata()
    {
        await using var sidecar =
            await SidecarUnderTest.StartAsync(SidecarUnderTest.Embedded, null, [SidecarUnderTest.Pubsub]);
        using var dapr = new DaprClientBuilder().UseHttpEndpoint($"http://127.0.0.1:{sidecar.Port}").Build();

        await dapr.WaitForSidecarAsync();
        await dapr.SetMetadataAsync("k", "v");
        var metadata = await dapr.GetMetadataAsync();

        Assert.True(await dapr.CheckHealthAsync());
        Assert.Equal(("app", "v"), (metadata.Id, metadata.Extended["k"]));
        Assert.Equal("pubsub", Assert.Single(metadata.Components).Name);
        await Assert.ThrowsAsync<Dapr.DaprException>(() => dapr.GetSecretAsync("nowhere", "x"));
        var failure = await Assert.ThrowsAsync<InvocationException>(() => dapr.InvokeMethodAsync("nobody", "x"));
        Assert.Equal("nobody", failure.AppId);
    }

    /// <summary>So many zero bytes.</summary>
    private sealed class Zeros(long length) : Stream
    {
        private long left = length;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }


        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Min(count, left);
            Array.Clear(buffer, offset, read);
            left -= read;
            return read;
        }

        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
