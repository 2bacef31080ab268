namespace Xingchen.Cli;

/// <summary>What a verification looked at, a line each on standard output, and whether all of it was right.</summary>
internal sealed class Verdict
{
    /// <summary>The exit code where something is wrong: neither a usage error nor a server that cannot be
    /// reached.</summary>
    public const int Wrong = 3;

    private bool wrong;

    public int ExitCode => wrong ? Wrong : 0;

    public void Right(string what, string says) => Write("ok   ", what, says);

    /// <summary>Not wrong, and to be known.</summary>
    public void Note(string what, string says) => Write("note ", what, says);

    public void Fail(string what, string says)
    {
        wrong = true;
        Write("WRONG", what, says);
    }

    /// <returns><paramref name="holds"/></returns>
    public bool Check(bool holds, string what, string right, string otherwise)
    {
        if (holds) Right(what, right);
        else Fail(what, otherwise);
        return holds;
    }

    private static void Write(string verdict, string what, string says) =>
        Console.WriteLine($"{verdict}  {what,-10} {says}");
}
