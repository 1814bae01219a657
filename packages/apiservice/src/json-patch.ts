/** JSON patch, RFC 6902. Keys such as `__proto__` are ordinary keys. */
import { isDeepStrictEqual } from "node:util";
import { badRequest, requestEntityTooLarge, StatusError } from "@kubemetrics/apimachinery";
import { requireBoundedDepth } from "./json-limits.ts";
import { isObject } from "./object-answer.ts";

/** More than these are refused, as upstream refuses them. */
const mostOperations = 10_000;

/**
 * A new document; the arguments are not changed.
 *
 * @throws StatusError 400 for what is no patch, 413 for too many operations, 422 when an operation cannot be done
 */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest("a JSON patch is a list of operations");
  if (patch.length > mostOperations) {
    throw requestEntityTooLarge(`a JSON patch may have ${mostOperations} operations, this one has ${patch.length}`);
  }
  const patched: unknown = patch.reduce(
    (document: unknown, operation: unknown) => applied(document, operation),
    target,
  );
  requireBoundedDepth(patched);
  return patched;
}

function applied(document: unknown, operation: unknown): unknown {
  if (!isObject(operation)) throw badRequest("an operation of a JSON patch is an object");
  const { op, value } = operation;
  const path = pointer(operation["path"], "path");
  switch (op) {
    case "add":
      return changed(document, path, "add", () => value);
    case "remove":
      return changed(document, path, "remove", () => undefined);
    case "replace":
      return changed(document, path, "replace", () => value);
    case "copy":
      return changed(document, path, "add", () => valueAt(document, pointer(operation["from"], "from")));
    case "move": {
      const from = pointer(operation["from"], "from");
      const moved = valueAt(document, from);
      return changed(
        changed(document, from, "remove", () => undefined),
        path,
        "add",
        () => moved,
      );
    }
    case "test":
      if (!isDeepStrictEqual(valueAt(document, path), value)) throw impossible(`testing value ${textOf(path)} failed`);
      return document;
    default:
      throw badRequest(`unknown operation ${JSON.stringify(op)} in a JSON patch`);
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

type Change = "add" | "remove" | "replace";

function changed(document: unknown, path: readonly string[], change: Change, value: () => unknown, depth = 0): unknown {
  const key = path[depth];
  if (key === undefined) return value();
  const isLast = depth === path.length - 1;
  if (Array.isArray(document)) return changedList(document, path, change, value, depth, key, isLast);
  if (!isObject(document)) throw impossible(`there is nothing at ${textOf(path.slice(0, depth + 1))}`);
  const members = new Map(Object.entries(document));
  if (isLast && change === "add") return Object.fromEntries(members.set(key, value()));
  if (!members.has(key)) throw impossible(`there is nothing at ${textOf(path.slice(0, depth + 1))}`);
  if (isLast && change === "remove") members.delete(key);
  else members.set(key, changed(members.get(key), path, change, value, depth + 1));
  return Object.fromEntries(members);
}

function changedList(
  list: readonly unknown[],
  path: readonly string[],
  change: Change,
  value: () => unknown,
  depth: number,
  key: string,
  isLast: boolean,
): unknown {
  const isAdd = isLast && change === "add";
  const at = isAdd && key === "-" ? list.length : /^(?:0|[1-9]\d*)$/.test(key) ? Number(key) : -1;
  if (at < 0 || at > list.length || (at === list.length && !isAdd)) {
    throw impossible(`there is nothing at ${textOf(path.slice(0, depth + 1))}`);
  }
  if (isAdd) return [...list.slice(0, at), value(), ...list.slice(at)];
  if (isLast && change === "remove") return [...list.slice(0, at), ...list.slice(at + 1)];
  return [...list.slice(0, at), changed(list[at], path, change, value, depth + 1), ...list.slice(at + 1)];
}

function valueAt(document: unknown, path: readonly string[]): unknown {
  let value = document;
  for (const [depth, key] of path.entries()) {
    const holder: unknown = value;
    const isThere = (Array.isArray(holder) || isObject(holder)) && Object.hasOwn(holder, key) && key !== "length";
    if (!isThere) throw impossible(`there is nothing at ${textOf(path.slice(0, depth + 1))}`);
    value = (holder as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

function textOf(path: readonly string[]): string {
  return JSON.stringify(path.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""));
}

function impossible(why: string): StatusError {
  const message = `the JSON patch cannot be applied: ${why}`;
  return new StatusError({ status: "Failure", message, reason: "Invalid", code: 422 });
}
