/** OpenAPI documents of the sandbox's own types: enough for kubectl to find kinds and to know that the server checks fields itself. */
import type { Json, JsonObject } from "./kube-object.ts";
import { resourceTypes, type ResourceType } from "./resource-type.ts";

/** Names of definitions as kube-apiserver has them; only the package part differs from group to group. */
const packages: Readonly<Record<string, string>> = {
  "": "io.k8s.api.core.v1",
  "apiregistration.k8s.io": "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1",
  "authentication.k8s.io": "io.k8s.api.authentication.v1",
  "authorization.k8s.io": "io.k8s.api.authorization.v1",
  "coordination.k8s.io": "io.k8s.api.coordination.v1",
  "discovery.k8s.io": "io.k8s.api.discovery.v1",
  "rbac.authorization.k8s.io": "io.k8s.api.rbac.v1",
};

/** `info` of every document. */
const openApiInfo: JsonObject = { title: "Kubernetes", version: "v1.37.2" };

/** The OpenAPI v2 document of the sandbox's own types. */
export function openApiV2(): JsonObject {
  return {
    swagger: "2.0",
    info: openApiInfo,
    paths: Object.fromEntries(resourceTypes.flatMap((type) => pathEntries(type, "#/definitions/"))),
    definitions: Object.fromEntries(resourceTypes.map((type) => [definitionName(type), schema(type)])),
  };
}

/** The OpenAPI v3 document of one group version; `undefined` when it is not one of the sandbox's own. */
export function openApiV3(group: string, version: string): JsonObject | undefined {
  const types = resourceTypes.filter((type) => type.group === group && type.version === version);
  if (types.length === 0) return undefined;
  return {
    openapi: "3.0.0",
    info: openApiInfo,
    paths: Object.fromEntries(types.flatMap((type) => pathEntries(type, "#/components/schemas/"))),
    components: { schemas: Object.fromEntries(types.map((type) => [definitionName(type), schema(type)])) },
  };
}

/** `api/v1`, `apis/rbac.authorization.k8s.io/v1`: how the index of OpenAPI v3 names a group version. */
export function openApiKey(group: string, version: string): string {
  return group === "" ? `api/${version}` : `apis/${group}/${version}`;
}

function definitionName(type: ResourceType): string {
  return `${packages[type.group] ?? type.group}.${type.kind}`;
}

function schema(type: ResourceType): JsonObject {
  return {
    type: "object",
    description: `${type.kind}, as far as the sandbox keeps it.`,
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      spec: { type: "object" },
      status: { type: "object" },
    },
    "x-kubernetes-group-version-kind": [groupVersionKind(type)],
  };
}

function pathEntries(type: ResourceType, references: string): readonly (readonly [string, Json])[] {
  const base = `/${openApiKey(type.group, type.version)}${type.namespaced ? "/namespaces/{namespace}" : ""}/${type.resource}`;
  const answer = { description: "OK", schema: { $ref: `${references}${definitionName(type)}` } };
  const operation = (action: string, parameters: readonly string[]): Json => ({
    operationId: `${action}${type.group}${type.version}${type.kind}`,
    parameters: parameters.map((name) => queryParameter(name, references)),
    responses: { "200": references === "#/definitions/" ? answer : { description: "OK" } },
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": groupVersionKind(type),
  });
  const writing = ["dryRun", "fieldManager", "fieldValidation"];
  const entries: [string, Json][] = [[base, { get: operation("list", []), post: operation("post", writing) }]];
  if (type.verbs.includes("patch")) {
    const one = { get: operation("get", []), put: operation("put", writing), patch: operation("patch", writing) };
    entries.push([`${base}/{name}`, one]);
  }
  return entries;
}

function queryParameter(name: string, references: string): Json {
  const typed = references === "#/definitions/" ? { type: "string" } : { schema: { type: "string" } };
  return { name, in: "query", description: "", ...typed };
}

function groupVersionKind({ group, version, kind }: ResourceType): JsonObject {
  return { group, version, kind };
}
