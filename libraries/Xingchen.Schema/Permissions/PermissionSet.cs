namespace Xingchen.Schema;

/// <summary>What a permission set lets do with a field. Each allows what those before it do.</summary>
public enum FieldPermission
{
    None,
    See,
    Edit,
}

/// <summary>A permission set of a schema.</summary>
/// <param name="Objects">By object; what is not there is not allowed.</param>
public sealed record PermissionSet(string Name, IReadOnlyDictionary<string, ObjectPermission> Objects);

/// <summary>What a permission set allows with an object's records.</summary>
/// <param name="Rule">The records that it is about, as a condition; null for all of them.</param>
/// <param name="OtherFields">For the fields that <paramref name="Fields"/> does not name.</param>
public sealed record ObjectPermission(
    bool Read, bool Create, bool Edit, bool Delete, string? Rule, FieldPermission OtherFields,
    IReadOnlyDictionary<string, FieldPermission> Fields)
{
    public FieldPermission Of(string field) => Fields.TryGetValue(field, out var level) ? level : OtherFields;

    public bool Allows(RecordRight right) => Read && right switch
    {
        RecordRight.Read => true,
        RecordRight.Create => Create,
        RecordRight.Edit => Edit,
        _ => Delete,
    };
}

/// <summary>What may be done with a record.</summary>
public enum RecordRight
{
    Read,
    Create,
    Edit,
    Delete,
}
