namespace Xingchen.Tests.Integration.Expressions;

/// <summary>Orders with lines and customers, and fields that are computed from them.</summary>
internal static class ComputedPackage
{
    public const string Customer = "shop__Customer";
    public const string Order = "shop__Order";
    public const string Line = "shop__Line";

    public const string Document = """
        {"objects":[
          {"name":"shop__Customer","label":"Customer","nameField":"name","fields":[
            {"name":"name","type":"text","length":40},
            {"name":"discount","type":"percent","precision":5,"scale":2},
            {"name":"factor","type":"formula","result":"number","formula":"1 - COALESCE(discount, 0) / 100"},
            {"name":"since","type":"date"},
            {"name":"orderCount","type":"rollup","of":"orders","function":"count"},
            {"name":"lastDue","type":"rollup","of":"orders","function":"max","each":"due"},
            {"name":"openTotal","type":"rollup","of":"orders","function":"sum","each":"total",
              "filter":"status = 'open'"}]},
          {"name":"shop__Line","label":"Line","nameField":"product","fields":[
            {"name":"order","type":"masterDetail","references":["shop__Order"],"children":"lines"},
            {"name":"product","type":"text","length":40},
            {"name":"quantity","type":"integer"},
            {"name":"price","type":"currency","precision":18,"scale":2},
            {"name":"amount","type":"formula","result":"currency","scale":2,"formula":"quantity * price"},
            {"name":"title","type":"formula","result":"text","formula":"order.customer.name & ' · ' & product"}]},
          {"name":"shop__Order","label":"Order","nameField":"number","fields":[
            {"name":"number","type":"autoNumber","format":"SO-{0000}"},
            {"name":"customer","type":"reference","references":["shop__Customer"],"children":"orders"},
            {"name":"status","type":"picklist","default":"open","values":[{"value":"open"},{"value":"done"}]},
            {"name":"due","type":"date"},
            {"name":"total","type":"currency","precision":18,"scale":2},
            {"name":"net","type":"formula","result":"currency","scale":2,"formula":"total * customer.factor"},
            {"name":"big","type":"formula","result":"boolean","formula":"net > 100"},
            {"name":"words","type":"formula","result":"text",
              "formula":"IF(big, '大单 ', '') & COALESCE(customer.name, '—') & ': ' & TEXT(net)"},
            {"name":"year","type":"formula","result":"number","formula":"YEAR(customer.since)"},
            {"name":"reminder","type":"formula","result":"date","formula":"due - 7"},
            {"name":"begins","type":"formula","result":"dateTime","formula":"STARTOFDAY(due)"},
            {"name":"lineCount","type":"rollup","of":"lines","function":"count"},
            {"name":"lineSum","type":"rollup","of":"lines","function":"sum","each":"quantity * price"},
            {"name":"cheapest","type":"rollup","of":"lines","function":"min","each":"price","filter":"quantity > 0"},
            {"name":"perLine","type":"formula","result":"number","scale":2,"formula":"lineSum / lineCount"}]}
        ],"permission-sets":[
          {"name":"shop__Clerk","objects":[{"object":"shop__Order","read":true,"create":true,"edit":true,
            "fields":[{"field":"net","see":true},{"field":"words","see":true},{"field":"lineSum","see":true},
              {"field":"status","edit":true}]}]},
          {"name":"shop__Seller","objects":[
            {"object":"shop__Order","read":true,"fields":[{"field":"net","see":true},{"field":"customer","see":true}]},
            {"object":"shop__Customer","read":true,"fields":[{"field":"name","see":true}]}]},
          {"name":"shop__Watcher","objects":[
            {"object":"shop__Order","read":true,"edit":true,"otherFields":"edit","rule":"net > 40"},
            {"object":"shop__Customer","read":true,"otherFields":"see","rule":"factor = 1"}]}
        ]}
        """;
}
