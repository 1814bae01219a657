/** JSON patch, RFC 6902. Keys such as `__proto__` are ordinary keys. */
import { isDeepStrictEqual } from "node:util";
import { badRequest, requestEntityTooLarge, StatusError } from "@kubemetrics/apimachinery";
import { requireBoundedDepth } from "./json-limits.ts";
import { isObject } from "./object-answer.ts";

/** More than these are refused, as upstream refuses them. */
const mostOperations = 10_000;
/** Characters of JSON that all copies together may have: copies of copies would double with each. Upstream's figure. */
const mostCopied = 3 * 1024 * 1024;
/** List elements that all insertions and removals together may move: each moves what is behind it. */
const mostMoved = 50_000_000;

/**
 * A new document; the arguments are not changed. Takes time in proportion to the document and the patch together.
 *
 * @throws StatusError 400 for what is no patch, 413 for too many operations, 422 when an operation cannot be done
 */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest("a JSON patch is a list of operations");
  if (patch.length > mostOperations) {
    throw requestEntityTooLarge(`a JSON patch may have ${mostOperations} operations, this one has ${patch.length}`);
  }
  const document = new Document(structuredClone(target));
  for (const operation of structuredClone(patch) as readonly unknown[]) document.apply(operation);
  requireBoundedDepth(document.root);
  return document.root;
}

/** Changed in place, operation by operation. No part of it is in it twice. */
class Document {
  root: unknown;
  #copied = 0;
  #moved = 0;

  constructor(root: unknown) {
    this.root = root;
  }

  apply(operation: unknown): void {
    if (!isObject(operation)) throw badRequest("an operation of a JSON patch is an object");
    const { op, value } = operation;
    const path = pointer(operation["path"], "path");
    if (value === undefined && (op === "add" || op === "replace" || op === "test")) {
      throw badRequest(`operation ${op} of a JSON patch needs a value`);
    }
    switch (op) {
      case "add":
        return this.#add(path, value);
      case "remove":
        return void this.#remove(path);
      case "replace":
        return this.#replace(path, value);
      case "copy":
        return this.#add(path, this.#copyOf(valueAt(this.root, pointer(operation["from"], "from"))));
      case "move":
        return this.#add(path, this.#remove(pointer(operation["from"], "from")));
      case "test":
        if (isDeepStrictEqual(valueAt(this.root, path), value)) return;
        throw impossible(`testing value ${textOf(path)} failed`);
      default:
        throw badRequest(`unknown operation ${JSON.stringify(op)} in a JSON patch`);
    }
  }

  #add(path: readonly string[], value: unknown): void {
    const key = path.at(-1);
    if (key === undefined) {
      this.root = value;
      return;
    }
    const holder = valueAt(this.root, path.slice(0, -1));
    if (Array.isArray(holder)) {
      const at = key === "-" ? holder.length : indexOf(key);
      if (at > holder.length) throw nothingAt(path);
      this.#countMoved(holder.length - at);
      holder.splice(at, 0, value);
    } else {
      setMember(holder, key, value, path);
    }
  }

  #replace(path: readonly string[], value: unknown): void {
    valueAt(this.root, path);
    const key = path.at(-1);
    const holder = valueAt(this.root, path.slice(0, -1));
    if (key === undefined) this.root = value;
    else if (Array.isArray(holder)) holder[indexOf(key)] = value;
    else setMember(holder, key, value, path);
  }

  #remove(path: readonly string[]): unknown {
    const removed = valueAt(this.root, path);
    const key = path.at(-1);
    const holder = valueAt(this.root, path.slice(0, -1));
    if (key === undefined) {
      this.root = undefined;
    } else if (Array.isArray(holder)) {
      this.#countMoved(holder.length - indexOf(key));
      holder.splice(indexOf(key), 1);
    } else {
      Reflect.deleteProperty(holder as object, key);
    }
    return removed;
  }

  #copyOf(value: unknown): unknown {
    requireBoundedDepth(value);
    this.#copied += JSON.stringify(value)?.length ?? 0;
    if (this.#copied > mostCopied) throw impossible(`its copies have more than ${mostCopied} characters`);
    return structuredClone(value);
  }

  #countMoved(elements: number): void {
    this.#moved += elements;
    if (this.#moved > mostMoved) throw impossible(`it moves more than ${mostMoved} list elements`);
  }
}

function pointer(text: unknown, field: string): readonly string[] {
  if (typeof text !== "string" || (text !== "" && !text.startsWith("/"))) {
    throw badRequest(`${field} of an operation is a JSON pointer such as "/spec/x"`);
  }
  return text
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** `Infinity` for what is no index. */
function indexOf(key: string): number {
  return /^(?:0|[1-9]\d*)$/.test(key) ? Number(key) : Infinity;
}

/** By definition, not by assignment: `__proto__` is a member like any other. */
function setMember(holder: unknown, key: string, value: unknown, path: readonly string[]): void {
  if (!isObject(holder)) throw nothingAt(path);
  Object.defineProperty(holder, key, { value, configurable: true, enumerable: true, writable: true });
}

function valueAt(document: unknown, path: readonly string[]): unknown {
  let value = document;
  for (const [depth, key] of path.entries()) {
    const holder: unknown = value;
    const isThere = Array.isArray(holder)
      ? indexOf(key) < holder.length
      : isObject(holder) && Object.hasOwn(holder, key);
    if (!isThere) throw nothingAt(path.slice(0, depth + 1));
    value = (holder as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

function nothingAt(path: readonly string[]): StatusError {
  return impossible(`there is nothing at ${textOf(path)}`);
}

function textOf(path: readonly string[]): string {
  return JSON.stringify(path.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""));
}

function impossible(why: string): StatusError {
  const message = `the JSON patch cannot be applied: ${why}`;
  return new StatusError({ status: "Failure", message, reason: "Invalid", code: 422 });
}
