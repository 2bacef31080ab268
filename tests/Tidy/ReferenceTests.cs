using System.Xml.Linq;

namespace Xingchen.Tests.Tidy;

/// <summary>Who may know whom: the references between projects, and what each may take from outside.</summary>
public sealed class ReferenceTests
{
    /// <summary>What each project may reference; a project that is not here may not exist.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["libraries/Xingchen.Model"] = [],
        ["libraries/Xingchen.Sdk"] = [],
        ["libraries/Dapr"] = [],
        ["libraries/Sidecar"] = [],
        ["libraries/AppModel"] = ["libraries/Sidecar"],
        ["libraries/Xingchen.Schema"] = ["libraries/Xingchen.Model"],
        ["libraries/Xingchen.Contracts"] = ["libraries/Xingchen.Model"],
        ["libraries/Xingchen.Storage"] = ["libraries/Xingchen.Model"],
        ["libraries/Xingchen.Hosting"] = ["libraries/Xingchen.Model", "libraries/Dapr"],
        ["libraries/Xingchen.Cli"] = ["libraries/Xingchen.Model", "libraries/Xingchen.Schema", "libraries/Sidecar"],
        ["services/Gateway"] = WithoutStorage,
        ["services/Extensions"] = WithoutStorage,
        ["services/Organization"] = WithStorage,
        ["services/Metadata"] = WithStorage,
        ["services/Delivery"] = WithStorage,
        ["services/Records"] = WithStorage,
        ["AppHost"] = ["libraries/AppModel"],
    };

    /// <summary>Packages that one project alone may have.</summary>
    private static readonly Dictionary<string, string> OneOwner = new()
    {
        ["Npgsql"] = "libraries/Xingchen.Storage",
        ["Dapper"] = "libraries/Xingchen.Storage",
        ["AWSSDK.S3"] = "services/Delivery",
        ["CsvHelper"] = "services/Records",
        ["YamlDotNet"] = "libraries/Sidecar",
        ["System.CommandLine"] = "libraries/Xingchen.Cli",
        ["Npgsql.EntityFrameworkCore.PostgreSQL"] = "tests/Benchmarks", // to be compared with, never to be used
    };

    private static readonly string[] Refused =
        ["MediatR", "AutoMapper", "Moq", "NSubstitute", "FakeItEasy", "Polly", "Microsoft.EntityFrameworkCore"];

    private static string[] WithoutStorage =>
    [
        "libraries/Xingchen.Model", "libraries/Xingchen.Schema", "libraries/Xingchen.Contracts",
        "libraries/Xingchen.Hosting", "libraries/Xingchen.Sdk", "libraries/Dapr",
    ];

    private static string[] WithStorage => [.. WithoutStorage, "libraries/Xingchen.Storage"];

    [Fact]
    public void Projects_reference_only_what_the_house_allows() => Offences.AssertNone(
        from project in Projects()
        where !Repository.IsTest(project)
        let home = Home(project)
        from reference in References(project)
        let target = Home(Resolve(project, reference.Attribute("Include")!.Value))
        where !Allowed.GetValueOrDefault(home, []).Contains(target) && !IsOrderOnly(home, reference)
        select new Offence(project, 1, $"Remove the reference to {target}: {home} may not know it."));

    [Fact]
    public void Every_project_has_its_place() => Offences.AssertNone(
        from project in Projects()
        where !Repository.IsTest(project) && !Allowed.ContainsKey(Home(project))
        select new Offence(project, 1, "Say in ReferenceTests what it may reference, or fold it into another."));

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = Repository.Read("Xingchen.sln").Replace('\\', '/');
        Offences.AssertNone(
            from project in Projects()
            where !solution.Contains(project, StringComparison.Ordinal)
            select new Offence(project, 1, "Add it to Xingchen.sln."));
    }

    [Fact]
    public void Model_and_Sdk_take_no_package() => Offences.AssertNone(
        from project in Projects()
        where Home(project) is "libraries/Xingchen.Model" or "libraries/Xingchen.Sdk"
        from package in Packages(project)
        select new Offence(project, 1, $"Remove the package {package}."));

    [Fact]
    public void Packages_have_one_owner() => Offences.AssertNone(
        from project in Projects()
        where !Repository.IsTest(project)
        from package in Packages(project)
        where OneOwner.TryGetValue(package, out var owner) && owner != Home(project)
        select new Offence(project, 1, $"Remove the package {package}: only {OneOwner[package]} has it."));

    [Fact]
    public void Refused_packages_are_absent() => Offences.AssertNone(
        from project in Projects().Append("Directory.Packages.props")
        from package in Packages(project)
        where Refused.Any(refused => package == refused || package.StartsWith(refused + ".", StringComparison.Ordinal))
        select new Offence(project, 1, $"Remove the package {package}: the house refuses it."));

    [Fact]
    public void Versions_stand_in_one_file() => Offences.AssertNone(
        from project in Projects()
        from reference in XDocument.Parse(Repository.Read(project)).Descendants("PackageReference")
        where reference.Attribute("Version") is not null
        select new Offence(project, 1,
            $"Move the version of {reference.Attribute("Include")?.Value} to Directory.Packages.props."));

    private static IEnumerable<string> Projects() => Repository.Named("*.csproj");

    private static IEnumerable<XElement> References(string project) =>
        XDocument.Parse(Repository.Read(project)).Descendants("ProjectReference");

    private static IEnumerable<string> Packages(string project) => XDocument.Parse(Repository.Read(project))
        .Descendants()
        .Where(element => element.Name.LocalName is "PackageReference" or "PackageVersion")
        .Select(element => element.Attribute("Include")?.Value).OfType<string>();

    /// <summary>The host starts services and so wants them built, but compiles against none of them.</summary>
    private static bool IsOrderOnly(string home, XElement reference) =>
        home == "AppHost" && reference.Attribute("ReferenceOutputAssembly")?.Value == "false";

    private static string Home(string project) => Path.GetDirectoryName(project)!.Replace('\\', '/');

    private static string Resolve(string project, string include) => Path.GetRelativePath(
        Repository.Root, Path.GetFullPath(Path.Combine(Repository.Root, Home(project), include.Replace('\\', '/'))));
}
