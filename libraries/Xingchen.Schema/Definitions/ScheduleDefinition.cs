namespace Xingchen.Schema.Definitions;

/// <summary>A schedule: code that is called at certain times.</summary>
internal static class ScheduleDefinition
{
    private static readonly ItemShape Shape = new("schedule",
        new PropertyShape("name", new NameForm(), Above.Fixed, Required: true),
        CodeDefinition.And(
            new("cron", new CronForm(), Above.Fixed, Required: true),
            new("timeZone", new ZoneForm(), Above.Fixed)),
        []);

    public static DefinitionKind Kind { get; } =
        new("schedule", "schedules", Shape, static _ => { }) { NeedsPackage = true };
}
