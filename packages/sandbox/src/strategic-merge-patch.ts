/**
 * Strategic merge patches: merge patches that merge some lists element by element, and say with directives what a merge cannot.
 *
 * - `$patch: delete | replace` in an object or in an element of a list
 * - `$setElementOrder/<list>`, `$deleteFromPrimitiveList/<list>` beside a list
 * - `$retainKeys` in an object: its other fields go
 *
 * @see apimachinery `pkg/util/strategicpatch/patch.go`
 */
import { badRequest, invalid } from "@kubemetrics/apimachinery";
import { at, isObject } from "./json-path.ts";
import type { Json, JsonObject } from "./kube-object.ts";
import type { MergeRule } from "./merge-keys.ts";

const setElementOrder = "$setElementOrder/";
const deleteFromPrimitiveList = "$deleteFromPrimitiveList/";

/** @throws StatusError 400 and 422 for directives that are not understood or do not fit: nothing of them is ever stored */
export function strategicMergePatch(patch: JsonObject, original: JsonObject, rule: MergeRule): JsonObject {
  const directive = patch["$patch"];
  if (directive === "delete") return {};
  if (directive === "replace") return newFields(patch);
  if (directive !== undefined) throw refused(patch, `unknown patch type: ${JSON.stringify(directive)}`);
  const merged = new Map(Object.entries(retained(patch, original)));
  for (const [field, value] of Object.entries(patch)) {
    const result = mergedField(field, value, patch, merged, rule);
    if (result !== undefined) setOrDelete(merged, ...result);
  }
  return Object.fromEntries(merged);
}

/** The field that an entry of a patch changes, with its new value; `undefined` when another entry does it. */
function mergedField(
  field: string,
  value: Json | undefined,
  patch: JsonObject,
  current: ReadonlyMap<string, Json | undefined>,
  rule: MergeRule,
): [field: string, value: Json | undefined] | undefined {
  if (field === "$retainKeys") return undefined;
  if (field.startsWith(setElementOrder)) {
    const list = field.slice(setElementOrder.length);
    return [list, orderedList(listIn(patch, field), current.get(list), at(patch, list), rule.fields?.[list] ?? {})];
  }
  if (field.startsWith(deleteFromPrimitiveList)) {
    const list = field.slice(deleteFromPrimitiveList.length);
    const gone = listIn(patch, field);
    const old = current.get(list);
    return [list, isList(old) ? unlessEmpty(old.filter((item) => !gone.includes(item))) : old];
  }
  if (field.startsWith("$")) throw refused(patch, `unknown directive: ${JSON.stringify(field)}`);
  if (Object.hasOwn(patch, `${setElementOrder}${field}`)) return undefined;
  return [field, mergedValue(value, current.get(field), rule.fields?.[field] ?? {})];
}

function mergedValue(value: Json | undefined, old: Json | undefined, rule: MergeRule): Json | undefined {
  if (value === null || value === undefined) return undefined;
  if (at(value, "$patch") === "delete") return undefined;
  if (isObject(value) && isObject(old)) return strategicMergePatch(value, old, rule);
  if (isList(value) && isList(old) && rule.key !== undefined)
    return unlessEmpty(mergedList(value, old, rule.key, rule.fields));
  return newValue(value);
}

/** Fields of an object that `$retainKeys` does not take away. */
function retained(patch: JsonObject, original: JsonObject): JsonObject {
  const keys = patch["$retainKeys"];
  if (keys === undefined) return original;
  const isWanted = (field: string): boolean => isList(keys) && keys.includes(field);
  const sets = Object.entries(patch).filter(([field, value]) => value !== null && !field.startsWith("$"));
  if (!isList(keys) || !sets.every(([field]) => isWanted(field)))
    throw badRequest("invalid patch format of retainKeys");
  return Object.fromEntries(Object.entries(original).filter(([field]) => isWanted(field)));
}

/** Elements of the patch stand in its order, the others in theirs; between the two the old order decides. */
function mergedList(
  patch: readonly Json[],
  old: readonly Json[],
  key: string,
  fields: NonNullable<MergeRule["fields"]> = {},
): readonly Json[] {
  if (key === "") return inOrder([...new Set([...old, ...patch])], patch, old, key);
  const changes = patch.filter((item) => at(item, "$patch") === undefined);
  const replaces = patch.some((item) => at(item, "$patch") === "replace");
  const kept = replaces ? [] : withoutDeleted(patch, old, key);
  // An array, for two elements can have one key: ports of a Service that differ by protocol.
  const merged = [...kept];
  for (const change of changes) {
    const index = merged.findIndex((item) => identityOf(item, key) === identityOf(change, key));
    const existing = merged[index];
    if (isObject(existing) && isObject(change)) merged[index] = strategicMergePatch(change, existing, { fields });
    else merged.push(newValue(change) ?? null);
  }
  return inOrder(merged, changes, kept, key);
}

