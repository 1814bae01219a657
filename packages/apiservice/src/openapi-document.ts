/** OpenAPI v3 of one version: the schemas given, and a path for each resource. */
import { defaultPatchTypes, type ApiVersion, type OpenApiSchemas, type ResourceDefinition } from "./resource.ts";

type JsonObject = Readonly<Record<string, unknown>>;

/** Whose document it is: `title` names the server. */
export interface OpenApiInfo {
  readonly title: string;
  readonly version: string;
}

const noSchemas: OpenApiSchemas = { schemas: {}, kinds: {} };

export function openApiV3(info: OpenApiInfo, group: string, apiVersion: ApiVersion): JsonObject {
  const { schemas } = apiVersion.openApi ?? noSchemas;
  return { openapi: "3.0.0", info, paths: pathsOf(group, apiVersion), components: { schemas } };
}

/** Path → operations. kubectl finds a resource's kind by these, the aggregator the schemas that are in use. */
function pathsOf(group: string, { version, resources, openApi }: ApiVersion): JsonObject {
  const root = `/apis/${group}/${version}`;
  const paths: Record<string, JsonObject> = {};
  for (const resource of resources) {
    const collection = resource.namespaced
      ? `${root}/namespaces/{namespace}/${resource.name}`
      : `${root}/${resource.name}`;
    const about = { group, version, kind: resource.kind };
    const operations = operationsOf(resource, about, openApi ?? noSchemas);
    if (resource.namespaced && resource.list !== undefined)
      paths[`${root}/${resource.name}`] = { get: operations.everywhere };
    paths[collection] = withParameters(operations.collection, resource.namespaced ? ["namespace"] : []);
    paths[`${collection}/{name}`] = withParameters(operations.item, [
      "name",
      ...(resource.namespaced ? ["namespace"] : []),
    ]);
  }
  return paths;
}

interface Operations {
  readonly everywhere: JsonObject;
  readonly collection: Record<string, unknown>;
  readonly item: Record<string, unknown>;
}

function operationsOf(resource: ResourceDefinition, about: GroupVersionKind, { kinds }: OpenApiSchemas): Operations {
  const own = kinds[resource.kind];
  const many = kinds[`${resource.kind}List`] ?? own;
  const operation = (action: string, schema: string | undefined, body?: JsonObject): JsonObject => ({
    operationId: operationId(action, about, resource.namespaced),
    ...(writingActions.has(action) && resource.writeOptions !== undefined
      ? { parameters: resource.writeOptions.map(queryParameter) }
      : {}),
    ...(body === undefined ? {} : { requestBody: { required: true, content: body } }),
    responses: { "200": { description: "OK", ...(schema === undefined ? {} : { content: contentOf(schema) }) } },
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": about,
  });
  const whole = own === undefined ? undefined : contentOf(own);
  const patches = Object.fromEntries((resource.patchTypes ?? defaultPatchTypes).map((type) => [type, { schema: {} }]));
  return {
    everywhere: { ...operation("list", many), operationId: operationId("list", about, "everywhere") },
    collection: {
      ...(resource.list === undefined ? {} : { get: operation("list", many) }),
      ...(resource.create === undefined ? {} : { post: operation("post", own, whole) }),
      ...(resource.deleteCollection === undefined ? {} : { delete: operation("deletecollection", undefined) }),
    },
    item: {
      ...(resource.get === undefined ? {} : { get: operation("get", own) }),
      ...(resource.update === undefined ? {} : { put: operation("put", own, whole) }),
      ...(resource.patch === undefined ? {} : { patch: operation("patch", own, patches) }),
      ...(resource.delete === undefined ? {} : { delete: operation("delete", undefined) }),
    },
  };
}

interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

const operationVerbs: ReadonlyMap<string, string> = new Map([
  ["get", "read"],
  ["post", "create"],
  ["put", "replace"],
  ["deletecollection", "delete"],
]);

/**
 * One for each method and path, as Kubernetes names its own: `listMetricsV1NamespacedPodMetrics` and
 * `listMetricsV1PodMetricsForAllNamespaces`. Client generators make function names of them.
 */
function operationId(action: string, about: GroupVersionKind, scope: boolean | "everywhere"): string {
  const verb = operationVerbs.get(action) ?? action;
  const [group = "", version] = [about.group.split(".")[0], about.version].map(capitalised);
  const kind = scope === "everywhere" ? `${about.kind}ForAllNamespaces` : `${scope ? "Namespaced" : ""}${about.kind}`;
  return `${verb}${group}${version}${action === "deletecollection" ? "Collection" : ""}${kind}`;
}

function capitalised(text = ""): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const writingActions: ReadonlySet<string> = new Set(["post", "put", "patch", "delete", "deletecollection"]);

function queryParameter(name: string): JsonObject {
  return { name, in: "query", schema: { type: "string" } };
}

function withParameters(operations: Record<string, unknown>, names: readonly string[]): JsonObject {
  if (names.length === 0) return operations;
  const parameters = names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } }));
  return { ...operations, parameters };
}

function contentOf(schema: string): JsonObject {
  return { "application/json": { schema: { $ref: `#/components/schemas/${schema}` } } };
}
