// node validate.js <openapi.json>…: says of each whether it is valid OpenAPI 3.1 and whether its schemas compile as
// JSON Schema 2020-12; then, where <file>.records.json lies beside it, whether each answer in it is what its schema says.
import { existsSync, readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const results = [];
for (const file of process.argv.slice(2)) {
  const document = JSON.parse(readFileSync(file, "utf8"));
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(document));
  const ajv = new Ajv2020.default({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addFormat("int64", true).addFormat("decimal", true);
  ajv.addSchema({ $id: "doc:openapi", components: document.components });
  const schemas = Object.keys(document.components.schemas);
  const compile = name => ajv.compile({ $ref: `doc:openapi#/components/schemas/${name}` });
  for (const name of schemas) compile(name);
  const findings = [];
  const cases = `${file}.records.json`;
  if (existsSync(cases))
    for (const { schema, value, fits } of JSON.parse(readFileSync(cases, "utf8"))) {
      const check = compile(schema);
      if (check(value) !== fits) findings.push({ schema, value, fits, errors: check.errors });
    }
  results.push({ version: validator.version, valid, errors: errors ?? null, schemas: schemas.length, findings });
}
console.log(JSON.stringify(results));
