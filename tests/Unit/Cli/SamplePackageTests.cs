using Xingchen.Schema;

namespace Xingchen.Tests.Unit.Cli;

/// <summary>The sample that ISVs copy is without a fault.</summary>
public sealed class SamplePackageTests
{
    [Fact]
    public void Northwind_resolves_by_itself_with_every_name_in_two_languages()
    {
        var folder = Path.Combine(RepositoryRoot(), "metadata/isv/northwind");
        var files = Directory.GetFiles(Path.Combine(folder, "metadata"), "*.json", SearchOption.AllDirectories)
            .Select(file => new DefinitionFile("objects", Path.GetRelativePath(folder, file), File.ReadAllBytes(file)));
        var layer = Layer.Parse(LayerKind.Isv, "northwind", "northwind", "1.0.0", files, out var findings);
        Assert.Empty(findings);
        var resolution = Resolver.Resolve([layer]);
        Assert.Empty(resolution.Findings);
        Assert.Equal(11, resolution.Objects.Count);
        var schema = SchemaCompiler.Compile(resolution, Places.None,
            Places.Allot(resolution, Places.None, Places.None, forStandard: false), resolution.Address);
        Assert.All(schema.Objects.SelectMany(item => item.Fields.Select(field => field.Label).Append(item.Label)),
            label => Assert.Equal(["en", "zh-CN"], label.ByLanguage.Keys.Order(StringComparer.Ordinal)));
        Assert.All(schema.Objects.SelectMany(item => item.Fields)
            .Where(field => field.Indexed || field.Unique || field.References is { Count: > 0 }),
            field => Assert.NotNull(field.Place.Slot));
    }

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Xingchen.sln"))) folder = folder.Parent;
        return folder.FullName;
    }
}
