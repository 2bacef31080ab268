using Xingchen.Contracts;
using Xingchen.Hosting;
using Xingchen.Organization;
using Xingchen.Organization.Directory;
using Xingchen.Organization.Tokens;
using Xingchen.Storage;

if (await MigrationCommand.TryRunAsync(args, AppIds.Organization, "organization", typeof(OrganizationOptions)
    .Assembly) is { } code)
    return code;

var builder = WebApplication.CreateBuilder(args).AddServiceDefaults();
builder.Services.AddOptions<OrganizationOptions>()
    .Bind(builder.Configuration.GetSection(OrganizationOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
builder.Services.AddDatabase(builder.Configuration, "organization");
builder.Services.AddSingleton<ProblemMap>(SqlStates.ToProblem);
builder.Services.AddSingleton<OrgStore>().AddSingleton<MemberStore>().AddSingleton<UserStore>()
    .AddSingleton<SiteStore>()
    .AddSingleton<TokenStore>().AddSingleton<KeyStore>().AddSingleton<VersionStore>().AddSingleton<BootstrapStore>();
builder.Services.AddHostedService<Bootstrap>();

var app = builder.Build().UseServiceDefaults();
app.MapTokens();
app.MapOrgs();
app.MapMembers();
app.MapUsers();
app.MapSites();
await app.RunAsync();
return 0;
