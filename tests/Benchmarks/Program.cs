using Xingchen.Benchmarks;
using Xingchen.Benchmarks.Compare;
using Xingchen.Benchmarks.EntityFramework;
using Xingchen.Benchmarks.Fills;
using Xingchen.Benchmarks.HandWritten;
using Xingchen.Benchmarks.Orgs;

// See docs/operations/benchmarks.md
const string Usage = """
    dotnet run -c Release --project tests/Benchmarks -- COMMAND

    --compare       the same operations of a hand-written service, of EF Core and of Records, side by side:
      --orgs 10,1000          numbers of orgs; ours at each is also compared with ours at the first
      --rows 200              records of an org on average: of ten orgs one has half
      --through-gateway       also the whole system through its gateway and sidecars, against straight at Records
      --only LIST             of GET,list,aggregate,insert,update,import
      --rounds 3              times that each side is measured per operation, in turns
      --seconds 1             how long each time
      --warm-up 5             seconds that each side is asked before its first round
      --connections 16        how many ask at once
      --import-rows 50000     rows of an imported file
      --no-fsync              PostgreSQL does not wait for the disk
      --json FILE             the result as JSON too
    --fills         records a second of each kind of index that is filled on live data, and CONTAINS before and after:
      --rows 100000           records of the account
      --writers 4             how many write meanwhile, in the second half
    --metadata      what metadata costs at each number of orgs: private fields, standard releases, new orgs, memory:
      --orgs 10,100,1000,10000
      --seed 1                which orgs have what
      --samples 30            orgs that are created and changed one after the other, at each number
      --connections 8         how many ask at once
      --json FILE
    --rollout       an upgrade of many accounts in one rollout under load, and a bad version after it:
      --accounts 1000
      --connections 8         how many call at once
      --bake 10               seconds that each account is watched
      --json FILE
    --installs      a package of many objects: milliseconds of installing it, planning an upgrade, and upgrading:
      --objects 50            of ten fields each; the upgrade adds a field to each
      --samples 20            orgs, one after the other
      --json FILE
    --create-orgs N gives a running installation so many orgs; again carries on. XINGCHEN_URL, XINGCHEN_CLIENT_ID and
                    XINGCHEN_CLIENT_SECRET say which, as for the command line:
      --seed 1, --connections 8
    --first-road    seconds until the whole system is ready, and the memory of each process
    --help
    """;
switch (args.FirstOrDefault()?.TrimStart('-'))
{
    case "compare":
        var options = new ComparisonOptions([.. List("--orgs", "10,1000").Select(int.Parse)], Option("--rows", 200),
            Option("--rounds", 3), Option("--seconds", 1), Option("--warm-up", 5),
            Option("--connections", 16), Option("--import-rows", 50_000), !args.Contains("--no-fsync"),
            args.Contains("--through-gateway"), [.. List("--only", "")]);
        await new Comparison(options).RunAsync(Text("--json"));
        return 0;
    case "fills":
        await new FillsRun(Option("--rows", 100_000), Option("--writers", 4)).RunAsync();
        return 0;
    case "metadata":
        var metadata = new MetadataOptions([.. List("--orgs", "10,100,1000,10000").Select(int.Parse)],
            Option("--seed", 1), Option("--samples", 30), Option("--connections", 8));
        await new MetadataRun(metadata).RunAsync(Text("--json"));
        return 0;
    case "rollout":
        await new RolloutRun(Option("--accounts", 1_000), Option("--connections", 8), Option("--bake", 10))
            .RunAsync(Text("--json"));
        return 0;
    case "installs":
        await new InstallsRun(Option("--objects", 50), Option("--samples", 20)).RunAsync(Text("--json"));
        return 0;
    case "create-orgs":
        var fixture = new OrgFixture(new Uri(Setting("XINGCHEN_URL")),
            (Setting("XINGCHEN_CLIENT_ID"), Setting("XINGCHEN_CLIENT_SECRET")), Option("--seed", 1),
            Option("--connections", 8));
        await fixture.FillAsync(0, Option("--create-orgs", 10));
        return 0;
    case "first-road":
        await FirstRoad.RunAsync();
        return 0;
    case "hand-written": // the services that compare starts
        HandWrittenService.Run();
        return 0;
    case "ef-core":
        EntityFrameworkService.Run();
        return 0;
    case "help":
        Console.WriteLine(Usage);
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

static string Setting(string name) =>
    Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"Set {name}.");

int Option(string name, int fallback) => int.TryParse(Text(name), out var value) && value > 0 ? value : fallback;

string[] List(string name, string fallback) =>
    (Text(name) ?? fallback).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
