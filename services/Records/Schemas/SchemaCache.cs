using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Npgsql;
using Xingchen.Contracts;
using Xingchen.Hosting;
using Xingchen.Records.Upkeep;
using Xingchen.Schema;
using Xingchen.Storage;

namespace Xingchen.Records.Schemas;

/// <summary>What an account has in force, as far as this instance knows, and the versions that the database must
/// confirm.</summary>
public sealed record InForce(Schema.Schema Schema, StackVersions Versions)
{
    /// <summary>A timestamp of the clock: when the database was asked.</summary>
    public long ReadAt { get; init; }
}

/// <summary>Account to compiled schema: a bounded cache of immutable snapshots, shared by accounts with equal
/// stacks.</summary>
/// <remarks>
/// Nothing here is trusted to be fresh: every batch asks which versions are in force and is refused where it was made
/// for others, and <c>RunAsync</c> then loads anew and tries again. A message that never arrives costs that
/// one try. Thread-safe.
/// </remarks>
public sealed class SchemaCache
{
    /// <summary>How often and how long a request is compiled anew before it gives up: metadata that changes faster
    /// than that, for so long, is a flood.</summary>
    private const int Tries = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>How long a schema with an index in the making is used: that it is ready only makes queries
    /// faster.</summary>
    private static readonly TimeSpan BuildingAge = TimeSpan.FromSeconds(2);

    private readonly TimeProvider time;
    private readonly UpkeepQueue? upkeep;
    private readonly SchemaStore store;
    private readonly BoundedCache<AccountKey, InForce> accounts;
    private readonly BoundedCache<string, Schema.Schema> schemas;
    private readonly ConcurrentDictionary<string, TaskCompletionSource<Schema.Schema>> compiling = new();
    private readonly BoundedCache<(Schema.Schema Schema, string Sets), CallerView> views;

    /// <summary>Schemas of the past: a cache of their own, so that who looks back pushes out nothing in
    /// force.</summary>
    private readonly BoundedCache<string, Schema.Schema> past;

    public SchemaCache(
        CellDatabase database, IOptions<CellOptions> options, TimeProvider? time = null, UpkeepQueue? upkeep = null)
    {
        this.time = time ?? TimeProvider.System;
        this.upkeep = upkeep;
        store = new SchemaStore(database, options.Value.Layers);
        accounts = new BoundedCache<AccountKey, InForce>(options.Value.Accounts);
        schemas = new BoundedCache<string, Schema.Schema>(options.Value.Schemas);
        views = new BoundedCache<(Schema.Schema, string), CallerView>(options.Value.Schemas);
        past = new BoundedCache<string, Schema.Schema>(Math.Max(2, options.Value.Schemas / 8));
    }

    /// <summary>Runs a request against what its caller sees of the account's schema: the account's whole schema for one
    /// without permission sets.</summary>
    /// <inheritdoc cref="RunAsync{T}(AccountKey, Func{InForce, Task{T}}, CancellationToken)"/>
    public Task<T> RunAsync<T>(Caller caller, Func<InForce, Task<T>> run, CancellationToken ct) =>
        RunAsync(caller.Key, current => run(For(
            current, caller.Context.Grants, caller.Context.Actor, caller.Context.TimeZone)), ct);

    /// <inheritdoc cref="RunAsync{T}(Caller, Func{InForce, Task{T}}, CancellationToken)"/>
    public Task RunAsync(Caller caller, Func<InForce, Task> run, CancellationToken ct) =>
        RunAsync(caller, async current =>
        {
            await run(current);
            return true;
        }, ct);

    /// <summary>What somebody sees of what is in force.</summary>
    /// <param name="grants">Null where he is not restricted.</param>
    public InForce For(InForce current, Grants? grants, string user, string zone = "UTC")
    {
        if (grants is null) return current;
        var key = (current.Schema, string.Join(' ', grants.Sets));
        if (!views.TryGet(key, out var view))
        {
            view = CallerView.Of(current.Schema, grants.Sets);
            views.Set(key, view);
        }
        return current with { Schema = current.Schema.For(
            new SchemaCaller(view, user, grants.Attributes, time.GetUtcNow(), zone)) };
    }

    /// <summary>Runs a request against the account's schema; again with a fresh one where the database refuses the
    /// versions.</summary>
    /// <param name="account">The verified caller's.</param>
    /// <param name="run">May run more than once: it writes nothing to a response before its batch was accepted.</param>
    /// <param name="ct">Of the request.</param>
    /// <exception cref="ProblemException"><c>unavailable</c>: the metadata kept changing.</exception>
    public async Task<T> RunAsync<T>(AccountKey account, Func<InForce, Task<T>> run, CancellationToken ct)
    {
        var began = time.GetTimestamp();
        // What was loaded for the next try, whatever others have loaded meanwhile.
        InForce? loaded = null;
        for (var tried = 1; ; tried++)
        {
            var current = loaded ?? await GetAsync(account, ct);
            var isLast = tried >= Tries && time.GetElapsedTime(began) > Patience;
            try
            {
                return await run(current);
            }
            catch (PostgresException exception) when (exception.SqlState == SqlStates.SchemaStale)
            {
                if (isLast)
                    throw new ProblemException(
                        Problems.Unavailable, "The metadata is being changed. Try again.") { RetryAfterSeconds = 1 };
                loaded = await LoadAsync(account, ct);
            }
            catch (ProblemException)
            {
                // Refused by what this instance knows, perhaps without asking the database: a field that was added a
                // moment ago is unknown here. The database has the last word on what is in force.
                loaded = await LoadAsync(account, ct);
                if (isLast || (loaded.Versions == current.Versions && loaded.Schema == current.Schema)) throw;
            }
        }
    }

