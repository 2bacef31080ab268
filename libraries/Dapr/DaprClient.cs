namespace Dapr.Client;

/// <summary>Talks to this app's sidecar.</summary>
public abstract class DaprClient;
