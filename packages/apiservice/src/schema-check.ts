/** Holds an object against the schema of its kind. */
import type { FieldError, FieldValue } from "@kubemetrics/apimachinery";
import type { FieldSchema, KindSchema } from "./field-schema.ts";
import { isObject, type JsonObject } from "./object-answer.ts";
import { objectMetaSchema } from "./object-meta-schema.ts";

export interface CheckedObject {
  /** The object without fields that the schema does not know, and without nulls. */
  readonly object: JsonObject;
  /** Paths of the fields that were left out. */
  readonly unknown: readonly string[];
  /** The first hundred: each comes back longer than it was sent. */
  readonly problems: readonly FieldError[];
}

const mostProblems = 100;

/** Checks one kind. Keys such as `__proto__` are ordinary keys, and unknown ones. */
export class SchemaCheck {
  readonly #schema: FieldSchema;

  constructor({ properties, required = [] }: KindSchema) {
    const text: FieldSchema = { type: "string" };
    this.#schema = {
      type: "object",
      properties: { apiVersion: text, kind: text, metadata: objectMetaSchema, ...properties },
      required,
    };
  }

  check(object: JsonObject): CheckedObject {
    const found = new Found();
    const known = checkedFields(object, this.#schema, "", found);
    return { object: known, unknown: found.unknown, problems: found.problems };
  }
}

class Found {
  readonly unknown: string[] = [];
  readonly problems: FieldError[] = [];

  /** `make` is called only for what is kept. */
  problem(make: () => FieldError): void {
    if (this.problems.length < mostProblems) this.problems.push(make());
  }
}

function checkedFields(object: JsonObject, schema: FieldSchema, path: string, found: Found): JsonObject {
  const { properties = {}, additionalProperties, required = [] } = schema;
  const keepsUnknown = schema["x-kubernetes-preserve-unknown-fields"] === true;
  const kept: [string, unknown][] = [];
  for (const [key, value] of Object.entries(object)) {
    if (value === null) continue;
    const field = path === "" ? key : `${path}.${key}`;
    const own = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
    if (own !== undefined) kept.push([key, checkedValue(value, own, field, found)]);
    else if (keepsUnknown) kept.push([key, value]);
    else found.unknown.push(field);
  }
  const present = new Set(kept.map(([key]) => key));
  for (const key of required) {
    if (present.has(key)) continue;
    found.problem(() => ({ type: "FieldValueRequired", field: path === "" ? key : `${path}.${key}` }));
  }
  return Object.fromEntries(kept);
}

function checkedValue(value: unknown, schema: FieldSchema, field: string, found: Found): unknown {
  const actual = typeOf(value);
  const fits = actual === schema.type || (schema.type === "number" && actual === "integer");
  if (!fits) {
    const detail = `must be of type ${schema.type}: ${JSON.stringify(actual)}`;
    found.problem(() => ({ type: "FieldValueTypeInvalid", field, value: shown(value), detail }));
    return value;
  }
  if (isObject(value)) return checkedFields(value, schema, field, found);
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((item, at) => checkedValue(item, items, `${field}[${at}]`, found));
  }
  if (schema.enum !== undefined && !schema.enum.includes(value as string)) {
    const detail = `supported values: ${schema.enum.map((one) => JSON.stringify(one)).join(", ")}`;
    found.problem(() => ({ type: "FieldValueNotSupported", field, value: value as string, detail }));
  }
  return value;
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (value === null) return "null";
  return Number.isInteger(value) ? "integer" : typeof value;
}

function shown(value: unknown): FieldValue {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : (value as FieldValue);
}
