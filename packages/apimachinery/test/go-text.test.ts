import { goFloat, goJson, goJsonNumber, goJsonString, goQuote, NotEncodable } from "@kubemetrics/apimachinery";
import fc from "fast-check";
import { expect, test } from "vitest";
import { goTexts } from "./go-texts.ts";

/** Characters of all kinds, surrogates without a partner among them. */
const anyText = fc.string({ unit: fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code)) });

test.each(goTexts.quote)("quotes %j as strconv.Quote does", (text, quoted) => {
  expect(goQuote(text)).toBe(quoted);
});

test.each(goTexts.json)("writes %j as encoding/json does", (text, json) => {
  expect(goJsonString(text)).toBe(json);
});

test.each(goTexts.float)("prints the number %s as Go does", (number, printed) => {
  expect(`${goFloat(Number(number))}|${goJsonNumber(Number(number))}`).toBe(printed);
});

test.each([
  [Number.NaN, "NaN"],
  [Number.POSITIVE_INFINITY, "+Inf"],
  [Number.NEGATIVE_INFINITY, "-Inf"],
])("prints %s as %s, which has no JSON form", (number, text) => {
  expect(goFloat(number)).toBe(text);
  expect(() => goJsonNumber(number)).toThrow(new NotEncodable(`json: unsupported value: ${text}`));
});

test("a lone surrogate, which Go text cannot hold, is the replacement character", () => {
  expect(goQuote("a\ud800")).toBe('"a\ufffd"');
  expect(goJsonString("\udc00b")).toBe('"\ufffdb"');
});

test("JSON keeps the order of keys; maps even that of keys that look like numbers", () => {
  expect(goJson({ b: 1, a: [true, null], c: { d: "x" } })).toBe('{"b":1,"a":[true,null],"c":{"d":"x"}}');
  expect(
    goJson(
      new Map([
        ["a", 1],
        ["1", 2],
      ] as const),
    ),
  ).toBe('{"a":1,"1":2}');
});

test("undefined members are left out, undefined elements are null, toJSON is asked, bigints keep all digits", () => {
  const value = { a: undefined, b: [undefined], c: { toJSON: () => 2n ** 60n } };
  expect(goJson(value)).toBe('{"b":[null],"c":1152921504606846976}');
});

test("indented JSON is Go's: a space after the colon, empty lists and objects on one line", () => {
  const value = { a: [1, { b: [] }], c: {}, d: new Map([["e", "<"]]) };
  const text =
    '{\n  "a": [\n    1,\n    {\n      "b": []\n    }\n  ],\n  "c": {},\n  "d": {\n    "e": "\\u003c"\n  }\n}';
  expect(goJson(value, 2)).toBe(text);
});

test.each([[() => 1], [Symbol("s")]])("refuses %s", (value) => {
  expect(() => goJson([value])).toThrow(NotEncodable);
});

test("any JSON value reads back from its text, compact and indented", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 4 }), (value, indent) => {
      expect(JSON.parse(goJson(value, indent))).toEqual(value);
    }),
    { numRuns: 300 },
  );
});

test("any text reads back from its JSON text, which holds no markup", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const json = goJsonString(text);
      expect(json).not.toMatch(/[<>&\u2028\u2029\n]/);
      expect(JSON.parse(json)).toBe(text.toWellFormed());
    }),
    { numRuns: 300 },
  );
});
