using System.Text.RegularExpressions;
using Xingchen.Hosting;
using Xingchen.Schema.Packages;

namespace Xingchen.Delivery.Packages;

/// <summary><c>/v1/keys</c>: the public keys with which a publisher signs packages.</summary>
public static partial class PublisherKeyRoutes
{
    /// <summary>Keys of a publisher, revoked ones too: enough to change one every month for eight years.</summary>
    private const int Most = 100;

    public static void MapKeys(this WebApplication app)
    {
        var keys = app.MapGroup("/v1/keys").RequireScope(Scopes.Publisher, Scopes.Platform);
        keys.MapPost("", AddAsync);
        keys.MapGet("", async (Caller caller, PublisherKeyStore store, CancellationToken ct) =>
            new { keys = (await store.ListAsync(caller.Context.Org, ct)).Select(Of) });
        keys.MapDelete("/{id}", RevokeAsync);
    }

    /// <summary>Registers a key; the same again changes nothing. One that was revoked stays so.</summary>
    private static async Task<IResult> AddAsync(
        HttpContext http, Caller caller, PublisherKeyStore store, TimeProvider time, CancellationToken ct)
    {
        var body = await JsonBody.ReadAsync(http, ct);
        var (name, pem) = (body.Text("name", 100), body.Text("publicKey", PublicKey()));
        using var key = PackageSignature.ReadKey(pem);
        if (key is null && pem.Length > 0)
            body.Find("publicKey", "value-invalid",
                "Give a public key of the curve P-256 in PEM, as xingchen keys writes it.");
        body.Done();
        var id = PackageSignature.KeyId(key!);
        if (await store.FindAsync(caller.Context.Org, id, ct) is { } there) return Results.Ok(Of(there));
        if ((await store.ListAsync(caller.Context.Org, ct)).Count >= Most)
            throw new ProblemException(Problems.Conflict, $"A publisher has at most {Most} keys.");
        // What is kept is made of the key itself: nothing of what else the text may hold, a private key above all.
        var added = new PublisherKey(id, name, key!.ExportSubjectPublicKeyInfoPem(), time.GetUtcNow().UtcDateTime,
            caller.Context.Actor, null);
        await store.AddAsync(caller.Context.Org, added, ct);
        return Results.Created("/v1/keys/" + id, Of((await store.FindAsync(caller.Context.Org, id, ct))!));
    }

    private static async Task<IResult> RevokeAsync(
        string id, Caller caller, PublisherKeyStore store, TimeProvider time, CancellationToken ct)
    {
        if (id.Contains('\0') || await store.FindAsync(caller.Context.Org, id, ct) is null)
            throw new ProblemException(Problems.NotFound, "There is nothing here.");
        await store.RevokeAsync(caller.Context.Org, id, time.GetUtcNow().UtcDateTime, ct);
        return Results.NoContent();
    }

    // Not a private one, which nobody should send.
    [GeneratedRegex(@"^-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]{1,1000}-----END PUBLIC KEY-----\s?\z")]
    private static partial Regex PublicKey();

    private static object Of(PublisherKey key) => new
    {
        key.Id, key.Name, key.PublicKey, status = key.RevokedAt is null ? "active" : "revoked", key.CreatedAt,
        key.CreatedBy, key.RevokedAt,
    };
}
