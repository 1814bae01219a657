/** What objects of a stored resource must be like. */
import { badRequest, conflict, invalid, type FieldError } from "@kubemetrics/apimachinery";
import { isObject, metadataOf, textAt, type JsonObject } from "./object-answer.ts";
import type { StoredResourceOptions } from "./stored-resource.ts";

const longestName = 253;
const nameRule = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

export class ObjectRules {
  readonly #options: StoredResourceOptions;
  readonly #apiVersion: string;

  constructor(options: StoredResourceOptions) {
    this.#options = options;
    this.#apiVersion = `${options.group}/${options.version}`;
  }

  /** @throws StatusError 400 for another kind, version or namespace */
  typed(value: unknown, namespace: string | undefined): JsonObject {
    if (!isObject(value)) throw badRequest("the body is not an object");
    const [kind, apiVersion] = [
      textAt(value, "kind") || this.#options.kind,
      textAt(value, "apiVersion") || this.#apiVersion,
    ];
    if (kind !== this.#options.kind || apiVersion !== this.#apiVersion) {
      throw badRequest(
        `${kind} in version ${JSON.stringify(apiVersion)} cannot be handled as a ${this.#options.kind} of ${this.#apiVersion}`,
      );
    }
    const given = textAt(metadataOf(value), "namespace");
    if (given !== "" && given !== (namespace ?? "")) {
      throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
    }
    return value;
  }

  /** Upstream's order: type, metadata, the rest. */
  completed(given: JsonObject, metadata: JsonObject, namespace: string | undefined): JsonObject {
    const { kind: _kind, apiVersion: _apiVersion, metadata: _metadata, ...rest } = given;
    const { managedFields: _managed, selfLink: _link, ...kept } = metadata;
    const placed = this.#options.namespaced ? { ...kept, namespace: namespace ?? "" } : kept;
    return { kind: this.#options.kind, apiVersion: this.#apiVersion, metadata: placed, ...rest };
  }

  /** @throws StatusError 422 with every problem */
  requireValid(object: JsonObject, before: JsonObject | undefined): void {
    const name = textAt(metadataOf(object), "name");
    const problems: FieldError[] = [...(this.#options.validate?.(object, before) ?? [])];
    const field = "metadata.name";
    if (name === "")
      problems.unshift({ type: "FieldValueRequired", field, detail: "name or generateName is required" });
    else if (name.length > longestName || !nameRule.test(name)) {
      problems.unshift({
        type: "FieldValueInvalid",
        field,
        value: name.slice(0, longestName),
        detail: "a lowercase RFC 1123 subdomain is needed",
      });
    }
    if (problems.length === 0) return;
    throw invalid({ group: this.#options.group, kind: this.#options.kind }, name.slice(0, longestName), problems);
  }

  /** @throws StatusError 409 when what the client says it changes is not what is there */
  requireSame(object: JsonObject, expected: JsonObject): void {
    const metadata = metadataOf(object);
    const name = textAt(metadata, "name");
    const resource = { group: this.#options.group, resource: this.#options.name };
    const version = textAt(expected, "resourceVersion");
    if (version !== "" && version !== textAt(metadata, "resourceVersion")) {
      const reason = "the object has been modified; please apply your changes to the latest version and try again";
      throw conflict(resource, name, reason);
    }
    const uid = textAt(expected, "uid");
    if (uid !== "" && uid !== textAt(metadata, "uid")) {
      throw conflict(
        resource,
        name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${textAt(metadata, "uid")}`,
      );
    }
  }
}
