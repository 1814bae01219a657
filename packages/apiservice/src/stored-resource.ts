/** A whole resource over objects in memory: every verb, patches and watches included. */
import {
  alreadyExists,
  badRequest,
  formatTime,
  instantFromMs,
  notFound,
  parseFieldSelector,
  parseLabelSelector,
  labelsFrom,
  requireSupportedFields,
  StatusError,
  statusToJson,
  type FieldError,
} from "@kubemetrics/apimachinery";
import { queryFlag } from "@kubemetrics/authorization";
import { jsonPatch } from "./json-patch.ts";
import { mergePatch } from "./merge-patch.ts";
import {
  isObject,
  listAnswer,
  metadataOf,
  objectAnswer,
  textAt,
  textsAt,
  type JsonObject,
  type TableColumns,
} from "./object-answer.ts";
import { ObjectRules } from "./object-rules.ts";
import { ObjectStore } from "./object-store.ts";
import type { ResourceAnswer } from "./resource-answer.ts";
import type { RequestBody, ResourceDefinition, ResourceRequest } from "./resource.ts";
import { watchStore } from "./store-watch.ts";

export interface StoredResourceOptions {
  readonly group: string;
  readonly version: string;
  /** Plural, as in the path. */
  readonly name: string;
  readonly singularName: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  /** What `kubectl get` shows. Default: name and creation time. */
  readonly table?: TableColumns;
  /** What is wrong with an object that is to be stored. */
  readonly validate?: (object: JsonObject, before: JsonObject | undefined) => readonly FieldError[];
  readonly clock: { now(): number };
  readonly newUid: () => string;
}

/** Objects live as long as the returned definition. */
export function storedResource(options: StoredResourceOptions): ResourceDefinition {
  const resource = new StoredResource(options);
  const { name, singularName, kind, namespaced, shortNames = [], categories = [] } = options;
  return {
    name,
    singularName,
    kind,
    namespaced,
    shortNames,
    categories,
    formats: ["json", "yaml"],
    verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
    get: (request) => resource.get(request),
    list: (request) => resource.list(request),
    create: (request, body) => resource.create(request, body),
    update: (request, body) => resource.update(request, () => body.value),
    patch: (request, body) => resource.update(request, (before) => patched(before, body)),
    delete: (request, body) => resource.delete(request, body),
    deleteCollection: (request) => resource.deleteCollection(request),
    watch: (request) => resource.watch(request),
    ...(options.table && { watchTable: options.table }),
  };
}

function patched(before: JsonObject, { mediaType, value }: RequestBody): unknown {
  return mediaType === "application/json-patch+json" ? jsonPatch(before, value) : mergePatch(before, value);
}

class StoredResource {
  readonly #options: StoredResourceOptions;
  readonly #store = new ObjectStore();
  readonly #rules: ObjectRules;
  readonly #apiVersion: string;

  constructor(options: StoredResourceOptions) {
    this.#options = options;
    this.#rules = new ObjectRules(options);
    this.#apiVersion = `${options.group}/${options.version}`;
  }

  get(request: ResourceRequest): ResourceAnswer {
    return this.#answer(this.#found(request));
  }

  list(request: ResourceRequest): ResourceAnswer {
    const items = this.#store.list(request.namespace).filter(this.#selected(request));
    return this.#listOf(items);
  }