function withoutDeleted(patch: readonly Json[], old: readonly Json[], key: string): readonly Json[] {
  const gone = new Set<Json>();
  for (const item of patch) {
    const directive = at(item, "$patch");
    if (directive === "delete") gone.add(identityOf(item, key));
    else if (directive !== undefined) throw refused(item, `unknown patch type: ${JSON.stringify(directive)}`);
  }
  return old.filter((item) => !gone.has(identityOf(item, key)));
}

function orderedList(
  order: readonly Json[],
  old: Json | undefined,
  patch: Json | undefined,
  rule: MergeRule,
): Json | undefined {
  const { key } = rule;
  if (patch !== undefined && !isList(patch))
    throw refused(patch, "a list that is ordered by $setElementOrder is no list");
  if (!isList(old)) return patch === undefined ? old : newValue(patch);
  if (key === undefined) return patch === undefined ? old : newValue(patch);
  const changes = (patch ?? []).filter((item) => at(item, "$patch") === undefined);
  requireOrder(changes, order, key);
  return unlessEmpty(inOrder(patch === undefined ? old : mergedList(patch, old, key, rule.fields), order, old, key));
}

/** A patch may leave elements of the order out, and name none that are not there or stand elsewhere. */
function requireOrder(changes: readonly Json[], order: readonly Json[], key: string): void {
  const wanted = order.map((item) => identityOf(item, key));
  let last = -1;
  for (const change of changes) {
    const place = wanted.indexOf(identityOf(change, key));
    if (order.length > 0 && place <= last)
      throw refused(change, "the order in the patch list does not match $setElementOrder");
    last = place;
  }
}

/** Sorts by the order that was asked for; what it does not name keeps its place among the old elements. */
function inOrder(items: readonly Json[], wanted: readonly Json[], old: readonly Json[], key: string): readonly Json[] {
  const wantedPlace = places(wanted, key);
  const oldPlace = places(old, key);
  const sorted = (chosen: readonly Json[], place: ReadonlyMap<Json, number>): readonly Json[] =>
    chosen.toSorted((a, b) => (place.get(identityOf(a, key)) ?? 0) - (place.get(identityOf(b, key)) ?? 0));
  const isWanted = (item: Json): boolean => wantedPlace.has(identityOf(item, key));
  const named = [...sorted(items.filter(isWanted), wantedPlace)];
  const result: Json[] = [];
  for (const other of sorted(
    items.filter((item) => !isWanted(item)),
    oldPlace,
  )) {
    const place = oldPlace.get(identityOf(other, key)) ?? -1;
    // A new element has no old place: it goes before whatever is left of the old ones.
    while (named[0] !== undefined && (oldPlace.get(identityOf(named[0], key)) ?? -1) < place)
      result.push(...named.splice(0, 1));
    result.push(other);
  }
  return [...result, ...named];
}

function places(items: readonly Json[], key: string): ReadonlyMap<Json, number> {
  return new Map(items.map((item, index) => [identityOf(item, key), index] as const).toReversed());
}

/** What tells an element of a merged list apart. */
function identityOf(item: Json, key: string): Json {
  if (key === "") return item;
  const identity = at(item, key);
  if (identity === undefined) throw refused(item, `does not contain declared merge key: ${key}`);
  return identity;
}

/** A value that replaces whatever was there: nulls and directives in it have done their work. */
function newValue(value: Json): Json | undefined {
  if (isList(value)) return value.map(newValue).filter((item) => item !== undefined);
  if (!isObject(value)) return value;
  return value["$patch"] === undefined ? newFields(value) : undefined;
}

function newFields(value: JsonObject): JsonObject {
  const unknown = Object.keys(value).find((field) => field.startsWith("$") && !isDirective(field));
  if (unknown !== undefined) throw refused(value, `unknown directive: ${JSON.stringify(unknown)}`);
  const fields = Object.entries(value).filter(([field, inner]) => inner !== null && !isDirective(field));
  return Object.fromEntries(fields.map(([field, inner]) => [field, inner === undefined ? inner : newValue(inner)]));
}

function isDirective(field: string): boolean {
  return (
    field === "$patch" ||
    field === "$retainKeys" ||
    field.startsWith(setElementOrder) ||
    field.startsWith(deleteFromPrimitiveList)
  );
}

function setOrDelete(fields: Map<string, Json | undefined>, field: string, value: Json | undefined): void {
  if (value === undefined) fields.delete(field);
  else fields.set(field, value);
}

/** Go leaves empty lists out of objects. */
function unlessEmpty(list: readonly Json[]): readonly Json[] | undefined {
  return list.length === 0 ? undefined : list;
}

function listIn(patch: JsonObject, field: string): readonly Json[] {
  const list = patch[field];
  if (!isList(list)) throw refused(patch, `${field} is no list`);
  return list;
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** Upstream answers most of these with 500, as if they were its own fault. */
function refused(value: Json, detail: string): Error {
  const text = JSON.stringify(value);
  return invalid({ group: "", kind: "" }, "", [{ type: "FieldValueInvalid", field: "patch", value: text, detail }]);
}
