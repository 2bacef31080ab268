using Xingchen.Cli;

namespace Xingchen.Tests.Unit.Cli;

public sealed class SecretFileTests
{
    [Fact]
    public void Only_the_owner_can_read_it_also_when_it_is_replaced()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("xingchen-secret").FullName, "a", "profile.json");
        SecretFile.Write(file, "one");
        SecretFile.Write(file, "two");
        Assert.Equal("two", File.ReadAllText(file));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(file)!));
        Directory.Delete(Path.GetDirectoryName(Path.GetDirectoryName(file))!, recursive: true);
    }

    [Fact]
    public void An_import_request_escapes_what_it_names() =>
        Assert.Equal("object=a__B&mode=upsert&by=x&null=%26",
            new ImportRequest("a__B", "upsert", "x", "&").Query);
}
