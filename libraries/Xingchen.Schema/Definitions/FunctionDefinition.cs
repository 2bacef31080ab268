namespace Xingchen.Schema.Definitions;

/// <summary>A function: code that answers an HTTP request.</summary>
internal static class FunctionDefinition
{
    private static readonly ItemShape Shape = new("function",
        new PropertyShape("name", new NameForm(), Above.Fixed, Required: true),
        CodeDefinition.And(
            new("path", new PathForm(), Above.Fixed),
            new("methods", new WordListForm("GET", "POST", "PUT", "PATCH", "DELETE"), Above.Fixed, Required: true),
            new("scopes", new WordListForm(Scopes.Data, Scopes.Admin), Above.Fixed)),
        []);

    public static DefinitionKind Kind { get; } = new("function", "functions", Shape, Verify) { NeedsPackage = true };

    private static void Verify(StackCheck stack)
    {
        var taken = new Dictionary<(string, string, string), string>();
        foreach (var function in stack.Items)
        {
            var path = function.Text("path") ?? LayerReader.Unprefixed(function.Key);
            foreach (var method in function.Strings("methods"))
                if (!taken.TryAdd((function.Layer, path, method), function.Key))
                    stack.Find(function, "function-path-taken",
                        $"{taken[(function.Layer, path, method)]} answers {method} {path} already; "
                        + "give one of them another \"path\".",
                        function.Text("path") is null ? "name" : "path");
        }
    }
}
