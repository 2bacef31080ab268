using Microsoft.Extensions.Options;
using Npgsql;
using Xingchen.Hosting;
using Xingchen.Metadata.Publication;

namespace Xingchen.Metadata.Stacks;

/// <summary>The cells of this site: each has its own database, so what is in force in one is nothing to
/// another.</summary>
/// <remarks>The connection string <c>cell</c> is that of the instance's own group; <c>cell-{group}</c> is that of
/// another cell of the same site. Immutable.</remarks>
internal sealed class Cells : IAsyncDisposable
{
    private const string Prefix = "cell-";

    private readonly string own;
    private readonly Dictionary<string, Cell> cells;

    /// <exception cref="InvalidOperationException">The connection string <c>cell</c> is missing.</exception>
    public Cells(IConfiguration configuration, IOptions<ServiceOptions> service, IOptions<MetadataOptions> options,
        DeliveryClient delivery, StackHints hints)
    {
        own = service.Value.Group;
        var first = configuration.GetConnectionString("cell")
            ?? throw new InvalidOperationException("No connection string 'cell'. Set ConnectionStrings__cell.");
        var others = configuration.GetSection("ConnectionStrings").GetChildren()
            .Where(child => child.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            .Select(child => (Group: child.Key[Prefix.Length..].ToLowerInvariant(), Connection: child.Value!));
        cells = others.Where(other => other.Group != own).Prepend((Group: own, Connection: first)).ToDictionary(
            cell => cell.Group, cell => new Cell(cell.Group, cell.Connection, options, delivery, hints));
    }

    /// <summary>The cell of a group.</summary>
    /// <param name="group">Empty for the instance's own: work that no caller asked for names none.</param>
    /// <exception cref="ProblemException"><c>not-found</c> for a group that is not of this site.</exception>
    public Cell Of(string group) => cells.GetValueOrDefault(group.Length == 0 ? own : group)
        ?? throw new ProblemException(Problems.NotFound, "There is no such group here.");

    public async ValueTask DisposeAsync()
    {
        foreach (var cell in cells.Values) await cell.DisposeAsync();
    }
}

/// <summary>What serves one cell: a parameter of a handler.</summary>
internal sealed class Cell : IAsyncDisposable
{
    private readonly NpgsqlDataSource source;

    public Cell(string group, string connection, IOptions<MetadataOptions> options, DeliveryClient delivery,
        StackHints hints)
    {
        source = new NpgsqlDataSourceBuilder(connection).Build();
        var store = new StackStore(source);
        Snapshots = new SnapshotSource(store, options);
        Private = new PrivatePublication(store, Snapshots, hints);
        Packages = new PackagePublication(store, Snapshots, delivery, hints);
        Standard = new StandardPublication(store, Snapshots, delivery, hints, group);
    }

    public SnapshotSource Snapshots { get; }

    public PrivatePublication Private { get; }

    public PackagePublication Packages { get; }

    public StandardPublication Standard { get; }

    /// <summary>Binds a handler's parameter: the cell that the path names, else the caller's by its signed
    /// context.</summary>
    /// <exception cref="ProblemException"><c>unauthenticated</c>, <c>not-found</c></exception>
    public static ValueTask<Cell> BindAsync(HttpContext http)
    {
        var context = Caller.Of(http).Context;
        return ValueTask.FromResult(http.RequestServices.GetRequiredService<Cells>()
            .Of(http.Request.RouteValues["group"] as string ?? context.Group));
    }

    public ValueTask DisposeAsync() => source.DisposeAsync();
}
