/** JSON merge patch, RFC 7386. Keys such as `__proto__` are ordinary keys. */
import { isObject } from "./object-answer.ts";

/** A new document; neither argument is changed. `null` in the patch removes. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}
