/** Applying patches: JSON merge patch (RFC 7386), JSON patch (RFC 6902) and strategic merge patch. */
import { badRequest, unsupportedMediaType } from "@kubemetrics/apimachinery";
import { parseJson } from "./http-answer.ts";
import { at, isObject } from "./json-path.ts";
import type { Json, JsonObject } from "./kube-object.ts";
import { mergeRuleOf } from "./merge-keys.ts";
import type { ResourceType } from "./resource-type.ts";
import { strategicMergePatch } from "./strategic-merge-patch.ts";

const accepted = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
];

/**
 * Applies a patch of the given media type to an object of a type.
 *
 * @throws StatusError 415 for other types, 400 and 422 for patches that do not fit
 */
export function applyPatch(contentType: string, body: Buffer, document: JsonObject, type: ResourceType): Json {
  const patch = parseJson(body);
  switch (patchType(contentType)) {
    case "application/json-patch+json":
      return jsonPatch(patch, document);
    case "application/merge-patch+json":
      return mergePatch(patch, document) ?? null;
    default:
      if (!isObject(patch)) throw badRequest("a strategic merge patch is an object");
      return strategicMergePatch(patch, document, mergeRuleOf(type));
  }
}

/** The media type of a patch. Server-side apply is not among them. @throws StatusError 415 */
export function patchType(contentType: string): string {
  const mediaType = contentType.split(";", 1)[0]?.trim() ?? "";
  if (accepted.includes(mediaType)) return mediaType;
  throw unsupportedMediaType(accepted);
}

function mergePatch(patch: Json | undefined, target: Json | undefined): Json | undefined {
  if (!isObject(patch)) return patch;
  const merged = new Map<string, Json | undefined>(Object.entries(isObject(target) ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(value, merged.get(key)));
  }
  return Object.fromEntries(merged);
}

function jsonPatch(patch: Json, document: Json): Json {
  if (!Array.isArray(patch)) throw badRequest("a JSON patch is a list of operations");
  let result: Json = document;
  for (const operation of patch as readonly Json[]) result = applyOperation(operation, result);
  return result;
}

function applyOperation(operation: Json, document: Json): Json {
  const kind = at(operation, "op");
  const path = pointer(at(operation, "path"));
  switch (kind) {
    case "add":
    case "replace":
      return put(document, path, at(operation, "value") ?? null, kind === "replace");
    case "remove":
      return remove(document, path);
    case "test": {
      const found = JSON.stringify(read(document, path));
      if (found !== JSON.stringify(at(operation, "value"))) {
        throw badRequest(`testing value /${path.join("/")} failed: ${found} is there`);
      }
      return document;
    }
    case "copy":
      return put(document, path, read(document, pointer(at(operation, "from"))), false);
    case "move": {
      const from = pointer(at(operation, "from"));
      return put(remove(document, from), path, read(document, from), false);
    }
    default:
      throw badRequest(`unexpected JSON patch operation: ${JSON.stringify(kind)}`);
  }
}

function pointer(text: Json | undefined): readonly string[] {
  if (text === "") return [];
  if (typeof text !== "string" || !text.startsWith("/"))
    throw badRequest(`not a JSON pointer: ${JSON.stringify(text)}`);
  return text
    .slice(1)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function read(document: Json, path: readonly string[]): Json {
  const found = at(document, ...path);
  if (found === undefined) throw missing(path);
  return found;
}

function put(document: Json, path: readonly string[], value: Json, mustExist: boolean): Json {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (Array.isArray(document)) {
    const items = [...(document as readonly Json[])];
    const index = step === "-" ? items.length : Number(step);
    if (!Number.isInteger(index) || index < 0 || index > items.length) throw missing(path);
    if (rest.length > 0) items[index] = put(read(document, [step]), rest, value, mustExist);
    else items.splice(index, mustExist ? 1 : 0, value);
    return items;
  }
  if (!isObject(document) || (mustExist && !Object.hasOwn(document, step))) throw missing(path);
  const inner = rest.length > 0 ? put(read(document, [step]), rest, value, mustExist) : value;
  return { ...document, [step]: inner };
}

function remove(document: Json, path: readonly string[]): Json {
  const [step, ...rest] = path;
  if (step === undefined) return null;
  read(document, [step]);
  if (Array.isArray(document)) {
    const items = [...(document as readonly Json[])];
    if (rest.length > 0) items[Number(step)] = remove(read(document, [step]), rest);
    else items.splice(Number(step), 1);
    return items;
  }
  const entries = new Map(Object.entries(document as JsonObject));
  if (rest.length > 0) entries.set(step, remove(read(document, [step]), rest));
  else entries.delete(step);
  return Object.fromEntries(entries);
}

function missing(path: readonly string[]): Error {
  return badRequest(`the server rejected our request: missing path: /${path.join("/")}`);
}
