/** OpenAPI v2 of the whole server, derived from the v3 documents. */
import type { OpenApiInfo } from "./openapi-document.ts";

type JsonObject = Readonly<Record<string, unknown>>;

export function openApiV2(info: OpenApiInfo, documents: readonly JsonObject[]): JsonObject {
  const paths: Record<string, unknown> = {};
  const definitions: Record<string, unknown> = {};
  for (const document of documents) {
    for (const [path, item] of Object.entries(objectAt(document, "paths"))) paths[path] = pathItem(item as JsonObject);
    const schemas = objectAt(objectAt(document, "components"), "schemas");
    for (const [name, schema] of Object.entries(schemas)) definitions[name] = convert(schema);
  }
  return { swagger: "2.0", info, paths, definitions };
}

function objectAt(object: JsonObject, key: string): JsonObject {
  return (object[key] ?? {}) as JsonObject;
}

function pathItem(item: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(item).map(([key, value]) =>
      key === "parameters" ? [key, pathParameters(value)] : [key, operation(value as JsonObject)],
    ),
  );
}

function pathParameters(parameters: unknown): unknown {
  return (parameters as readonly JsonObject[]).map(({ schema, ...rest }) => ({ ...rest, ...(schema as JsonObject) }));
}

function operation({ requestBody, responses, parameters, ...rest }: JsonObject): JsonObject {
  const answers = Object.entries(responses as JsonObject).map(([code, response]) => {
    const { content, description } = response as JsonObject;
    const schema = schemaOf(content as JsonObject | undefined);
    return [code, schema === undefined ? { description } : { description, schema }];
  });
  const content = requestBody === undefined ? undefined : ((requestBody as JsonObject)["content"] as JsonObject);
  const body = content === undefined ? [] : [{ name: "body", in: "body", required: true, schema: schemaOf(content) }];
  const all = [...body, ...(parameters === undefined ? [] : (pathParameters(parameters) as readonly JsonObject[]))];
  return {
    consumes: content === undefined ? ["application/json"] : Object.keys(content),
    produces: ["application/json"],
    ...rest,
    ...(all.length === 0 ? {} : { parameters: all }),
    responses: Object.fromEntries(answers),
  };
}

function schemaOf(content: JsonObject | undefined): unknown {
  const first = content === undefined ? undefined : (Object.values(content)[0] as JsonObject | undefined);
  return first === undefined ? undefined : convert(first["schema"]);
}

/** v2 knows neither `oneOf` nor references with siblings inside `allOf`. */
function convert(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(convert);
  if (typeof value !== "object" || value === null) return value;
  const { oneOf, allOf, nullable: _nullable, ...rest } = value as JsonObject;
  const converted: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(rest)) {
    converted[key] =
      key === "$ref" && typeof member === "string"
        ? member.replace("#/components/schemas/", "#/definitions/")
        : convert(member);
  }
  const alternative = (Array.isArray(oneOf) ? oneOf[0] : undefined) ?? (Array.isArray(allOf) ? allOf[0] : undefined);
  return alternative === undefined ? converted : { ...(convert(alternative) as JsonObject), ...converted };
}
