// Writes src/schema.ts from the OpenAPI document, and src/frames.ts from the AsyncAPI document, whose schemas are of the
// same kind. Both by openapi-typescript.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const reference = new URL("../../docs/reference/", import.meta.url);
const options = { rootTypes: true, rootTypesNoSchemaPrefix: true, defaultNonNullable: false };
const head = "// Made from docs/reference by `make clients`.\n";

async function write(document, name) {
  await writeFile(new URL(`src/${name}`, import.meta.url), head + astToString(await openapiTS(document, options)));
}

const read = async (name) => JSON.parse(await readFile(new URL(name, reference), "utf8"));
await write(await read("openapi.json"), "schema.ts");

const { components } = await read("asyncapi.json");
const framesOf = (side) => ({
  oneOf: Object.entries(components.messages)
    .filter(([name]) => name.startsWith(`${side}.`))
    .map(([, message]) => message.payload),
});
const schemas = { ...components.schemas, ClientFrame: framesOf("client"), ServerFrame: framesOf("server") };
await write({ openapi: "3.1.0", info: { title: "frames", version: "1" }, paths: {}, components: { schemas } }, "frames.ts");
