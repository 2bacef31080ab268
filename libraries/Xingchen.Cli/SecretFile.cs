using System.Text;

namespace Xingchen.Cli;

/// <summary>A file that only its owner can read, replaced whole or not at all.</summary>
internal static class SecretFile
{
    public static void Write(string file, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        File.Delete(file + ".new");
        using (var stream = new StreamWriter(file + ".new", new UTF8Encoding(false), options)) stream.Write(content);
        File.Move(file + ".new", file, overwrite: true);
    }
}
