using static Xingchen.Testing.Campaign.CampaignRoute;

namespace Xingchen.Testing.Campaign;

/// <summary>The objects that every account of a campaign has, and every route of the record engine: to add one is to
/// add a line.</summary>
public static class RecordCampaign
{
    private const string Csv = "text/csv";

    /// <summary>The objects as a package's document has them; <paramref name="prefix"/> is their namespace's, such as
    /// <c>c__</c>.</summary>
    public static IReadOnlyList<(string Name, string Json)> Objects(string prefix) =>
    [
        (prefix + "Unit", $$$"""
            {"name":"{{{prefix}}}Unit","label":{"en":"Unit"},"pluralLabel":{"en":"Units"},"nameField":"title","fields":[
              {"name":"title","type":"text","length":80,"indexed":true,"label":{"en":"Title"}},
              {"name":"code","type":"text","length":80,"unique":true,"label":{"en":"Code"}},
              {"name":"secret","type":"text","length":80,"label":{"en":"Secret"}},
              {"name":"amount","type":"currency","precision":18,"scale":2,"indexed":true,"label":{"en":"Amount"}},
              {"name":"parent","type":"reference","references":["{{{prefix}}}Unit"],"label":{"en":"Parent"}}]}
            """),
        (prefix + "Part", $$$"""
            {"name":"{{{prefix}}}Part","label":{"en":"Part"},"pluralLabel":{"en":"Parts"},"nameField":"title","fields":[
              {"name":"title","type":"text","length":80,"label":{"en":"Title"}},
              {"name":"secret","type":"text","length":80,"label":{"en":"Secret"}},
              {"name":"unit","type":"masterDetail","references":["{{{prefix}}}Unit"],"children":"parts",
               "required":true,"label":{"en":"Unit"}}]}
            """),
    ];

