namespace Xingchen.Model;

/// <summary>The one catalogue of problems.</summary>
/// <remarks>A test holds that each has a page in <c>docs/problems</c> and that no two share a slug.</remarks>
public static class Problems
{
    // The request itself
    public static readonly Problem RequestInvalid = new("request-invalid", 400, "The request is not well-formed");
    public static readonly Problem QueryInvalid = new("query-invalid", 400, "The query is not valid");
    public static readonly Problem QueryTooExpensive = new("query-too-expensive", 422, "The query reads too much");
    public static readonly Problem CursorInvalid = new("cursor-invalid", 400, "The cursor is not valid here");
    public static readonly Problem ContentInvalid = new("content-invalid", 422, "The content is not valid");
    public static readonly Problem BodyTooLarge = new("body-too-large", 413, "The body is too large");
    public static readonly Problem MediaTypeUnsupported =
        new("media-type-unsupported", 415, "The media type is not supported");
    public static readonly Problem NotAcceptable = new("not-acceptable", 406, "No such form of it is there");
    public static readonly Problem MethodNotAllowed = new("method-not-allowed", 405, "The method is not allowed here");

    // The caller
    public static readonly Problem Unauthenticated = new("unauthenticated", 401, "A valid token is needed");
    public static readonly Problem ScopeMissing = new("scope-missing", 403, "The token lacks a scope");
    public static readonly Problem PermissionMissing =
        new("permission-missing", 403, "The caller's permission sets do not allow this");
    public static readonly Problem OrgSuspended = new("org-suspended", 403, "The organization is suspended");
    public static readonly Problem NamespaceNotYours =
        new("namespace-not-yours", 403, "The namespace belongs to another publisher");
    public static readonly Problem RateLimited = new("rate-limited", 429, "Too many requests");

    // Absent, taken, stale
    public static readonly Problem NotFound = new("not-found", 404, "Not found");
    public static readonly Problem OrgCodeTaken = new("org-code-taken", 409, "The organization code is taken");
    public static readonly Problem NamespaceTaken = new("namespace-taken", 409, "The namespace is taken");
    public static readonly Problem AccountCodeTaken = new("account-code-taken", 409, "The account code is taken");
    public static readonly Problem EmailTaken = new("email-taken", 409, "The e-mail address is taken");
    public static readonly Problem CodeTaken = new("code-taken", 409, "The code is taken");
    public static readonly Problem Conflict = new("conflict", 409, "The request conflicts with the present state");
    public static readonly Problem VersionMismatch = new("version-mismatch", 412, "The record has changed");
    public static readonly Problem HistoryGone = new("history-gone", 410, "History is not kept for that long");

    // Metadata and packages
    public static readonly Problem DefinitionInvalid = new("definition-invalid", 422, "The definition is not valid");
    public static readonly Problem DefinitionLocked =
        new("definition-locked", 409, "The definition may not be changed here");
    public static readonly Problem PackageInvalid = new("package-invalid", 422, "The package is not valid");
    public static readonly Problem PackageVersionExists =
        new("package-version-exists", 409, "The version exists with other bytes");
    public static readonly Problem PackageNameTaken = new("package-name-taken", 409, "The package name is taken");
    public static readonly Problem PackageNotReleased =
        new("package-not-released", 409, "The package version is not released");
    public static readonly Problem PackageInUse = new("package-in-use", 409, "The package is in use");
    public static readonly Problem ResolutionFailed =
        new("resolution-failed", 409, "No set of versions satisfies every dependency");
    public static readonly Problem InstallationFailed = new("installation-failed", 422, "The installation failed");

    // Records
    public static readonly Problem RecordInvalid = new("record-invalid", 422, "The record is not valid");
    public static readonly Problem ValueTaken = new("value-taken", 409, "A unique value is taken");
    public static readonly Problem RecordInUse = new("record-in-use", 409, "The record is referenced by others");
    public static readonly Problem FailedDependency =
        new("failed-dependency", 424, "Another operation of the batch failed");

    // Us and what we stand on
    public static readonly Problem Internal = new("internal-error", 500, "Something broke on our side");
    public static readonly Problem NotThereYet = new("not-there-yet", 501, "This part of the API is not there yet");
    public static readonly Problem Unavailable = new("unavailable", 503, "Not available for the moment");
    public static readonly Problem Timeout = new("timeout", 504, "The request took too long");

    /// <summary>Every problem, by slug.</summary>
    public static IReadOnlyDictionary<string, Problem> BySlug { get; } = typeof(Problems)
        .GetFields(System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.Static)
        .Select(field => field.GetValue(null))
        .OfType<Problem>()
        .ToDictionary(problem => problem.Slug);
}
