using Xingchen.Hosting;

var builder = WebApplication.CreateBuilder(args).AddServiceDefaults();
var app = builder.Build().UseServiceDefaults();
app.Run();
