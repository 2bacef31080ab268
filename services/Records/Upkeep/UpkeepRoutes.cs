using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Xingchen.Contracts;

namespace Xingchen.Records.Upkeep;

/// <summary>Work in the background, and the hints that hurry it.</summary>
internal static class UpkeepRoutes
{
    public static IServiceCollection AddUpkeep(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<UpkeepOptions>().Bind(configuration.GetSection(UpkeepOptions.Section))
            .ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<UpkeepQueue>().AddSingleton<UpkeepStore>();
        services.AddSingleton<UpkeepRounds>().AddHostedService(provider => provider.GetRequiredService<UpkeepRounds>());
        services.AddSingleton<FillStore>().AddSingleton<IUpkeepTask, IndexTask>()
            .AddSingleton<IUpkeepTask, SweepTask>().AddSingleton<IUpkeepTask, StatisticsTask>();
        return services.AddHostedService<UpkeepWorker>();
    }

    /// <summary>Subscribes to <see cref="Topics.StackChanged"/>. Only the sidecar gets here: it knows the app's
    /// token.</summary>
    public static void MapUpkeep(this WebApplication app)
    {
        app.UseCloudEvents();
        app.MapSubscribeHandler();
        app.MapPost("/internal/hints/stack-changed", HintAsync).WithTopic(Topics.PubSub, Topics.StackChanged);
    }

    /// <remarks>Reads the body itself: a route that takes one is chosen by its type, and that of an event is
    /// unwrapped later.</remarks>
    private static async Task<IResult> HintAsync(
        HttpContext http, UpkeepQueue queue, UpkeepRounds rounds, CancellationToken ct)
    {
        var change = await http.Request.ReadFromJsonAsync<StackChanged>(ct);
        if (change is { Org: { } org, Account: { } account } && org > 0 && account > 0)
            queue.Want(new AccountKey(new OrgId(org), new AccountId(account)));
        else
            rounds.Hurry();
        return Results.Ok();
    }
}
