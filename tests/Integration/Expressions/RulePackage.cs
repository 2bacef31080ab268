namespace Xingchen.Tests.Integration.Expressions;

/// <summary>Orders with rules about themselves, lines with rules about their orders and customers.</summary>
internal static class RulePackage
{
    public const string Customer = "shop__Customer";
    public const string Order = "shop__Order";
    public const string Line = "shop__Line";

    public const string Document = """
        {"objects":[
          {"name":"shop__Customer","label":"Customer","nameField":"name","fields":[
            {"name":"name","type":"text","length":40},
            {"name":"limit","type":"currency","precision":18,"scale":2},
            {"name":"blocked","type":"boolean"}]},
          {"name":"shop__Line","label":"Line","nameField":"product","fields":[
            {"name":"order","type":"masterDetail","references":["shop__Order"],"children":"lines"},
            {"name":"product","type":"text","length":40},
            {"name":"price","type":"currency","precision":18,"scale":2}]},
          {"name":"shop__Order","label":"Order","nameField":"code","fields":[
            {"name":"code","type":"text","length":20,"unique":true},
            {"name":"customer","type":"reference","references":["shop__Customer"]},
            {"name":"status","type":"picklist","default":"open","readOnlyIf":"status = 'done'",
              "values":[{"value":"open"},{"value":"done"}]},
            {"name":"total","type":"currency","precision":18,"scale":2},
            {"name":"doubled","type":"formula","result":"number","formula":"total * 2"},
            {"name":"due","type":"date","default":{"expression":"TODAY() + 30"}},
            {"name":"owner","type":"text","length":60,"default":{"expression":":user"}},
            {"name":"reason","type":"text","length":20,"requiredIf":"total > 1000"}]}],
         "translations":[{"name":"shop__German","language":"de","texts":[
          {"path":"validation-rules/shop__NotNegative/message","text":"Die Summe ist nicht negativ."}]}],
         "validation-rules":[
          {"name":"shop__NotNegative","object":"shop__Order","condition":"total < 0 OR doubled < 0",
            "message":{"en":"The total is not negative.","zh-CN":"总额不能为负。"},"fields":["total"]},
          {"name":"shop__DueAhead","object":"shop__Order","condition":"due < TODAY()",
            "message":"The date is past.","fields":["due"]},
          {"name":"shop__DoneHasReason","object":"shop__Order",
            "condition":"status = 'done' AND ISBLANK(reason)","message":"Say why it is done.",
            "fields":["status","reason"]},
          {"name":"shop__WithinLimit","object":"shop__Line","condition":"price > order.customer.limit",
            "message":{"en":"More than the customer may.","zh-CN":"超出客户限额。"},"fields":["price"]},
          {"name":"shop__NotBlocked","object":"shop__Line","condition":"order.customer.blocked",
            "message":"The customer is blocked."},
          {"name":"shop__HasProduct","object":"shop__Line","condition":"ISBLANK(product)",
            "message":"Name the product.","fields":["product"]}],
         "permission-sets":[
          {"name":"shop__Clerk","objects":[
            {"object":"shop__Order","read":true,"create":true,"edit":true,
             "fields":[{"field":"status","edit":true},{"field":"total","edit":true}]},
            {"object":"shop__Line","read":true,"edit":true,"fields":[{"field":"product","edit":true}]}]}]}
        """;
}
