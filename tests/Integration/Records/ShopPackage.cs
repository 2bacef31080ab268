namespace Xingchen.Tests.Integration.Records;

/// <summary>A small package with a field of every kind that a record can have.</summary>
internal static class ShopPackage
{
    public const string Customer = "shop__Customer";
    public const string Order = "shop__Order";
    public const string Line = "shop__Line";
    public const string Note = "shop__Note";
    public const string Thing = "shop__Thing";

    public const string Document = """
        {"objects":[
          {"name":"shop__Customer","label":{"en":"Customer"},"nameField":"name","fields":[
            {"name":"code","type":"text","length":10,"unique":true,"label":{"en":"Code"}},
            {"name":"name","type":"text","length":40,"required":true,"label":{"en":"Name"}},
            {"name":"boss","type":"reference","references":["shop__Customer"],"onDelete":"clear",
              "label":{"en":"Boss"}}]},
          {"name":"shop__Line","label":{"en":"Line"},"nameField":"product","fields":[
            {"name":"order","type":"masterDetail","references":["shop__Order"],"children":"lines",
              "label":{"en":"Order"}},
            {"name":"product","type":"text","length":40,"required":true,"label":{"en":"Product"}},
            {"name":"sku","type":"text","length":20,"unique":true,"label":{"en":"SKU"}},
            {"name":"price","type":"currency","precision":18,"scale":4,"label":{"en":"Price"}}]},
          {"name":"shop__Note","label":{"en":"Note"},"nameField":"text","fields":[
            {"name":"text","type":"text","length":200,"label":{"en":"Text"}},
            {"name":"about","type":"reference","references":["shop__Customer","shop__Order"],"onDelete":"cascade",
              "label":{"en":"About"}}]},
          {"name":"shop__Order","label":{"en":"Order"},"nameField":"number","fields":[
            {"name":"number","type":"autoNumber","format":"SO-{0000}","label":{"en":"Number"}},
            {"name":"customer","type":"reference","references":["shop__Customer"],"required":true,
              "label":{"en":"Customer"}},
            {"name":"status","type":"picklist","default":"open","label":{"en":"Status"},
              "values":[{"value":"open","label":{"en":"Open"}},{"value":"done","label":{"en":"Done"}}]},
            {"name":"at","type":"dateTime","indexed":true,"label":{"en":"At"}}]},
          {"name":"shop__Thing","label":{"en":"Thing"},"nameField":"text","fields":[
            {"name":"text","type":"text","length":5,"label":{"en":"Text"}},
            {"name":"long","type":"longText","label":{"en":"Long"}},
            {"name":"whole","type":"integer","label":{"en":"Whole"}},
            {"name":"exact","type":"number","precision":20,"scale":4,"indexed":true,"label":{"en":"Exact"}},
            {"name":"yes","type":"boolean","label":{"en":"Yes"}},
            {"name":"day","type":"date","indexed":true,"label":{"en":"Day"}},
            {"name":"moment","type":"dateTime","label":{"en":"Moment"}},
            {"name":"color","type":"picklist","label":{"en":"Color"},"values":[{"value":"red","label":{"en":"Red"}}]},
            {"name":"tags","type":"multiPicklist","label":{"en":"Tags"},
              "values":[{"value":"a","label":{"en":"A"}},{"value":"b","label":{"en":"B"}}]},
            {"name":"mail","type":"email","label":{"en":"Mail"}},
            {"name":"any","type":"json","label":{"en":"Any"}},
            {"name":"note","type":"text","length":20,"readOnly":true,"label":{"en":"Note"}}]}
        ]}
        """;
}
