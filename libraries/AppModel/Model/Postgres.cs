namespace Aspire.Hosting.ApplicationModel;

/// <summary>A PostgreSQL server; locally a private one in the data directory.</summary>
public class PostgresServerResource : ContainerResource, IResourceWithConnectionString
{
    private readonly Dictionary<string, string> databases = [];

    public PostgresServerResource(string name, ParameterResource? userName, ParameterResource password)
        : base(name)
    {
        UserNameParameter = userName;
        PasswordParameter = password;
        PrimaryEndpoint = new EndpointReference(this, "tcp");
    }

    public EndpointReference PrimaryEndpoint { get; }

    public ParameterResource? UserNameParameter { get; set; }

    public ParameterResource PasswordParameter { get; set; }

    /// <summary>Resource name to database name.</summary>
    public IReadOnlyDictionary<string, string> Databases => databases;

    /// <summary>What the server turned out to be in this run, or what it was given as.</summary>
    internal string? OwnerConnectionString { get; set; }

    public ReferenceExpression ConnectionStringExpression
    {
        get
        {
            if (OwnerConnectionString is { } known) return ReferenceExpression.Create($"{known}");
            var host = PrimaryEndpoint.Property(EndpointProperty.Host);
            var port = PrimaryEndpoint.Property(EndpointProperty.Port);
            return UserNameParameter is { } user
                ? ReferenceExpression.Create($"Host={host};Port={port};Username={user};Password={PasswordParameter}")
                : ReferenceExpression.Create($"Host={host};Port={port};Username=postgres;Password={PasswordParameter}");
        }
    }

    internal void Add(string name, string databaseName) => databases.Add(name, databaseName);
}

/// <summary>A database of a server.</summary>
public class PostgresDatabaseResource(string name, string databaseName, PostgresServerResource postgresParentResource)
    : Resource(name), IResourceWithParent<PostgresServerResource>, IResourceWithConnectionString
{
    public PostgresServerResource Parent { get; } = postgresParentResource;

    public string DatabaseName { get; } = databaseName;

    public ReferenceExpression ConnectionStringExpression =>
        ReferenceExpression.Create($"{Parent};Database={DatabaseName}");
}
