import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject, KindSchema } from "@kubemetrics/apiservice";
import { SchemaCheck } from "../src/schema-check.ts";

const schema: KindSchema = {
  description: "A thing.",
  required: ["spec"],
  properties: {
    spec: {
      type: "object",
      required: ["color"],
      properties: {
        color: { type: "string", enum: ["red", "blue"] },
        size: { type: "integer" },
        weight: { type: "number" },
        isOpen: { type: "boolean" },
        tags: { type: "array", items: { type: "string" } },
        parts: { type: "array", items: { type: "object", properties: { name: { type: "string" } } } },
        limits: { type: "object", additionalProperties: { type: "integer" } },
        free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        list: { type: "array" },
      },
    },
  },
};
const check = new SchemaCheck(schema);
const spec = { color: "red" };

function withSpec(more: JsonObject): JsonObject {
  return { metadata: { name: "a" }, spec: { ...spec, ...more } };
}

describe("unknown fields are left out, and named", () => {
  test.each([
    { object: { ...withSpec({}), other: 1 }, unknown: ["other"] },
    { object: withSpec({ colour: "x", size: 1 }), unknown: ["spec.colour"] },
    {
      object: withSpec({ parts: [{ name: "n", extra: 1 }, { more: 2 }] }),
      unknown: ["spec.parts[0].extra", "spec.parts[1].more"],
    },
    { object: { spec, metadata: { name: "a", nmae: "b" } }, unknown: ["metadata.nmae"] },
    { object: JSON.parse('{"spec":{"color":"red","__proto__":{"x":1}}}') as JsonObject, unknown: ["spec.__proto__"] },
    { object: withSpec({ free: { anything: { goes: [1] } } }), unknown: [] },
    { object: withSpec({ list: [1, "two", {}] }), unknown: [] },
    { object: withSpec({ limits: { cpu: 1 } }), unknown: [] },
  ])("$unknown", ({ object, unknown }) => {
    const checked = check.check(object);
    expect([checked.unknown, checked.problems]).toEqual([unknown, []]);
    expect(check.check(checked.object).unknown).toEqual([]);
  });
});

test("nulls mean that there is nothing", () => {
  expect(check.check(withSpec({ size: null, tags: null })).object).toEqual(withSpec({}));
});

describe("what does not fit is named with its path, all at once", () => {
  const wrong = (field: string, value: unknown, type: string, actual: string): object => ({
    type: "FieldValueTypeInvalid",
    field,
    value,
    detail: `must be of type ${type}: "${actual}"`,
  });
  test.each([
    { more: { size: "1" }, problems: [wrong("spec.size", "1", "integer", "string")] },
    { more: { size: 1.5 }, problems: [wrong("spec.size", 1.5, "integer", "number")] },
    { more: { weight: 1 }, problems: [] },
    { more: { weight: 1.5 }, problems: [] },
    { more: { isOpen: "yes" }, problems: [wrong("spec.isOpen", "yes", "boolean", "string")] },
    { more: { tags: ["a", 1] }, problems: [wrong("spec.tags[1]", 1, "string", "integer")] },
    { more: { tags: { a: 1 } }, problems: [wrong("spec.tags", '{"a":1}', "array", "object")] },
    { more: { limits: { cpu: "1" } }, problems: [wrong("spec.limits.cpu", "1", "integer", "string")] },
    {
      more: { color: "green" },
      problems: [
        {
          type: "FieldValueNotSupported",
          field: "spec.color",
          value: "green",
          detail: 'supported values: "red", "blue"',
        },
      ],
    },
    {
      more: { color: null, size: "x" },
      problems: [wrong("spec.size", "x", "integer", "string"), { type: "FieldValueRequired", field: "spec.color" }],
    },
  ])("$more", ({ more, problems }) => {
    expect(check.check(withSpec(more)).problems).toEqual(problems);
  });

  test("a missing top-level field, and labels that are no texts", () => {
    expect(check.check({ metadata: { labels: { a: 1 } } }).problems).toEqual([
      wrong("metadata.labels.a", 1, "string", "integer"),
      { type: "FieldValueRequired", field: "spec" },
    ]);
  });
});

test("any JSON is checked without an exception, and what is left has no unknown field", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom("spec", "metadata", "x", "__proto__"), fc.jsonValue()), (object) => {
      const once = check.check(object as JsonObject);
      const twice = check.check(once.object);
      expect([twice.unknown, twice.object]).toEqual([[], once.object]);
    }),
    { numRuns: 300 },
  );
});