    /// <inheritdoc cref="RunAsync{T}(AccountKey, Func{InForce, Task{T}}, CancellationToken)"/>
    public Task RunAsync(AccountKey account, Func<InForce, Task> run, CancellationToken ct) =>
        RunAsync(account, async current =>
        {
            await run(current);
            return true;
        }, ct);

    /// <summary>What this instance knows, or, for an account that it does not know, what is in force.</summary>
    public async ValueTask<InForce> GetAsync(AccountKey account, CancellationToken ct) =>
        accounts.TryGet(account, out var known)
            && !(known.Schema.IsBuilding && time.GetElapsedTime(known.ReadAt) > BuildingAge)
                ? known : await LoadAsync(account, ct);

    /// <summary>Asks the database; compiles only a stack that no account of this instance has had before.</summary>
    public async Task<InForce> LoadAsync(AccountKey account, CancellationToken ct)
    {
        var asked = time.GetTimestamp();
        var row = await store.ReadAsync(account, ct);
        var address = AddressOf(row);
        var schema = schemas.TryGet(address, out var known) ? known : await ShareAsync(row, address, ct);
        var loaded = new InForce(schema, row.Versions) { ReadAt = asked };
        // Who asked first may be done last: his answer is older than what is known.
        if (!accounts.TryGet(account, out var latest) || latest.ReadAt <= asked) accounts.Set(account, loaded);
        if (schema.IsBuilding) upkeep?.Want(account);
        return loaded;
    }

    /// <summary>What an account had in force at a time, by the history of publications; asked anew each
    /// time.</summary>
    /// <remarks>Names and places of then. Whether the request may run is still the present versions' affair.</remarks>
    /// <param name="present">What the caller sees of what is in force now: who he is, and his sets.</param>
    public async Task<Schema.Schema> AtAsync(
        AccountKey account, Schema.Schema present, DateTimeOffset at, CancellationToken ct) =>
        (await AtAsync(account, at, ct)).For(present.Caller);

    /// <summary>What an account would have in force with another set of packages, whose layers the cell has; kept
    /// nowhere.</summary>
    public async Task<Schema.Schema> WithPackagesAsync(
        AccountKey account, IReadOnlyList<StackPackage> packages, CancellationToken ct)
    {
        var row = await store.ReadAsync(account, ct);
        row = row with { Packages = JsonSerializer.Serialize(packages, JsonSerializerOptions.Web) };
        var resolution = Resolver.Resolve(await store.ReadLayersAsync(row, ct));
        var standard = Places.Parse(row.StandardPlaces.Text);
        var places = Places.Allot(resolution, standard, Places.Parse(row.AccountPlaces), forStandard: false);
        return SchemaCompiler.Compile(resolution, standard, places, "", row.Ready());
    }

    private async Task<Schema.Schema> AtAsync(AccountKey account, DateTimeOffset at, CancellationToken ct)
    {
        var row = await store.ReadAsync(account, at, ct);
        var address = AddressOf(row);
        if (schemas.TryGet(address, out var schema) || past.TryGet(address, out schema)) return schema;
        schema = await CompileAsync(row, address, ct);
        past.Set(address, schema);
        return schema;
    }

    /// <summary>Compiles a stack once for all who ask at the same time, so that equal stacks are one object also when a
    /// release sends all accounts here at once.</summary>
    private async Task<Schema.Schema> ShareAsync(StackRow row, string address, CancellationToken ct)
    {
        var own = new TaskCompletionSource<Schema.Schema>(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = compiling.GetOrAdd(address, own);
        if (first != own) return await first.Task.WaitAsync(ct);
        try
        {
            // Looked up again: another may have ended between the look before and the claim. Nobody's token: others
            // wait for it.
            if (!schemas.TryGet(address, out var schema))
                schemas.Set(address, schema = await CompileAsync(row, address, CancellationToken.None));
            own.SetResult(schema);
            return schema;
        }
        catch (Exception exception)
        {
            own.SetException(exception);
            _ = own.Task.Exception; // seen, also where nobody waits
            throw;
        }
        finally
        {
            compiling.TryRemove(KeyValuePair.Create(address, own));
        }
    }

    private async Task<Schema.Schema> CompileAsync(StackRow row, string address, CancellationToken ct)
    {
        var layers = await store.ReadLayersAsync(row, ct);
        return SchemaCompiler.Compile(
            Resolver.Resolve(layers), Places.Parse(row.StandardPlaces.Text), Places.Parse(row.AccountPlaces), address,
            row.Ready());
    }

    private static string AddressOf(StackRow row) => Digest.Of(Encoding.UTF8.GetBytes(string.Join('\n',
        [.. row.Standard, row.StandardPlaces.Address, row.Packages, row.PrivateDigest ?? "", row.AccountPlaces,
            .. row.Filled]))).Value;
}
