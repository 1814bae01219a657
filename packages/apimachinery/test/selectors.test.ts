import {
  escapeFieldValue,
  labelSelectorFromObject,
  LabelRequirement,
  LabelSelector,
  labelsFrom,
  noLabels,
  parseFieldSelector,
  parseLabelSelector,
  requireSupportedFields,
  selectEverything,
  selectNothing,
  SelectorInvalid,
} from "@kubemetrics/apimachinery";
import fc from "fast-check";
import { expect, test } from "vitest";

const labelText = fc.string({ minLength: 1, maxLength: 20, unit: fc.constantFrom(..."abzAZ09".split("")) });
const requirementText = fc.oneof(
  labelText,
  labelText.map((key) => `!${key}`),
  fc.tuple(labelText, fc.constantFrom("=", "==", "!="), labelText).map((parts) => parts.join("")),
  fc
    .tuple(labelText, fc.constantFrom("in", "notin"), fc.array(labelText, { maxLength: 12 }))
    .map(([key, operator, values]) => `${key} ${operator} (${values.join(", ")})`),
  fc.tuple(labelText, fc.constantFrom("<", ">"), fc.nat()).map((parts) => parts.join("")),
);

test("a selector's text reads back as the same selector", () => {
  fc.assert(
    fc.property(fc.array(requirementText, { maxLength: 6 }), (requirements) => {
      const text = parseLabelSelector(requirements.join(" ,")).toString();
      expect(parseLabelSelector(text).toString()).toBe(text);
    }),
    { numRuns: 300 },
  );
});

test("any text is either a selector or refused as one", () => {
  const hostile = fc.string({
    maxLength: 60,
    unit: fc.constantFrom(..."ab-._/,!=<>() \t\0ä".split(""), "in", "notin", "😀"),
  });
  fc.assert(
    fc.property(hostile, (text) => {
      const outcomes = [
        outcome(() => parseLabelSelector(text).matches(noLabels)),
        outcome(() => parseFieldSelector(text).matches(new Map())),
      ];
      expect([true, false, "refused"]).toEqual(expect.arrayContaining(outcomes));
    }),
    { numRuns: 500 },
  );
});

/** The answer, or that the text was refused as a selector. */
function outcome<T>(answer: () => T): T | "refused" {
  try {
    return answer();
  } catch (error) {
    if (error instanceof SelectorInvalid) return "refused";
    throw error;
  }
}

const megabyte = 2 ** 20;

test.each([
  ["one long key", "a".repeat(megabyte), "refused"],
  ["a long key that ends badly", `${"a".repeat(megabyte)}-`, "refused"],
  ["a long prefix of many parts", `${"a.".repeat(megabyte / 2)}a/b`, "refused"],
  ["a long prefix that ends badly", `${"a-".repeat(megabyte / 2)}/b`, "refused"],
  ["slashes", "/".repeat(megabyte), "refused"],
  ["open parentheses", `a in ${"(".repeat(megabyte)}`, "refused"],
  ["many values", `a in (${"b,".repeat(megabyte / 2)})`, 1],
  ["many requirements", `${"a,".repeat(megabyte / 2)}a`, megabyte / 2 + 1],
  ["operators", "=".repeat(megabyte), "refused"],
  ["spaces", " ".repeat(megabyte), 0],
  ["a long number", `a>${"1".repeat(megabyte)}`, "refused"],
])(
  "a megabyte of %s takes linear time",
  (_what, text, requirements) => {
    expect(outcome(() => parseLabelSelector(text).requirements.length)).toBe(requirements);
  },
  5_000,
);

test.each([
  ["escapes", `a=${"\\,".repeat(megabyte / 2)}`, 1],
  ["terms", "a=b,".repeat(megabyte / 4), megabyte / 4],
  ["commas", ",".repeat(megabyte), 0],
])(
  "a megabyte of field selector %s takes linear time",
  (_what, text, terms) => {
    expect(parseFieldSelector(text).requirements).toHaveLength(terms);
  },
  5_000,
);

test("many values of one key are looked up, not searched", () => {
  const values = Array.from({ length: 50 }, (_, index) => `v${index}`);
  const selector = parseLabelSelector(`a in (${values.join(",")})`);
  expect(selector.matches(labelsFrom({ a: "v49" }))).toBe(true);
  expect(selector.matches(labelsFrom({ a: "v50" }))).toBe(false);
  expect(parseLabelSelector(`a notin (${values.join(",")})`).matches(labelsFrom({ a: "v49" }))).toBe(false);
});

test.each([
  ["a>9223372036854775806", "9223372036854775807", true],
  ["a>9223372036854775806", "9223372036854775808", false],
  ["a<0", "-9223372036854775808", true],
  ["a<0", "-9223372036854775809", false],
  ["a>5", "+6", true],
  ["a>5", "0000000000000000000000000006", true],
  ["a>5", "6.0", false],
  ["a>5", "", false],
])("%s compares int64: %j gives %s", (selector, value, matches) => {
  expect(parseLabelSelector(selector).matches(labelsFrom({ a: value }))).toBe(matches);
});

test.each([
  ["Bad Key", "=", ["a"], 'key: Invalid value: "Bad Key": name part must consist of'],
  ["a", "=", [], "values: Invalid value: null: exact-match compatibility requires one single value"],
  ["a", "gt", [], "values: Invalid value: null: for 'Gt', 'Lt' operators, exactly one value is required"],
  ["a", "gt", ["x"], "values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer"],
] as const)("a requirement on %j with %s %j says what is wrong", (key, operator, values, message) => {
  expect(() => new LabelRequirement(key, operator, values)).toThrow(message);
});

test("everything that is wrong with a requirement is said at once", () => {
  const text =
    '[values: Invalid value: ["-1","<"]: exact-match compatibility requires one single value, values[0][a]: ';
  expect(() => new LabelRequirement("a", "=", ["-1", "<"])).toThrow(text.replace("<", "\\u003c"));
});

test("no LabelSelector object selects nothing, an empty one everything", () => {
  expect(labelSelectorFromObject(undefined)).toBe(selectNothing);
  expect(labelSelectorFromObject({ matchLabels: null, matchExpressions: null })).toBe(selectEverything);
  expect(selectNothing.matches(noLabels)).toBe(false);
  expect(selectEverything.matches(noLabels)).toBe(true);
  expect(new LabelSelector([]).isEmpty).toBe(true);
});

test("labels are ordered by their bytes, whatever the keys", () => {
  const record: Record<string, string> = JSON.parse('{"b":"1","__proto__":"2","10":"3","9":"4","\uffff":"5","😀":"6"}');
  expect([...labelsFrom(record)].flat().join(" ")).toBe("10 3 9 4 __proto__ 2 b 1 \uffff 5 😀 6");
  expect(labelsFrom(undefined)).toBe(noLabels);
});

test("the supported fields of a field selector are a parameter", () => {
  const selector = parseFieldSelector("spec.nodeName=a");
  expect(() => requireSupportedFields(selector)).toThrow(
    '"spec.nodeName" is not a known field selector: only "metadata.name"',
  );
  expect(requireSupportedFields(selector, ["metadata.name", "spec.nodeName"])).toBeUndefined();
});

test("any value of a field can be asked for", () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      const selector = parseFieldSelector(`a=${escapeFieldValue(value)}`);
      expect(selector.exactValue("a")).toBe(value);
      expect(selector.matches(new Map([["a", value]]))).toBe(true);
      expect(parseFieldSelector(selector.toString()).toString()).toBe(selector.toString());
    }),
    { numRuns: 300 },
  );
});
