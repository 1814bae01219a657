/** A whole resource over objects in memory: every verb, patches and watches included. */
import { isDeepStrictEqual } from "node:util";
import {
  alreadyExists,
  badRequest,
  formatTime,
  instantFromMs,
  invalid,
  notFound,
  statusToJson,
  type FieldError,
} from "@kubemetrics/apimachinery";
import { queryFlag } from "@kubemetrics/authorization";
import type { KindSchema } from "./field-schema.ts";
import { jsonPatch } from "./json-patch.ts";
import { mergePatch } from "./merge-patch.ts";
import {
  isObject,
  listAnswer,
  metadataOf,
  objectAnswer,
  textAt,
  type JsonObject,
  type TableColumns,
} from "./object-answer.ts";
import { deletionOf, mayGo, requireNoNewFinalizers, waitingObject } from "./object-finalizers.ts";
import { selectorOf } from "./object-selector.ts";
import { ObjectRules } from "./object-rules.ts";
import { ObjectStore } from "./object-store.ts";
import type { ResourceAnswer } from "./resource-answer.ts";
import type { RequestBody, ResourceDefinition, ResourceRequest } from "./resource.ts";
import { SchemaCheck } from "./schema-check.ts";
import { watchStore } from "./store-watch.ts";
import { deleteOptions, isDryRun, tellUnknownFields } from "./write-options.ts";

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
  /**
   * The fields of the kind. Objects are held against it: unknown fields are left out, and told as the client's
   * `fieldValidation` wants it. Without it, anything is stored. For `kubectl explain` see `kindSchemas`.
   */
  readonly schema?: KindSchema;
  /** What is wrong with an object that is to be stored. */
  readonly validate?: (object: JsonObject, before: JsonObject | undefined) => readonly FieldError[];
  /**
   * Milliseconds since 1970, of creation times and of the first resource version. Set it back before a restart, and watches
   * from before go on unaware of what the restart forgot, instead of being told 410.
   */
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
    honoursSelectors: true,
    writeOptions: options.schema === undefined ? ["dryRun"] : ["dryRun", "fieldValidation"],
    verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
    get: (request) => resource.get(request),
    list: (request) => resource.list(request),
    create: (request, body) => resource.create(request, body),
    update: (request, body) => resource.update(request, () => body.value),
    patch: (request, body) => resource.update(request, (before) => patched(before, body)),
    delete: (request, body) => resource.delete(request, body),
    deleteCollection: (request, body) => resource.deleteCollection(request, body),
    watch: (request) => resource.watch(request),
    ...(options.table && { watchTable: options.table }),
  };
}

function patched(before: JsonObject, { mediaType, value }: RequestBody): unknown {
  return mediaType === "application/json-patch+json" ? jsonPatch(before, value) : mergePatch(before, value);
}

class StoredResource {
  readonly #options: StoredResourceOptions;
  readonly #store: ObjectStore;
  readonly #rules: ObjectRules;
  readonly #check: SchemaCheck | undefined;
  readonly #apiVersion: string;

  constructor(options: StoredResourceOptions) {
    this.#options = options;
    this.#store = new ObjectStore(options.clock);
    this.#rules = new ObjectRules(options);
    this.#check = options.schema && new SchemaCheck(options.schema);
    this.#apiVersion = `${options.group}/${options.version}`;
  }

  get(request: ResourceRequest): ResourceAnswer {
    return this.#answer(this.#found(request));
  }

  list(request: ResourceRequest): ResourceAnswer {
    const items = this.#store.list(request.namespace).filter(selectorOf(request));
    return this.#listOf(items);
  }

