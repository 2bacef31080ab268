using Microsoft.Extensions.Options;
using Xingchen.Hosting;
using Xingchen.Records;
using Xingchen.Records.Batches;
using Xingchen.Records.Changes;
using Xingchen.Records.Exports;
using Xingchen.Records.Imports;
using Xingchen.Records.Impact;
using Xingchen.Records.Removals;
using Xingchen.Records.Request;
using Xingchen.Records.Schemas;
using Xingchen.Records.Upkeep;
using Xingchen.Records.Values;
using Xingchen.Storage;

if (await MigrationCommand.TryRunAsync(args, "records", "cell", typeof(Program).Assembly) is { } exit) return exit;

var builder = WebApplication.CreateBuilder(args).AddServiceDefaults();
builder.Services.AddOptions<CellOptions>()
    .Bind(builder.Configuration.GetSection(CellOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
builder.Services.AddSingleton(services => CellDatabase.Open(
    builder.Configuration.GetConnectionString("cell")
        ?? throw new InvalidOperationException("No connection string 'cell'. Set ConnectionStrings__cell."),
    services.GetRequiredService<IOptions<CellOptions>>().Value));
builder.Services.AddSingleton<ProblemMap>(SqlStates.ToProblem);
builder.Services.AddHistory(builder.Configuration);
builder.Services.AddSingleton<SchemaCache>().AddSingleton<RecordNumbers>();
builder.Services.AddRecords().AddBatches().AddQueries(builder.Configuration).AddImports()
    .AddChanges(builder.Configuration).AddExports(builder.Configuration);
builder.Services.AddUpkeep(builder.Configuration).AddRemovals(builder.Configuration).AddImpact();

var app = builder.Build().UseServiceDefaults();
app.MapHistory();
app.MapRecords();
app.MapBatches();
app.MapQueries();
app.MapImports();
app.MapChanges();
app.MapExports();
app.MapRemovals();
app.MapImpact();
app.MapUpkeep();
app.MapIndexes();
app.Run();
return 0;
