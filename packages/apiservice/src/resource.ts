/** What an extension API server serves: resources, grouped by version and group. */
import type { UserInfo } from "@kubemetrics/authentication";
import type { RequestInfo } from "@kubemetrics/authorization";
import type { TableColumns } from "./object-answer.ts";
import type { BodyFormat, ResourceAnswer } from "./resource-answer.ts";

/**
 * One request for a resource, authenticated and authorized.
 *
 * Identity headers never get here. `query` and `signal` are made on first use.
 *
 * A list, watch or deletion with `metadata.name=a` is authorized as one for that object only. Whoever answers it has to
 * apply the selectors: the framework, or the resource if it says so (`honoursSelectors`).
 */
export interface ResourceRequest {
  readonly info: RequestInfo;
  /** `undefined` for cluster scope and for all namespaces. */
  readonly namespace: string | undefined;
  /** `undefined` for collections. */
  readonly name: string | undefined;
  /** First value of the query, `""` when absent; parses. */
  readonly labelSelector: string;
  /** First value of the query, `""` when absent; parses, but may name any field. */
  readonly fieldSelector: string;
  readonly user: UserInfo;
  /** Fires when the client is gone or the deadline passed. */
  readonly signal: AbortSignal;
  readonly query: URLSearchParams;
  /** Header lines, names and values alternating, without credentials and identity: `traceparent` for example. */
  readonly headers: readonly string[];
  /** Adds a `Warning` header that kubectl prints to the user. */
  warn(text: string): void;
}

/** A body sent by a client, decoded. `value` is JSON data: plain objects may carry any key, `__proto__` included. */
export interface RequestBody {
  readonly mediaType: string;
  readonly value: unknown;
}

/** One event of a watch: `object` is sent as JSON with its `kind` and `apiVersion`. */
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: Readonly<Record<string, unknown>>;
}

/** Patches of resources that say nothing else. */
export const defaultPatchTypes: readonly string[] = ["application/json-patch+json", "application/merge-patch+json"];

type Answer = ResourceAnswer | Promise<ResourceAnswer>;

/**
 * One resource of a version. A verb is served when its function is there; others are answered 405.
 *
 * Functions that can answer from memory should not be `async`: a synchronous answer saves a turn of the event loop.
 * They may throw a `StatusError`, which is answered as is; anything else thrown is answered 500 and logged.
 */
export interface ResourceDefinition {
  /** Plural, as in the path: `nodes`. */
  readonly name: string;
  readonly singularName: string;
  readonly kind: string;
  /** Group of the kind, as discovery shows it; absent means the group the resource is served in. */
  readonly kindGroup?: string;
  /** Version of the kind, as discovery shows it; absent means the version the resource is served in. */
  readonly kindVersion?: string;
  readonly namespaced: boolean;
  /** As discovery shows them. */
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  /** Which forms `ResourceAnswer.body` knows. Default: JSON, YAML and protobuf. */
  readonly formats?: readonly BodyFormat[];
  /** Whether answers have `table`. Default true. */
  readonly tables?: boolean;
  /**
   * Claimed wrongly, it shows everything to users who may see one object: whether `list`, `watch` and `deleteCollection`
   * apply both selectors of the request, and refuse fields they do not know.
   *
   * Default false: the framework applies labels, `metadata.name` and `metadata.namespace` to lists (`ResourceAnswer.selected`),
   * the two fields to watches, and answers 400 to all else.
   */
  readonly honoursSelectors?: boolean;
  get?(request: ResourceRequest): Answer;
  list?(request: ResourceRequest): Answer;
  create?(request: ResourceRequest, body: RequestBody): Answer;
  update?(request: ResourceRequest, body: RequestBody): Answer;
  /** Query parameters that the writing verbs honour; kubectl relies on those that OpenAPI names. Default none. */
  readonly writeOptions?: readonly ("dryRun" | "fieldValidation")[];
  /** Media types of `patch` bodies; others are answered 415. Default: JSON patch and merge patch. */
  readonly patchTypes?: readonly string[];
  patch?(request: ResourceRequest, body: RequestBody): Answer;
  delete?(request: ResourceRequest, body: RequestBody | undefined): Answer;
  deleteCollection?(request: ResourceRequest, body: RequestBody | undefined): Answer;
  watch?(request: ResourceRequest): AsyncIterable<WatchEvent>;
  /** Rows of `kubectl get --watch`; the same as in the tables of `get` and `list`. Default: name and creation time. */
  readonly watchTable?: TableColumns;
}

/** A version of a group and what it serves. */
export interface ApiVersion {
  readonly version: string;
  readonly resources: readonly ResourceDefinition[];
  readonly openApi?: OpenApiSchemas;
}

/** A served API group; versions in order of preference, the preferred one first. */
export interface ApiGroup {
  readonly name: string;
  readonly versions: readonly ApiVersion[];
}

/**
 * Schemas of a version's kinds.
 *
 * Keys are definition names (`io.k8s.metrics.pkg.apis.metrics.v1beta1.NodeMetrics`), values OpenAPI v3 schemas whose
 * references are `#/components/schemas/<name>`; the v2 document is derived from them.
 */
export interface OpenApiSchemas {
  readonly schemas: Readonly<Record<string, unknown>>;
  /** Kind → name in `schemas`. */
  readonly kinds: Readonly<Record<string, string>>;
}
