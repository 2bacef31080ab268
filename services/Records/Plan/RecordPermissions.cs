using Xingchen.Schema;

namespace Xingchen.Records.Plan;

/// <summary>What the caller of a schema may do with objects. Pure.</summary>
internal static class RecordPermissions
{
    /// <summary>Whether the caller has a right for some records of an object.</summary>
    public static bool May(this Schema.Schema schema, SchemaObject item, RecordRight right) =>
        schema.Caller is not { } caller || caller.View.Of(item.Name).May(right);

    /// <exception cref="ProblemException"><c>permission-missing</c></exception>
    public static void Require(this Schema.Schema schema, SchemaObject item, RecordRight right)
    {
        if (!schema.May(item, right)) throw Missing(item.Name, right);
    }

    /// <summary>Refuses the name of an object that is there and that the caller does not see.</summary>
    /// <exception cref="ProblemException"><c>permission-missing</c></exception>
    public static void RequireSeen(this Schema.Schema schema, string name)
    {
        if (schema.Find(name) is null && schema.Whole.Find(name) is not null) throw Missing(name, RecordRight.Read);
    }

    /// <summary>The object with all of its fields, whatever the caller sees of it: for what happens on its own
    /// account.</summary>
    public static SchemaObject Whole(this Schema.Schema schema, SchemaObject item) =>
        schema.Caller is null ? item : schema.Whole.Find(item.Name)!;

    /// <summary>Whether the caller sees every record of an object.</summary>
    public static bool SeesAll(this Schema.Schema schema, SchemaObject item) =>
        !AccessRules.Restrict(schema, item, RecordRight.Read);

    /// <summary>What a record answers that is seen and that a right is not for, or that would not be one of those that
    /// it is for.</summary>
    public static ProblemException NotThis(string item, RecordRight right) => new(Problems.PermissionMissing,
        $"Your permission sets let you {Verb(right)} some records of {item}; this is none of them, or would not be.");

    public static ProblemException Missing(string item, RecordRight right) => new(Problems.PermissionMissing,
        $"Your permission sets do not let you {Verb(right)} records of {item}.");

    private static string Verb(RecordRight right) => right switch
    {
        RecordRight.Read => "see", RecordRight.Create => "create", RecordRight.Edit => "change", _ => "delete",
    };
}
