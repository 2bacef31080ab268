using Xingchen.Hosting;
using Xingchen.Storage;

if (await MigrationCommand.TryRunAsync(args, "metadata", "cell", typeof(Program).Assembly) is { } exit) return exit;

var builder = WebApplication.CreateBuilder(args).AddServiceDefaults();
var app = builder.Build().UseServiceDefaults();
app.Run();
return 0;
