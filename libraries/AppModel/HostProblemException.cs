namespace Xingchen.AppModel;

/// <summary>Something on this machine stands in the way of a run; the message is one line that also says how to mend
/// it.</summary>
public sealed class HostProblemException(string message, Exception? inner = null) : Exception(message, inner);
