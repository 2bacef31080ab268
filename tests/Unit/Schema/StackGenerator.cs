using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xingchen.Schema;

namespace Xingchen.Tests.Unit.Schema;

/// <summary>Makes stacks of layers out of a seed: legal ones and illegal ones, always the same for a seed.</summary>
internal sealed class StackGenerator(ulong seed)
{
    private static readonly string[] Types = ["text", "integer", "number", "boolean", "date", "picklist", "reference",
        "email"];
    private static readonly string[] Namespaces = ["alpha", "beta", "gamma"];
    private ulong state = seed;

    /// <summary>A standard layer, some packages and perhaps a private layer.</summary>
    public List<Layer> Stack()
    {
        var stack = new List<Layer> { Parse(LayerKind.Group, "trade", null, Definitions(null)) };
        for (var i = 0; i < Namespaces.Length; i++)
            if (Chance(70)) stack.Add(Parse(LayerKind.Isv, "p" + i, Namespaces[i], Definitions(Namespaces[i])));
        if (Chance(80)) stack.Add(Parse(LayerKind.Account, "main", null, Definitions("c")));
        return stack;
    }

    public int Next(int bound)
    {
        // SplitMix64: small, seeded, the same everywhere.
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (int)((z ^ (z >> 31)) % (ulong)bound);
    }

    private bool Chance(int percent) => Next(100) < percent;

    private static Layer Parse(LayerKind kind, string name, string? ns, JsonObject document)
    {
        var layer = Layer.Parse(kind, name, ns, "1.0.0", Encoding.UTF8.GetBytes(document.ToJsonString()),
            out var findings);
        Assert.Empty(findings);
        return layer;
    }

    private JsonObject Definitions(string? prefix)
    {
        var objects = new JsonArray();
        for (var i = 0; i < (prefix is null ? 3 : Next(2)); i++)
        {
            var made = new JsonObject { ["name"] = Prefixed(prefix, "Thing" + i), ["label"] = Label(),
                ["fields"] = OwnFields(null) };
            if (prefix is null) made["keyPrefix"] = "0A" + i;
            if (Chance(15)) made["locked"] = new JsonArray(Chance(50) ? "label" : "fields");
            objects.Add(made);
        }
        var overlays = new JsonArray();
        for (var i = 0; i < 4 && prefix is not null; i++)
            if (Chance(60)) overlays.Add(Overlay(i == 3 ? "alpha__Thing0" : "Thing" + i, prefix));
        return new JsonObject
        {
            ["objects"] = objects, ["overlays"] = overlays, ["config-items"] = Settings(prefix, overlays),
            ["translations"] = Translations(prefix, overlays),
        };
    }

    private JsonArray Settings(string? prefix, JsonArray overlays)
    {
        var settings = new JsonArray();
        for (var i = 0; i < Next(3); i++)
            settings.Add(new JsonObject
            {
                ["name"] = Prefixed(prefix, "setting" + i), ["type"] = Chance(50) ? "integer" : "text",
                ["default"] = Next(9), ["min"] = Next(4), ["required"] = Chance(50),
            });
        for (var i = 0; i < 3 && prefix is not null; i++)
            if (Chance(40))
                overlays.Add(new JsonObject
                {
                    ["overlays"] = "setting" + i, ["kind"] = "config-item", ["value"] = Next(9), ["max"] = Next(9),
                    ["required"] = Chance(60),
                });
        return settings;
    }

    private JsonArray Translations(string? prefix, JsonArray overlays)
    {
        if (prefix is not null && Chance(30))
            overlays.Add(new JsonObject
            {
                ["overlays"] = "german", ["kind"] = "translation", ["texts"] = Texts(),
            });
        return Chance(50) ? [] : new JsonArray(new JsonObject
        {
            ["name"] = Prefixed(prefix, "german"), ["language"] = Chance(70) ? "de" : "en", ["texts"] = Texts(),
        });
    }

    private JsonArray Texts()
    {
        var texts = new JsonArray();
        for (var i = 0; i < 4; i++)
            for (var field = -1; field < 4; field++)
                if (Chance(20))
                    texts.Add(new JsonObject
                    {
                        ["path"] = $"objects/Thing{i}/" + (field < 0 ? "" : $"fields/f{field}/") + "label",
                        ["text"] = "Ü" + Next(9),
                    });
        return texts;
    }

    private JsonObject Overlay(string target, string prefix)
    {
        var overlay = new JsonObject { ["overlays"] = target };
        if (Chance(50)) overlay["label"] = Label();
        if (Chance(20)) overlay["hidden"] = true;
        var fields = OwnFields(prefix);
        for (var i = 0; i < 5; i++)
            if (Chance(50)) fields.Add(FieldOverlay("f" + i));
        for (var i = 0; i < fields.Count; i++)
            if (Chance(30)) fields[i]![Chance(50) ? "after" : "before"] = Chance(70) ? "f" + Next(6)
                : Prefixed(prefix, "f" + Next(3));
        overlay["fields"] = fields;
        return overlay;
    }

    private JsonObject FieldOverlay(string name)
    {
        var overlay = new JsonObject { ["name"] = name };
        if (Chance(30)) overlay["label"] = Label();
        if (Chance(30)) overlay["required"] = Chance(70);
        if (Chance(20)) overlay["hidden"] = Chance(80);
        if (Chance(20)) overlay["length"] = 1 + Next(300);
        if (Chance(15)) overlay["type"] = "text";
        if (Chance(15)) overlay["default"] = Next(9);
        if (Chance(25)) overlay["unset"] = new JsonArray(Chance(50) ? "label" : "required");
        if (Chance(25)) overlay["restore"] = new JsonArray(Chance(50) ? "label" : "length");
        if (Chance(30)) overlay["values"] =
            new JsonArray(new JsonObject { ["value"] = "v" + Next(4), ["label"] = Label() });
        // With a type it is written down whole, and then it must be right as a whole.
        return overlay.ContainsKey("type") ? new JsonObject { ["name"] = name, ["type"] = "boolean" } : overlay;
    }

    private JsonArray OwnFields(string? prefix)
    {
        var fields = new JsonArray();
        for (var i = 0; i < (prefix is null ? 5 : Next(3)); i++)
        {
            var type = Types[Next(Types.Length)];
            var field = new JsonObject { ["name"] = Prefixed(prefix, "f" + i), ["type"] = type };
            if (Chance(60)) field["label"] = Label();
            if (Chance(20)) field["required"] = true;
            if (Chance(30) && type is not "boolean") field["indexed"] = true;
            if (type == "text" && Chance(50)) field["length"] = 1 + Next(200);
            if (type == "reference") field["references"] = new JsonArray("Thing" + Next(4));
            if (type == "picklist")
                field["values"] = new JsonArray(new JsonObject { ["value"] = "v0" },
                    new JsonObject { ["value"] = "v1", ["label"] = Label() });
            if (Chance(10)) field["locked"] = new JsonArray(Chance(50) ? "*" : "label");
            fields.Add(field);
        }
        return fields;
    }

    private JsonNode Label() => Chance(50)
        ? new JsonObject { ["en"] = "L" + Next(9) }
        : new JsonObject { ["en"] = "L" + Next(9), ["zh-CN"] = "标" + Next(9) };

    private static string Prefixed(string? prefix, string name) => prefix is null ? name : $"{prefix}__{name}";
}
