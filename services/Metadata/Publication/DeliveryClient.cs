using Xingchen.Contracts;
using Xingchen.Hosting;
using Xingchen.Schema;

namespace Xingchen.Metadata.Publication;

/// <summary>Pulls published layers from Delivery, and believes none that is not what its address says.</summary>
internal sealed class DeliveryClient(ServiceClient services)
{
    /// <summary>The layer of a released package version.</summary>
    /// <exception cref="ProblemException">Delivery's own, such as <c>not-found</c> or
    /// <c>package-not-released</c>.</exception>
    public Task<PulledLayer> ReleasedAsync(string package, string version, CancellationToken ct) =>
        PullAsync($"/internal/packages/{Uri.EscapeDataString(package)}/{Uri.EscapeDataString(version)}/layer", ct);

    /// <summary>A layer by its address.</summary>
    public Task<PulledLayer> LayerAsync(string digest, CancellationToken ct) =>
        PullAsync("/internal/layers/" + Uri.EscapeDataString(digest), ct);

    private async Task<PulledLayer> PullAsync(string path, CancellationToken ct)
    {
        var document = await services.GetAsync<LayerDocument>(
            AppIds.Delivery, path, ServiceClient.Internal("metadata"), ct);
        var content = CanonicalJson.Write(document.Content);
        return Digest.Of(content).Value == document.Digest
            ? new PulledLayer(document, content)
            : throw new InvalidOperationException($"Delivery sent other content than {document.Digest} for {path}.");
    }
}

/// <summary>A layer from Delivery, verified.</summary>
internal sealed record PulledLayer(LayerDocument Document, byte[] Content);
