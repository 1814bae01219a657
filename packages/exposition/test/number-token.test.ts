import fc from "fast-check";
import { expect, test } from "vitest";
import { NumberToken } from "../src/internal/number-token.ts";

function read(text: string): number | undefined {
  const page = Buffer.from(`${text} `);
  const token = new NumberToken();
  const found = token.read(page, new DataView(page.buffer, page.byteOffset, page.length), 0);
  return found && token.end === text.length ? token.value : undefined;
}

test.each([
  ["0", 0],
  ["-0", -0],
  ["+5", 5],
  ["007", 7],
  [".5", 0.5],
  ["5.", 5],
  ["5.e2", 500],
  ["1E3", 1000],
  ["1e+03", 1000],
  ["1.0108928e+08", 101089280],
  ["13.133320179", 13.133320179],
  ["1.7954567917294424e+09", 1795456791.7294424],
  ["9007199254740993", 9007199254740992],
  ["18446744073709551615", 18446744073709552000],
  ["123456789012345678901234567890", 1.2345678901234568e29],
  ["1.7976931348623157e308", Number.MAX_VALUE],
  ["4.9e-324", 5e-324],
  ["1e-400", 0],
  ["1e-999999999999", 0],
  ["8.41e21", 8.41e21],
  ["1e23", 1e23],
  ["0.000000000999", 9.99e-10],
  ["inf", Infinity],
  ["-INF", -Infinity],
  ["+Infinity", Infinity],
  ["nan", Number.NaN],
])("%s is the nearest double", (text, value) => {
  expect(read(text)).toBe(value);
});

test.each([
  "",
  "+",
  "-",
  ".",
  "e1",
  "1e",
  "1e+",
  "--1",
  "1,5",
  "1_000",
  "0x10",
  "0x1p4",
  "1e309",
  "-1e309",
  "+NaN",
  "-nan",
  "infinit",
  "in",
  "abc",
  "1.2.3",
  "١",
])("%j is no number, as in Go", (text) => {
  expect(read(text)).toBeUndefined();
});

const digits = (least: number, most: number): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: least, maxLength: most }).map((all) => all.join(""));

test("any decimal text gives the double that JavaScript gives", () => {
  const decimal = fc
    .tuple(
      fc.constantFrom("", "-", "+"),
      digits(1, 20),
      fc.option(digits(0, 20), { nil: undefined }),
      fc.option(fc.integer({ min: -330, max: 308 }), { nil: undefined }),
    )
    .map(([sign, whole, fraction, exponent]) =>
      [sign, whole, fraction === undefined ? "" : `.${fraction}`, exponent === undefined ? "" : `e${exponent}`].join(
        "",
      ),
    );
  fc.assert(
    fc.property(decimal, (text) => {
      const expected = Number(text);
      expect(read(text)).toBe(Number.isFinite(expected) ? expected : undefined);
    }),
    { numRuns: 2000 },
  );
});

test("texts halfway between two doubles, and just beside, are rounded as JavaScript rounds them", () => {
  const halfway = fc
    .tuple(
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 54n }),
      fc.integer({ min: -1, max: 1 }),
      fc.integer({ min: 1, max: 16 }),
    )
    .map(([integer, beside, point]) => {
      const text = (integer * 2n + 1n + BigInt(beside)).toString();
      return `${text.slice(0, point)}.${text.slice(point)}`;
    });
  fc.assert(
    fc.property(halfway, (text) => {
      expect(read(text)).toBe(Number(text));
    }),
    { numRuns: 2000 },
  );
});
