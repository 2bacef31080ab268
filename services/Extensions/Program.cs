using Xingchen.Hosting;

var app = WebApplication.CreateBuilder(args).AddServiceDefaults().Build().UseServiceDefaults();

// Functions come with the process manager that runs them; until then a caller is told so, whoever it is and whatever it
// names.
app.Map("/v1/functions/{package}/{**function}", IResult (Caller _) =>
    throw new ProblemException(Problems.NotThereYet, "Packages cannot bring functions yet.")).RequireScope(Scopes.Data);
await app.RunAsync();