  create(request: ResourceRequest, { value }: RequestBody): ResourceAnswer {
    const given = this.#given(value, request);
    const { deletionTimestamp: _time, deletionGracePeriodSeconds: _grace, ...metadata } = metadataOf(given);
    const prefix = textAt(metadata, "generateName");
    const uid = this.#options.newUid();
    const name =
      textAt(metadata, "name") || (prefix === "" ? "" : `${prefix}${uid.replace(/[^a-z0-9]/g, "").slice(0, 5)}`);
    const own = { uid, generation: 1, creationTimestamp: formatTime(instantFromMs(this.#options.clock.now())) };
    const object = this.#rules.completed(given, { ...metadata, name, ...own }, request.namespace);
    this.#rules.requireValid(object, undefined);
    if (this.#store.get(request.namespace ?? "", name) !== undefined) throw alreadyExists(this.#groupResource(), name);
    return this.#answer(this.#save(object, isDryRun(request)), 201);
  }

  update(request: ResourceRequest, change: (before: JsonObject) => unknown): ResourceAnswer {
    const before = this.#found(request);
    const given = this.#given(change(before), request);
    const [old, metadata] = [metadataOf(before), metadataOf(given)];
    const name = request.name ?? "";
    if (textAt(metadata, "name") !== name)
      throw badRequest(
        `the name of the object (${textAt(metadata, "name")}) does not match the name on the URL (${name})`,
      );
    this.#rules.requireSame(before, metadata);
    requireNoNewFinalizers(before, metadata, this.#groupResource());
    const { uid, creationTimestamp, generation, resourceVersion } = old;
    const kept = { uid, creationTimestamp, generation, resourceVersion, ...deletionOf(before) };
    const wanted = this.#rules.completed(given, { ...metadata, ...kept }, request.namespace);
    if (isDeepStrictEqual(wanted, before)) return this.#answer(before);
    const isNewGeneration = !isDeepStrictEqual({ ...wanted, metadata: {} }, { ...before, metadata: {} });
    const own = isNewGeneration ? { ...kept, generation: Number(generation) + 1 } : kept;
    const object = { ...wanted, metadata: { ...metadataOf(wanted), ...own } };
    this.#rules.requireValid(object, before);
    if (!mayGo(object)) return this.#answer(this.#save(object, isDryRun(request)));
    if (!isDryRun(request)) this.#store.delete(object);
    return this.#answer(object);
  }

  delete(request: ResourceRequest, body: RequestBody | undefined): ResourceAnswer {
    const object = this.#found(request);
    const options = deleteOptions(request, body);
    const preconditions = options["preconditions"];
    if (isObject(preconditions)) this.#rules.requireSame(object, preconditions);
    const waiting = this.#end(object, options, request);
    if (waiting !== undefined) return this.#answer(waiting);
    const { group, name: kind } = this.#options;
    const details = { name: request.name ?? "", group, kind, uid: textAt(metadataOf(object), "uid") };
    return objectAnswer(statusToJson({ status: "Success", details }) as JsonObject);
  }

  deleteCollection(request: ResourceRequest, body: RequestBody | undefined): ResourceAnswer {
    const items = this.#store.list(request.namespace).filter(selectorOf(request));
    const options = deleteOptions(request, body);
    for (const item of items) this.#end(item, options, request);
    return this.#listOf(items);
  }

  watch(request: ResourceRequest): ReturnType<typeof watchStore> {
    const resourceVersion = request.query.get("resourceVersion") ?? "";
    if (!/^\d*$/.test(resourceVersion))
      throw badRequest(`resourceVersion: ${JSON.stringify(resourceVersion)} is not a version of this server`);
    const start = {
      resourceVersion,
      sendInitialEvents: queryFlag(request.query.get("sendInitialEvents") ?? undefined),
      selects: selectorOf(request),
      apiVersion: this.#apiVersion,
      kind: this.#options.kind,
    };
    return watchStore(this.#store, request.namespace, start, request.signal);
  }

  /** @throws StatusError 400, 422 */
  #given(value: unknown, request: ResourceRequest): JsonObject {
    const object = this.#rules.typed(value, request.namespace);
    if (this.#check === undefined) return object;
    const { object: known, unknown, problems } = this.#check.check(object);
    const { group, kind } = this.#options;
    tellUnknownFields(request, unknown, kind);
    if (problems.length > 0) throw invalid({ group, kind }, textAt(metadataOf(object), "name"), problems);
    return known;
  }

  /** Removes the object, or returns it as it waits for its finalizers. */
  #end(object: JsonObject, options: JsonObject, request: ResourceRequest): JsonObject | undefined {
    const waiting = waitingObject(object, options, this.#options.clock.now());
    const isDry = isDryRun(request, options);
    if (waiting !== undefined) return isDeepStrictEqual(waiting, object) ? object : this.#save(waiting, isDry);
    if (!isDry) this.#store.delete(object);
    return undefined;
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

  #save(object: JsonObject, isDry: boolean): JsonObject {
    const versioned = (resourceVersion: string): JsonObject => ({
      ...object,
      metadata: { ...metadataOf(object), resourceVersion },
    });
    return isDry ? versioned(String(this.#store.version)) : this.#store.put(versioned);
  }
}