    /// <summary>Every route of records, queries, imports and changes.</summary>
    public static IReadOnlyList<CampaignRoute> Routes { get; } =
    [
        // One record.
        Of("GET /v1/records/{record}"),
        Of("GET /v1/records/{child}"),
        Of("GET /v1/records/{theirs}"),
        Of("GET /v1/records/{record}?select=title,secret,parent.secret,parent.parent.secret"),
        Of("GET /v1/records/{record}?expand=parts"),
        Of("GET /v1/objects/{unit}/records/{record}"),
        Of("GET /v1/objects/{part}/records/{child}?select=title,unit.secret"),
        Of("GET /v1/objects/{part}/records/{record}"),
        Of("GET /v1/records/{binned}"),
        Of("PATCH /v1/records/{theirs}", """{"title":"{fresh}"}"""),
        Of("PATCH /v1/records/{theirchild}", """{"title":"{fresh}","unit":"{work}"}"""),
        Of("PATCH /v1/objects/{unit}/records/{theirs}", """{"secret":"{secret}","nothing":1}"""),
        Of("PATCH /v1/records/{work}", """{"parent":"{record}"}"""),
        Of("PATCH /v1/records/{work}", """{"parent":"{binned}"}"""),
        Of("PATCH /v1/records/{work}", """{"title":"{fresh}","secret":"{secret}","amount":{n}}"""),
        Of("DELETE /v1/records/{theirs}"),
        Of("DELETE /v1/records/{theirs}?purge=true"),
        Of("DELETE /v1/objects/{unit}/records/{theirs}"),
        Of("DELETE /v1/objects/{part}/records/{theirchild}"),
        Of("DELETE /v1/records/{binned}?purge=true"),
        Of("POST /v1/records/{binned}/restore"),
        Of("POST /v1/objects/{unit}/records/{theirs}/restore"),
        Of("POST /v1/objects/{unit}/records",
            """{"title":"{fresh}","secret":"{secret}","amount":{n},"parent":"{record}"}"""),
        Of("POST /v1/objects/{unit}/records",
            """{"title":"{fresh}","secret":"{secret}","parent":"{theirs}","parts":[{"title":"{fresh}"}]}"""),
        Of("POST /v1/objects/{part}/records", """{"title":"{fresh}","secret":"{secret}","unit":"{record}"}"""),
        Of("POST /v1/objects/{part}/records", """{"title":"{fresh}","unit":"{theirchild}"}"""),
        Of("PUT /v1/objects/{unit}/records/by/code/{code}",
            """{"title":"{fresh}","secret":"{secret}","parent":"{record}"}"""),
        Of("PUT /v1/objects/{unit}/records/by/code/{theirs}", """{"title":"{fresh}","parent":"{theirs}"}"""),

        Of("POST /v1/batch", """
            {"atomic":true,"operations":[
              {"op":"create","object":"{unit}","as":"a","record":{"title":"{fresh}","secret":"{secret}"}},
              {"op":"update","id":"{theirs}","record":{"parent":"@a.id"}}]}
            """),
        Of("POST /v1/batch", """
            {"atomic":false,"operations":[
              {"op":"create","object":"{unit}","record":{"title":"{fresh}","secret":"{secret}","parent":"{record}"}},
              {"op":"update","id":"{work}","record":{"parent":"{theirs}"}},
              {"op":"upsert","object":"{unit}","by":"code","record":{"code":"{code}","parent":"{theirs}"}},
              {"op":"delete","id":"{theirs}"}]}
            """),

        // Records as they were.
        Of("GET /v1/records/{record}/history"),
        Of("GET /v1/records/{theirs}/history?limit=1"),
        Of("GET /v1/records/{binned}/history"),
        Of("GET /v1/objects/{part}/records/{child}/history"),
        Of("GET /v1/records/{record}?asOf={moment}&select=title,secret,parent.secret"),
        Of("GET /v1/objects/{unit}/records?asOf={moment}&filter=id = '{record}'"),
        Of("GET /v1/query?asOf={moment}&q=SELECT title, parent.secret FROM {unit} WHERE parent = '{theirs}'"),

        // Many records.
        Of("GET /v1/objects/{unit}/records?limit=3"),
        Of("GET /v1/objects/{unit}/records?filter=id = '{record}'"),
        Of("GET /v1/objects/{unit}/records?filter=parent = '{record}'&count=true&limit=5"),
        Of("GET /v1/objects/{unit}/records?filter=title = '{mark}'&select=id,title,secret"),
        Of("GET /v1/objects/{unit}/records?filter=title LIKE '{mark}%'&orderBy=title desc&limit=5"),
        Of("GET /v1/objects/{unit}/records?filter=parent.title = '{mark}'&select=title,parent.secret&limit=5"),
        Of("GET /v1/objects/{unit}/records?orderBy=parent.title,amount desc&limit=3&select=title,parent.secret"),
        Of("GET /v1/objects/{unit}/records?limit=2&cursor={list}"),
        Of("GET /v1/query?cursor={list}"),
        Of("GET /v1/query?q=SELECT id, title, secret, parent.secret FROM {unit} WHERE id IN ('{record}', '{record}')"),
        Of("GET /v1/query?q=SELECT COUNT() FROM {part} WHERE unit = '{record}'"),
        Of("GET /v1/query?q=SELECT COUNT(), MIN(title), MAX(secret) FROM {unit} WHERE title = '{mark}'"),
        Of("GET /v1/query?q=SELECT title, (SELECT title, secret FROM parts) FROM {unit} WHERE id = '{record}'"),
        Of("GET /v1/query?q=SELECT title, unit.secret FROM {part} WHERE unit.parent = '{record}' LIMIT 5"),
        Of("GET /v1/query?q=SELECT title FROM {unit} WHERE id IN (SELECT unit FROM {part} WHERE id = '{child}')"),
        Of("GET /v1/query?q=SELECT parent.title, COUNT(), MAX(secret) FROM {unit} GROUP BY parent.title "
            + "HAVING COUNT() > {n} ORDER BY parent.title LIMIT 5"),
        Of("GET /v1/query?q=SELECT title FROM {unit} WHERE id = '{record}'&explain=true"),
        Of("POST /v1/query",
            """{"q":"SELECT title, secret FROM {unit} WHERE id IN (:ids)","params":{"ids":["{record}","{child}"]}}"""),

        Of("GET /v1/exports?q=SELECT id, secret, parent.secret FROM {unit} WHERE id IN ('{record}', '{theirs}')"),
        Of("POST /v1/exports",
            """{"q":"SELECT title, unit.secret FROM {part} WHERE unit = :id","params":{"id":"{record}"}}"""),

        Of("GET /v1/exports?asOf={moment}&q=SELECT id, secret, parent.secret, (SELECT secret FROM parts) FROM {unit} "
            + "WHERE id IN ('{record}', '{theirs}')"),

        // How far indexes are: examples of values that more than one record has.
        Of("GET /v1/objects/{unit}/indexes"),
        Of("GET /v1/objects/{part}/indexes"),

        // Imports and changes.
        Of("GET /v1/imports/{import}"),
        Of("GET /v1/imports/{import}/failures"),
        Rare("POST /v1/imports?object={unit}",
            "title,secret,parent\nimported,{secret},{record}\nimported,{secret},{theirs}\n", Csv),
        Rare("POST /v1/imports?object={unit}&mode=upsert&by=code",
            "code,title,secret,parent\n{fresh},imported,{secret},{record}\n", Csv),
        Rare("POST /v1/imports?object={part}", "title,secret,unit\nimported,{secret},{theirs}\n", Csv),
        Of("GET /v1/changes?limit=5"),
        Of("GET /v1/changes?after={change}&limit=3"),
        Of("GET /v1/changes?after={change}&objects={part}&limit=3"),

        // Sequences.
        Of("GET /v1/objects/{unit}/records?limit=2&orderBy=title")
            .Then("GET /v1/objects/{unit}/records?cursor={next}").Then("GET /v1/query?cursor={next}"),
        Of("GET /v1/changes?limit=2").Then("GET /v1/changes?after={next}&limit=2"),
        Of("POST /v1/objects/{unit}/records", """{"title":"{fresh}","secret":"{secret}","parent":"{record}"}""")
            .Then("PATCH /v1/records/{made}", """{"parent":"{theirs}"}""")
            .Then("DELETE /v1/records/{made}")
            .Then("PATCH /v1/records/{made}", """{"title":"{fresh}"}""")
            .Then("POST /v1/records/{made}/restore")
            .Then("DELETE /v1/records/{made}?purge=true"),
        Of("POST /v1/objects/{unit}/records", """{"title":"{fresh}","secret":"{secret}"}""")
            .Then("POST /v1/objects/{part}/records", """{"title":"{fresh}","secret":"{secret}","unit":"{made}"}""")
            .Then("POST /v1/objects/{part}/records", """{"title":"{fresh}","unit":"{theirs}"}""")
            .Then("GET /v1/records/{made}?expand=parts"),
    ];
}
