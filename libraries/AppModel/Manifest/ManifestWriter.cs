using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using CommunityToolkit.Aspire.Hosting.Dapr;

namespace Xingchen.AppModel.Manifest;

/// <summary>Writes the model as an Aspire manifest, valid against aspire-8.0.json.</summary>
/// <remarks>Values of other resources are expressions, paths are relative to the manifest and use <c>/</c>. Of a
/// sidecar the schema knows the app id and the components, no more.</remarks>
internal static class ManifestWriter
{
    public const string Schema = "https://json.schemastore.org/aspire-8.0.json";

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // expressions are read by people
    };

    /// <param name="resources">The model.</param>
    /// <param name="directory">Where the manifest will be: paths are relative to it.</param>
    public static string Write(IEnumerable<IResource> resources, string directory)
    {
        var written = new JsonObject();
        foreach (var resource in resources) written.Add(resource.Name, Describe(resource, directory));
        var root = new JsonObject { ["$schema"] = Schema, ["resources"] = written };
        return root.ToJsonString(Indented) + "\n";
    }

    private static JsonObject Describe(IResource resource, string directory) => resource switch
    {
        ParameterResource parameter => Parameter(parameter),
        PostgresServerResource server => Server(server),
        PostgresDatabaseResource database =>
            Typed("value.v0", ("connectionString", database.ConnectionStringExpression.ValueExpression)),
        ProjectResource project => Project(project, directory),
        DaprSidecarResource sidecar => Sidecar(sidecar),
        IDaprComponentResource component =>
            Typed("dapr.component.v0", ("daprComponent", new JsonObject { ["type"] = component.Type })),
        _ => throw new InvalidOperationException($"The manifest has no word for '{resource.Name}'."),
    };

    private static JsonObject Parameter(ParameterResource parameter)
    {
        var value = new JsonObject { ["type"] = "string" };
        if (parameter.Secret) value["secret"] = true;
        if (parameter.Default is GenerateParameterDefault generate)
        {
            var rules = new JsonObject { ["minLength"] = generate.MinLength };
            if (!generate.Special) rules["special"] = false;
            value["default"] = new JsonObject { ["generate"] = rules };
        }
        return Typed(
            "parameter.v0",
            ("value", $"{{{parameter.Name}.inputs.value}}"),
            ("inputs", new JsonObject { ["value"] = value }));
    }

    private static JsonObject Server(PostgresServerResource server)
    {
        var volumes = server.Annotations.OfType<VolumeAnnotation>().Select(volume => (JsonNode)new JsonObject
        {
            ["name"] = volume.Name, ["target"] = volume.Target, ["readOnly"] = false,
        });
        return Typed(
            "container.v0",
            ("connectionString", server.ConnectionStringExpression.ValueExpression),
            ("image", "docker.io/library/postgres:18.3"),
            ("volumes", new JsonArray([.. volumes])),
            ("env", new JsonObject
            {
                ["POSTGRES_HOST_AUTH_METHOD"] = "scram-sha-256",
                ["POSTGRES_INITDB_ARGS"] =
                    "--auth-host=scram-sha-256 --auth-local=scram-sha-256 --locale=C --encoding=UTF8",
                ["POSTGRES_USER"] = server.UserNameParameter?.ValueExpression ?? "postgres",
                ["POSTGRES_PASSWORD"] = server.PasswordParameter.ValueExpression,
            }),
            ("bindings", Bindings(server)));
    }

    private static JsonObject Project(ProjectResource project, string directory)
    {
        var path = project.Annotations.OfType<IProjectMetadata>().Single().ProjectPath;
        var described = Typed("project.v0", ("path", Path.GetRelativePath(directory, path).Replace('\\', '/')));
        var arguments = project.Annotations.OfType<ArgumentsAnnotation>()
            .SelectMany(annotation => annotation.Arguments).ToArray();
        if (arguments.Length > 0)
            described["args"] = new JsonArray([.. arguments.Select(argument => JsonValue.Create(argument))]);
        var bindings = Bindings(project);
        var environment = new JsonObject();
        if (bindings.Count > 0)
        {
            environment["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true";
            environment["HTTP_PORTS"] = $"{{{project.Name}.bindings.http.targetPort}}";
        }
        foreach (var variable in project.Annotations.OfType<EnvironmentAnnotation>())
            environment[variable.Name] = variable.Value is IManifestExpressionProvider provider
                ? provider.ValueExpression : (string)variable.Value;
        if (environment.Count > 0) described["env"] = environment;
        if (bindings.Count > 0) described["bindings"] = bindings;
        return described;
    }

    private static JsonObject Bindings(IResource resource)
    {
        var bindings = new JsonObject();
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
        {
            var binding = new JsonObject
            {
                ["scheme"] = endpoint.UriScheme, ["protocol"] = "tcp", ["transport"] = endpoint.Transport,
            };
            if (endpoint.Port is { } port) binding["port"] = port;
            if (endpoint.TargetPort is { } target) binding["targetPort"] = target;
            if (endpoint.IsExternal) binding["external"] = true;
            bindings[endpoint.Name] = binding;
        }
        return bindings;
    }

    private static JsonObject Sidecar(DaprSidecarResource sidecar) => Typed("dapr.v0", ("dapr", new JsonObject
    {
        ["application"] = sidecar.App.Name,
        ["appId"] = sidecar.AppId,
        ["components"] = new JsonArray([.. sidecar.Components.Select(component => JsonValue.Create(component.Name))]),
    }));

    private static JsonObject Typed(string type, params IEnumerable<(string Name, JsonNode? Value)> properties)
    {
        var described = new JsonObject { ["type"] = type };
        foreach (var (name, value) in properties) described[name] = value;
        return described;
    }
}
