using System.CommandLine;
using Xingchen.Cli;

var root = new RootCommand("""
    xingchen - the command line of Xingchen.

    For ISV developers: validate, pack, sign, push and release app packages. For organizations: verify and install them,
    look at objects, query and import. Sign in once with `xingchen login`; XINGCHEN_URL, XINGCHEN_CLIENT_ID and
    XINGCHEN_CLIENT_SECRET stand in for it where nothing may be stored.
    """);
foreach (var command in SessionCommands.All().Concat(PackageCommands.All()).Concat(KeyCommands.All())
    .Append(VerifyCommand.Create()).Concat(RolloutCommands.All()).Concat(DeployCommands.All())
    .Concat(DataCommands.All()).Concat(HostCommands.All()))
    root.Add(command);

try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (CliException problem)
{
    Terminal.Fail(problem);
    return 1;
}
catch (OperationCanceledException)
{
    await Console.Error.WriteLineAsync("Stopped. Running the same command again is safe.");
    return 130;
}
