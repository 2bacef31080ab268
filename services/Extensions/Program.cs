using Xingchen.Extensions;
using Xingchen.Extensions.Cache;
using Xingchen.Hosting;

var builder = WebApplication.CreateBuilder(args).AddServiceDefaults();
builder.Services.AddOptions<ExtensionsOptions>()
    .Bind(builder.Configuration.GetSection(ExtensionsOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
builder.Services.AddSingleton<PackageCache>().AddSingleton<PackagePull>();

var app = builder.Build().UseServiceDefaults();
app.Services.GetRequiredService<PackageCache>().Open();
app.MapPreparation();
// Functions come with the process manager that runs them; until then a caller is told so, whoever it is and whatever it
// names.
app.Map("/v1/functions/{package}/{**function}", IResult (Caller _) =>
    throw new ProblemException(Problems.NotThereYet, "Packages cannot bring functions yet.")).RequireScope(Scopes.Data);
await app.RunAsync();