  create(request: ResourceRequest, { value }: RequestBody): ResourceAnswer {
    const given = this.#rules.typed(value, request.namespace);
    const metadata = metadataOf(given);
    const prefix = textAt(metadata, "generateName");
    const uid = this.#options.newUid();
    const name =
      textAt(metadata, "name") || (prefix === "" ? "" : `${prefix}${uid.replace(/[^a-z0-9]/g, "").slice(0, 5)}`);
    const own = { uid, generation: 1, creationTimestamp: formatTime(instantFromMs(this.#options.clock.now())) };
    const object = this.#rules.completed(given, { ...metadata, name, ...own }, request.namespace);
    this.#rules.requireValid(object, undefined);
    if (this.#store.get(request.namespace ?? "", name) !== undefined) throw alreadyExists(this.#groupResource(), name);
    return this.#answer(this.#save(object, request), 201);
  }

  update(request: ResourceRequest, change: (before: JsonObject) => unknown): ResourceAnswer {
    const before = this.#found(request);
    const given = this.#rules.typed(change(before), request.namespace);
    const [old, metadata] = [metadataOf(before), metadataOf(given)];
    const name = request.name ?? "";
    if (textAt(metadata, "name") !== name)
      throw badRequest(
        `the name of the object (${textAt(metadata, "name")}) does not match the name on the URL (${name})`,
      );
    this.#rules.requireSame(before, metadata);
    const own = {
      uid: old["uid"],
      creationTimestamp: old["creationTimestamp"],
      generation: Number(old["generation"]) + 1,
    };
    const object = this.#rules.completed(given, { ...metadata, ...own }, request.namespace);
    this.#rules.requireValid(object, before);
    return this.#answer(this.#save(object, request));
  }

  delete(request: ResourceRequest, body: RequestBody | undefined): ResourceAnswer {
    const object = this.#found(request);
    const options = isObject(body?.value) ? body.value : {};
    const preconditions = options["preconditions"];
    if (isObject(preconditions)) this.#rules.requireSame(object, preconditions);
    if (!isDryRun(request)) this.#store.delete(object);
    const { group, name: kind } = this.#options;
    const details = { name: request.name ?? "", group, kind, uid: textAt(metadataOf(object), "uid") };
    return objectAnswer(statusToJson({ status: "Success", details }) as JsonObject);
  }

  deleteCollection(request: ResourceRequest): ResourceAnswer {
    const items = this.#store.list(request.namespace).filter(this.#selected(request));
    if (!isDryRun(request)) for (const item of items) this.#store.delete(item);
    return this.#listOf(items);
  }

  watch(request: ResourceRequest): ReturnType<typeof watchStore> {
    const resourceVersion = request.query.get("resourceVersion") ?? "";
    if (!/^\d*$/.test(resourceVersion))
      throw badRequest(`resourceVersion: ${JSON.stringify(resourceVersion)} is not a version of this server`);
    const start = {
      resourceVersion,
      sendInitialEvents: queryFlag(request.query.get("sendInitialEvents") ?? undefined),
      selects: this.#selected(request),
      apiVersion: this.#apiVersion,
      kind: this.#options.kind,
    };
    return watchStore(this.#store, request.namespace, start, request.signal);
  }

  #groupResource(): { readonly group: string; readonly resource: string } {
    return { group: this.#options.group, resource: this.#options.name };
  }

  #found({ namespace = "", name = "" }: ResourceRequest): JsonObject {
    const object = this.#store.get(namespace, name);
    if (object === undefined) throw notFound(this.#groupResource(), name);
    return object;
  }

  #answer(object: JsonObject, status = 200): ResourceAnswer {
    return objectAnswer(object, status, this.#options.table);
  }

  #listOf(items: readonly JsonObject[]): ResourceAnswer {
    const kind = `${this.#options.kind}List`;
    const metadata = { resourceVersion: String(this.#store.version) };
    return listAnswer({ kind, apiVersion: this.#apiVersion, metadata }, items, this.#options.table);
  }

  #selected({ labelSelector, fieldSelector }: ResourceRequest): (object: JsonObject) => boolean {
    const labels = parseLabelSelector(labelSelector);
    const fields = parseFieldSelector(fieldSelector);
    requireSupportedFields(fields, ["metadata.name", "metadata.namespace"]);
    return (object) => {
      const metadata = metadataOf(object);
      const values = new Map([
        ["metadata.name", textAt(metadata, "name")],
        ["metadata.namespace", textAt(metadata, "namespace")],
      ]);
      return fields.matches(values) && labels.matches(labelsFrom(textsAt(metadata, "labels")));
    };
  }

  #save(object: JsonObject, request: ResourceRequest): JsonObject {
    const versioned = (resourceVersion: string): JsonObject => ({
      ...object,
      metadata: { ...metadataOf(object), resourceVersion },
    });
    return isDryRun(request) ? versioned(String(this.#store.version)) : this.#store.put(versioned);
  }
}

function isDryRun({ query }: ResourceRequest): boolean {
  const values = query.getAll("dryRun");
  if (values.some((value) => value !== "All")) {
    throw new StatusError({
      status: "Failure",
      message: 'dryRun: only "All" is supported',
      reason: "Invalid",
      code: 422,
    });
  }
  return values.length > 0;
}
