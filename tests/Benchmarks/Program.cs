using Xingchen.Benchmarks;
using Xingchen.Benchmarks.Compare;
using Xingchen.Benchmarks.HandWritten;

// `dotnet run -c Release --project tests/Benchmarks -- COMMAND`: see docs/operations/benchmarks.md
const string Usage = """
    first-road [--seconds 5] [--connections 32]
    compare [--orgs 10] [--rows 1000] [--rounds 5] [--seconds 2] [--connections 16] [--import-rows 20000]
            [--no-fsync] [--only get,list,aggregate,insert,update,import] [--json FILE]
    """;
switch (args.FirstOrDefault(argument => !argument.StartsWith('-')) ?? "first-road")
{
    case "first-road":
        await FirstRoad.RunAsync(TimeSpan.FromSeconds(Option("--seconds", 5)), Option("--connections", 32));
        return 0;
    case "compare":
        var options = new ComparisonOptions(Option("--orgs", 10), Option("--rows", 1000), Option("--rounds", 5),
            Option("--seconds", 2), Option("--connections", 16), Option("--import-rows", 20_000),
            !args.Contains("--no-fsync"),
            [.. (Text("--only") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries)
                .Select(name => name == "get" ? "GET" : name)]);
        await using (var cell = await ComparedCell.StartAsync(options.Durable))
            await new Comparison(cell, options).RunAsync(Text("--json"));
        return 0;
    case "hand-written": // the service that compare starts
        HandWrittenService.Run();
        return 0;
    default:
        await Console.Error.WriteLineAsync(Usage);
        return 2;
}

string? Text(string name)
{
    var at = Array.IndexOf(args, name);
    return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
}

int Option(string name, int fallback) => int.TryParse(Text(name), out var value) && value > 0 ? value : fallback;
