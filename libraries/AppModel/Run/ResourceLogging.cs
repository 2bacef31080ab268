using Microsoft.Extensions.Logging;

namespace Xingchen.AppModel.Run;

/// <summary>What the host's own parts log goes to a file, as other resources' output does.</summary>
internal sealed class ResourceLogging(ResourceLog log) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new Logger(log, categoryName);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("There is one log here.");

    public void Dispose()
    {
    }

    private sealed class Logger(ResourceLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        private readonly LogLevel least =
            category.StartsWith("Microsoft", StringComparison.Ordinal) ? LogLevel.Warning : LogLevel.Information;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= least;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel)) return;
            log.Write($"{logLevel}: {category}: {formatter(state, exception)}");
            if (exception is not null) log.Write(exception.ToString());
        }
    }
}
