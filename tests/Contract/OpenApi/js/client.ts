// Typed by openapi-typescript from the account's own document; calls through the gateway with openapi-fetch.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

declare const process: { argv: string[]; exitCode: number };

type NewCustomer = components["schemas"]["Customer_New"];
type Customer = components["schemas"]["Customer"];

const [, , url, token] = process.argv as [string, string, string, string];
const api = createClient<paths>({
  baseUrl: url,
  headers: { Authorization: `Bearer ${token}` },
  querySerializer: { array: { style: "form", explode: false } },
});

function must<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  if (answer.data === undefined) throw new Error(`${answer.response.status} ${JSON.stringify(answer.error)}`);
  return answer.data;
}

const fresh: NewCustomer = { name: "Typed", code: "TS-1", creditLimit: 12.5, c__color: "red" };
// @ts-expect-error the name is required
const nameless: NewCustomer = { code: "TS-2" };
// @ts-expect-error no field of this name
const misspelt: NewCustomer = { name: "x", nmae: "x" };
// @ts-expect-error a picklist has only its values
const unlisted: NewCustomer = { name: "x", c__tier: "platinum" };
// @ts-expect-error the platform sets it
const versioned: components["schemas"]["Customer_Change"] = { version: 2 };
void [nameless, misspelt, unlisted, versioned];

const created = await api.POST("/v1/objects/Customer/records", { body: fresh });
const customer: Customer = must(created);
const id: string = customer.id;
const tag = created.response.headers.get("ETag")!;

const path = { params: { path: { id } } };
const read = must(await api.GET("/v1/objects/Customer/records/{id}", path));
const limit: number | null | undefined = read.creditLimit;

const patched = must(await api.PATCH("/v1/objects/Customer/records/{id}", {
  params: { path: { id }, header: { "If-Match": tag } }, body: { c__tier: "gold", phone: null },
}));
const tier: "gold" | "silver" | null | undefined = patched.c__tier;
const stale = await api.PATCH("/v1/objects/Customer/records/{id}", {
  params: { path: { id }, header: { "If-Match": tag } }, body: { phone: "1" },
});
const problem: components["schemas"]["Api_Problem"] = stale.error!;

const upserted = must(await api.PUT("/v1/objects/Customer/records/by/code/{value}", {
  params: { path: { value: "TS-1" } }, body: { name: "Typed again" },
}));

const list = must(await api.GET("/v1/objects/Customer/records", {
  params: { query: { filter: "code = 'TS-1'", select: ["id", "name"], count: true, orderBy: "name", limit: 10 } },
}));
type ListQuery = NonNullable<paths["/v1/objects/Customer/records"]["get"]["parameters"]["query"]>;
// @ts-expect-error only fields that there are can be selected
const unknown: ListQuery = { select: ["id", "nothing"] };
void unknown;

const product = must(await api.POST("/v1/objects/Product/records", { body: { name: "Tea", code: "TS-P" } }));
const order = must(await api.POST("/v1/objects/SalesOrder/records", {
  body: { name: "TS-O-1", customer: id, lines: [{ product: product.id, quantity: 2, unitPrice: 3.5 }] },
}));
const expanded = must(await api.GET("/v1/objects/SalesOrder/records/{id}", {
  params: { path: { id: order.id }, query: { expand: ["lines"] } },
}));
const lines = must(await api.GET("/v1/objects/SalesOrderLine/records", {
  params: { query: { select: ["id", "order", "quantity"], filter: `"order" = '${order.id}'` } },
}));

const rows = must(await api.POST("/v1/query", {
  body: { q: "SELECT name, COUNT() AS n FROM Customer WHERE code = :code GROUP BY name", params: { code: "TS-1" } },
}));
const batch = must(await api.POST("/v1/batch", { body: { operations: [{ op: "delete", id: product.id }], atomic: false } }));
const versions = must(await api.GET("/v1/objects/Customer/records/{id}/history", path));
const gone = await api.DELETE("/v1/objects/SalesOrder/records/{id}", { params: { path: { id: order.id } } });
const back = must(await api.POST("/v1/objects/SalesOrder/records/{id}/restore", { params: { path: { id: order.id } } }));
const changes = must(await api.GET("/v1/changes", { params: { query: { objects: ["Customer"], limit: 10 } } }));
if (typeof changes === "string") throw new Error("a stream of events where a page was asked for");

console.log(JSON.stringify({
  created: customer.name, limit, tier, stale: [stale.response.status, problem.type], upserted: upserted.name,
  list: list.records, count: list.count, lines: expanded.lines?.map(line => line.quantity),
  selected: lines.records.map(line => [line.order === order.id, line.quantity]), rows: rows.records,
  batch: batch.results.map(result => result.status), versions: versions.versions.length, gone: gone.response.status,
  back: back.id === order.id, changes: changes.changes.length > 0,
}));
