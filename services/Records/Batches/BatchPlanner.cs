using System.Text.Json;
using Xingchen.Records.Execute;
using Xingchen.Records.Plan;
using Xingchen.Records.Request;
using Xingchen.Records.Schemas;
using Xingchen.Records.Sql;
using Xingchen.Records.Values;
using Xingchen.Schema;

namespace Xingchen.Records.Batches;

/// <summary>Says of each operation which record it is about and what becomes of it; finds what is wrong.</summary>
/// <param name="isCheck">Whether nothing will be written: then only what is wrong for certain is found, for records
/// that operations before would have made or changed are not there.</param>
internal sealed class BatchPlanner(
    RecordEngine engine, InForce current, WriteMark mark, BatchNames names, bool isCheck)
{
    private readonly RecordCount count = new();

    /// <summary>Finds object, id and key of a step, once.</summary>
    public async Task BindAsync(BatchStep step, CancellationToken ct)
    {
        if (step.Item is not null || step.Problem is not null) return;
        try
        {
            if (step.Asked.Id is { } id) BindId(step, id);
            else if (step.Asked.Verb == BatchVerb.Create)
            {
                step.Item = RecordAddress.Object(current.Schema, step.Asked.Object!);
                // Else it has its id when its turn comes, so that ids are in the order of the batch, children and all.
                if (isCheck) step.Id = await engine.NewIdAsync(ObjectLayout.Of(step.Item), ct);
            }
            else BindKey(step);
            if (RightOf(step.Asked.Verb) is { } right) current.Schema.Require(step.Item!, right);
        }
        catch (ProblemException problem)
        {
            step.Problem = problem;
        }
    }

    /// <summary>The right that an operation needs whatever it finds.</summary>
    private static RecordRight? RightOf(BatchVerb verb) => verb switch
    {
        BatchVerb.Create => RecordRight.Create,
        BatchVerb.Update => RecordRight.Edit,
        BatchVerb.Delete => RecordRight.Delete,
        _ => null,
    };

    private void BindId(BatchStep step, string id)
    {
        if (id.StartsWith('@'))
        {
            var (record, fault) = names.Before(step)(id);
            if (fault is { } wrong) throw Invalid(new Finding(wrong.Code, wrong.Detail, step.Asked.Pointer + "/id"));
            if (record is null)
                throw new ProblemException(
                    Problems.FailedDependency, "It is about the record of an operation that failed.");
            id = record.Value.ToString();
        }
        step.Id = RecordAddress.Parse(current.Schema, step.Asked.Object, id, out var item).Value;
        step.Item = item;
    }

    private void BindKey(BatchStep step)
    {
        var (asked, schema) = (step.Asked, current.Schema);
        var item = RecordAddress.Object(schema, asked.Object!);
        var (layout, ordinal) = UpsertKey.Find(item, asked.By!);
        var field = layout.Fields[ordinal];
        var pointer = RecordFindings.Step(asked.Pointer + "/record", asked.By!);
        if (asked.Record.ValueKind != JsonValueKind.Object
            || !asked.Record.TryGetProperty(asked.By!, out var value) || value.ValueKind == JsonValueKind.Null)
            throw Invalid(new Finding("required", "An upsert needs the value to look for.", pointer));
        if (!field.Codec.TryRead(schema, field.Field, value, out var stored, out var fault))
            throw Invalid(new Finding(fault.Code, fault.Detail, pointer));
        (step.Item, step.Key) = (item, new UpsertKey(layout, ordinal, stored));
    }

    /// <summary>Plans what is to be written, by the record as it was read.</summary>
    public async Task PlanAsync(BatchStep step, bool isOfBatch, CancellationToken ct)
    {
        var asked = step.Asked;
        if (asked.Verb == BatchVerb.Delete)
        {
            if (step.Stored is null && !isOfBatch) step.Problem = RecordAddress.NotFound();
            return;
        }
        var layout = ObjectLayout.Of(step.Item!);
        var planner = new RecordPlanner(
            current.Schema, step.Findings, mark, asked.Pointer + "/record", names.Before(step), count);
        var right = step.Stored is null && asked.Verb != BatchVerb.Update ? RecordRight.Create : RecordRight.Edit;
        if (!current.Schema.May(step.Item!, right))
        {
            step.Problem = RecordPermissions.Missing(step.Item!.Name, right);
            return;
        }
        if (step.Stored is { } stored)
        {
            var before = stored.ToDraft(layout);
            step.Changed = planner.Merge(before, asked.Record, stored);
            step.Difference = RecordDifference.Of(before, step.Changed);
        }
        else if (asked.Verb == BatchVerb.Update && !(isCheck && isOfBatch))
            step.Problem = RecordAddress.NotFound();
        else if (isCheck && asked.Verb != BatchVerb.Create)
        {
            var before = new RecordDraft(layout, "");
            step.Changed = planner.Merge(before, asked.Record);
            step.Difference = RecordDifference.Of(before, step.Changed);
        }
        else
            await CreateAsync(step, planner, layout, ct);
    }

    private async Task CreateAsync(BatchStep step, RecordPlanner planner, ObjectLayout layout, CancellationToken ct)
    {
        var draft = step.Key is { } key
            ? planner.Create(step.Item!, step.Asked.Record, key)
            : planner.Create(step.Item!, step.Asked.Record);
        step.Created = draft;
        if (step.Findings.Any || isCheck) return;
        if (step.Id == 0) step.Id = await engine.NewIdAsync(layout, ct);
        draft.Id = step.Id;
        foreach (var child in draft.WithChildren().Skip(1))
        {
            child.Id = await engine.NewIdAsync(child.Layout, ct);
            child.Values[child.MasterOrdinal] = ReferenceCodec.Store(child.Master!.Id);
        }
    }

    private static ProblemException Invalid(Finding finding) =>
        new(Problems.RecordInvalid, "Mend what errors lists.", [finding]);
}
