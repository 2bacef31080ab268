using Xingchen.Benchmarks;

// `dotnet run -c Release --project tests/Benchmarks -- [first-road] [--seconds N] [--connections N]`
var seconds = Option("--seconds", 5);
var connections = Option("--connections", 32);
switch (args.FirstOrDefault(argument => !argument.StartsWith('-')) ?? "first-road")
{
    case "first-road":
        await FirstRoad.RunAsync(TimeSpan.FromSeconds(seconds), connections);
        return 0;
    default:
        await Console.Error.WriteLineAsync("There is: first-road [--seconds 5] [--connections 32].");
        return 2;
}

int Option(string name, int fallback)
{
    var at = Array.IndexOf(args, name);
    return at >= 0 && at + 1 < args.Length && int.TryParse(args[at + 1], out var value) ? value : fallback;
}
