import { readFileSync } from "node:fs";
import { goYaml, NotEncodable } from "@kubemetrics/apimachinery";
import { bundledVectors } from "@kubemetrics/conformance";
import fc from "fast-check";
import { expect, test } from "vitest";
import { goTexts, parseExact } from "./go-texts.ts";

interface RecordedObject {
  readonly json: string;
  readonly yaml: string;
}

test("every recorded JSON body prints as the recorded YAML body", () => {
  const { cases } = JSON.parse(readFileSync(`${bundledVectors}metrics-objects.json`, "utf8")) as {
    readonly cases: readonly RecordedObject[];
  };
  expect(cases.length).toBeGreaterThan(500);
  const different = cases.filter(({ json, yaml }) => goYaml(parseExact(json)) !== yaml);
  expect(different).toEqual([]);
});

test("hard texts, numbers, keys and nestings print as go-yaml prints them", () => {
  const printed = goTexts.yaml.map(([json]) => [json, goYaml(parseExact(json))]);
  expect(printed).toEqual(goTexts.yaml);
});

test("maps keep keys that objects would reorder, and sort them naturally all the same", () => {
  const labels = new Map([
    ["b10", "x"],
    ["b9", "y"],
    ["10", "z"],
    ["9", "w"],
  ]);
  expect(goYaml(labels)).toBe('"9": w\n"10": z\nb9: "y"\nb10: x\n');
});

test("undefined members are left out, undefined elements are null, toJSON is asked", () => {
  expect(goYaml({ a: undefined, b: [undefined], c: { toJSON: () => [1n] } })).toBe("b:\n- null\nc:\n- 1\n");
});

test.each([
  ["\u007f", '"\\x7F"\n'],
  ["a\u0085b", '"a\\Nb"\n'],
  ["\ud800x", "\ufffdx\n"],
])("escapes %j, which upstream refuses or changes", (text, yaml) => {
  expect(goYaml(text)).toBe(yaml);
});

test.each([[Number.NaN], [Number.POSITIVE_INFINITY], [() => 1], [Symbol("s")]])("refuses %s", (value) => {
  expect(() => goYaml({ value })).toThrow(NotEncodable);
});

test("any JSON value has a YAML text that ends with one newline and holds no tab or control character", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const yaml = goYaml(value);
      expect(yaml).toMatch(/\n$/);
      expect(yaml).not.toMatch(/[\t\r\v\f\p{Surrogate}]/u);
    }),
    { numRuns: 300 },
  );
});
