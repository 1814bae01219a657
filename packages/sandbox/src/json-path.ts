/** Reading values deep inside JSON whose shape nobody promised. */
import type { Json, JsonObject } from "./kube-object.ts";

/** The value at a path, or `undefined` as soon as a step does not exist. */
export function at(value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined {
  let current = value;
  for (const step of path) {
    if (typeof current !== "object" || current === null) return undefined;
    current = Object.hasOwn(current, step) ? (current as { readonly [key: string | number]: Json })[step] : undefined;
  }
  return current;
}

/** The text at a path; anything else counts as empty. */
export function textAt(value: Json | undefined, ...path: readonly (string | number)[]): string {
  const found = at(value, ...path);
  return typeof found === "string" ? found : "";
}

/** The number at a path; anything else counts as absent. */
export function numberAt(value: Json | undefined, ...path: readonly (string | number)[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === "number" ? found : undefined;
}

/** The list at a path; anything else counts as empty. */
export function itemsAt(value: Json | undefined, ...path: readonly (string | number)[]): readonly Json[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? (found as readonly Json[]) : [];
}

/** The texts of a list at a path. */
export function textsAt(value: Json | undefined, ...path: readonly (string | number)[]): readonly string[] {
  return itemsAt(value, ...path).filter((item) => typeof item === "string");
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object at a path; anything else counts as empty. */
export function objectAt(value: Json | undefined, ...path: readonly (string | number)[]): JsonObject {
  const found = at(value, ...path);
  return isObject(found) ? found : {};
}
