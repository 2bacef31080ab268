using Xingchen.AppModel;
using Xingchen.AppModel.Run;

namespace Xingchen.Tests.Unit.AppModel;

public sealed class HostArgumentsTests
{
    [Theory]
    [InlineData("--publisher manifest --output-path out.json")]
    [InlineData("--publisher=manifest --output-path=out.json")]
    [InlineData("--operation publish --step publish-manifest --output-path out.json")]
    public void The_manifest_is_asked_for_in_aspires_ways(string line)
    {
        var arguments = HostArguments.Parse(line.Split(' '));
        Assert.True(arguments.PublishManifest);
        Assert.Equal("out.json", arguments.OutputPath);
    }

    [Fact]
    public void A_run_has_its_options()
    {
        var arguments = HostArguments.Parse(["--demo", "--port-base", "9000", "--logs", "gateway,records-main"]);
        Assert.False(arguments.PublishManifest);
        Assert.Equal(9000, arguments.PortBase);
        Assert.Equal(["gateway", "records-main"], arguments.Logs);
    }

    [Theory]
    [InlineData("--idcs dev,prod")]
    [InlineData("--groups a,b")]
    [InlineData("--idcs local,prod --groups main,second")]
    [InlineData("--idcs=dev --groups=dev")]
    public void Sites_and_cells_have_names(string line) =>
        Assert.False(HostArguments.Parse(line.Split(' ')).ShowHelp);

    [Fact]
    public void Help_names_every_option()
    {
        foreach (var option in (string[])["--demo", "--port-base", "--idcs", "--groups", "--logs", "--publisher"])
            Assert.Contains(option, HostArguments.Help, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--prot-base 9000", "There is no option '--prot-base'. See --help.")]
    [InlineData("--port-base", "--port-base needs a value. See --help.")]
    [InlineData("--port-base 0", "--port-base is '0': a port from 1 to 65400 is needed.")]
    [InlineData("--port-base x", "--port-base is 'x': a port from 1 to 65400 is needed.")]
    [InlineData("--idcs", "--idcs needs a value. See --help.")]
    [InlineData("--idcs dev,dev", "--idcs and --groups give two of the name 'dev'.")]
    [InlineData("--idcs dev,prod --groups prod", "--idcs and --groups give two of the name 'prod'.")]
    [InlineData("--groups a,a", "--idcs and --groups give two of the name 'a'.")]
    [InlineData("--groups A", "--groups names 'A': names are lower-case letters, digits and dashes, 20 at most, and "
        + "begin with a letter.")]
    [InlineData("--publisher compose", "There is no publisher 'compose', only 'manifest'.")]
    [InlineData("--operation deploy", "There is no operation 'deploy', only 'run' and 'publish'.")]
    [InlineData("--operation publish --step push", "There is no step 'push', only 'publish-manifest'.")]
    [InlineData("--operation publish --step publish",
        "Publishing for Kubernetes is not there yet. --step publish-manifest writes the manifest.")]
    public void What_is_wrong_is_one_line(string line, string problem) =>
        Assert.Equal(problem, Assert.Throws<HostProblemException>(() => HostArguments.Parse(line.Split(' '))).Message);
}
