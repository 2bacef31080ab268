namespace Xingchen.Records.Sql;

/// <summary>The columns of a whole record, behind its org, in the order in which a list reads them.</summary>
internal static class QueryRecordColumns
{
    public static readonly IReadOnlyList<string> Names =
        ["id", "version", "created_at", "created_by", "modified_at", "modified_by", "body"];
}
