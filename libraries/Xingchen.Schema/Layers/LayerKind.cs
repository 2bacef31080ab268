namespace Xingchen.Schema;

/// <summary>Whose layer it is; a later kind lies above an earlier one.</summary>
public enum LayerKind
{
    /// <summary>The platform itself.</summary>
    Global,
    /// <summary>A site.</summary>
    Idc,
    /// <summary>A cell: the standard product.</summary>
    Group,
    /// <summary>An installed package.</summary>
    Isv,
    /// <summary>The private layer of one account.</summary>
    Account,
}
