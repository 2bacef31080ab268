using Dapr;
using Dapr.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection
{
    public static class DaprServiceCollectionExtensions
    {
        /// <summary>Adds a <see cref="DaprClient"/>; where one is registered already, it stays.</summary>
        /// <remarks>Endpoint and token: from configuration, else the environment, else what
        /// <paramref name="configure"/> says.</remarks>
        public static void AddDaprClient(
            this IServiceCollection services, Action<DaprClientBuilder>? configure = null) =>
            services.AddDaprClient((_, builder) => configure?.Invoke(builder));

        /// <inheritdoc cref="AddDaprClient(IServiceCollection, Action{DaprClientBuilder})"/>
        public static void AddDaprClient(
            this IServiceCollection services, Action<IServiceProvider, DaprClientBuilder> configure)
        {
            ArgumentNullException.ThrowIfNull(services);
            services.TryAddSingleton(provider =>
            {
                var configuration = provider.GetService<IConfiguration>();
                var builder = new DaprClientBuilder().UseHttpEndpoint(DaprDefaults.HttpEndpoint(configuration));
                if (DaprDefaults.ApiToken(configuration) is { } token) builder.UseDaprApiToken(token);
                configure(provider, builder);
                return builder.Build();
            });
        }
    }
}

namespace Microsoft.AspNetCore.Builder
{
    public static class DaprEndpointConventionBuilderExtensions
    {
        /// <summary>Makes the endpoint a subscriber of a topic. Its route must have no parameters.</summary>
        public static T WithTopic<T>(this T builder, string pubsubName, string name)
            where T : IEndpointConventionBuilder =>
            builder.WithMetadata(new TopicAttribute(pubsubName, name));

        /// <inheritdoc cref="WithTopic{T}(T, string, string)"/>
        public static T WithTopic<T>(this T builder, TopicOptions topicOptions)
            where T : IEndpointConventionBuilder
        {
            ArgumentNullException.ThrowIfNull(topicOptions);
            return builder.WithMetadata(
                new TopicAttribute(
                    topicOptions.PubsubName!, topicOptions.Name!, topicOptions.DeadLetterTopic,
                        topicOptions.EnableRawPayload)
                {
                    Match = topicOptions.Match,
                    Priority = topicOptions.Priority,
                });
        }
    }

    public static class DaprApplicationBuilderExtensions
    {
        /// <summary>Gives handlers the data of a CloudEvent as the request's body.</summary>
        public static IApplicationBuilder UseCloudEvents(this IApplicationBuilder builder)
        {
            ArgumentNullException.ThrowIfNull(builder);
            return builder.UseMiddleware<CloudEventsMiddleware>();
        }
    }
}
