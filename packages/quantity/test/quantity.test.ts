import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  cpuText,
  memoryText,
  parseQuantity,
  parseQuantityJson,
  quantity,
  QuantityError,
  scaledQuantity,
  scales,
  sumQuantities,
  zeroQuantity,
} from "../src/index.ts";

const formats = fc.constantFrom("DecimalSI" as const, "BinarySI" as const, "DecimalExponent" as const);
const values = fc
  .record({
    mantissa: fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }),
    scale: fc.integer({ min: -9, max: 30 }),
    format: formats,
  })
  .map(({ mantissa, scale, format }) => scaledQuantity(mantissa, scale, format));

describe("a quantity", () => {
  it("keeps its value through its canonical text, in every format and at every size", () => {
    fc.assert(
      fc.property(values, (value) => {
        const again = parseQuantity(value.canonical());
        // A parsed BinarySI value stops at the int64 range, as upstream's does.
        const isCapped = value.canonical().endsWith("i") && value.compare(again) !== 0;
        expect(isCapped ? again.asInt64() : again.compare(value)).toBe(
          isCapped ? BigInt(value.sign) * (2n ** 63n - 1n) : 0,
        );
      }),
      { numRuns: 500 },
    );
  });

  it("adds and subtracts without losing anything", () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        expect(a.add(b).subtract(b).equals(a)).toBe(true);
        expect(a.compare(b)).toBe(a.subtract(b).sign);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [3n * 10n ** 41n + 1n, 41, "4e41"],
    [-(3n * 10n ** 41n + 1n), 41, "-4e41"],
    [3n * 10n ** 41n, 41, "3e41"],
    [10n ** 41n - 1n, 41, "1e41"],
    [1n, 60, "1e60"],
    [-(10n ** 50n), 60, "-1e60"],
  ])("rounds values longer than any table away from zero: %s to 10^%i", (value, scale, rounded) => {
    expect(scaledQuantity(value, 0, "DecimalExponent").roundUp(scale).equals(parseQuantity(rounded))).toBe(true);
  });

  it("cannot be changed", () => {
    const value = parseQuantity("1Gi");
    expect(() => Object.assign(value, { mantissa: 2n })).toThrow(TypeError);
    value.add(value);
    expect(value.toString()).toBe("1Gi");
  });

  it("echoes a parsed text until the first operation", () => {
    const value = parseQuantity("+5Ki");
    expect([value.toString(), value.canonical(), value.negate().negate().toString()]).toEqual(["+5Ki", "5Ki", "5Ki"]);
    expect(JSON.stringify({ memory: value })).toBe('{"memory":"+5Ki"}');
  });

  it("sums to the format of the first term that is not zero", () => {
    const terms = ["0Ki", "0.5", "1Gi"].map(parseQuantity);
    expect([sumQuantities(terms).toString(), sumQuantities(terms).format]).toEqual(["1073741824500m", "DecimalSI"]);
    expect(sumQuantities([])).toBe(zeroQuantity);
  });

  it("rounds below nano away from zero when constructed", () => {
    expect(scaledQuantity(1n, -12).toString()).toBe("1n");
    expect(scaledQuantity(-1_001n, -12).toString()).toBe("-2n");
  });
});

describe("the texts from numbers", () => {
  it.each([
    [0, "0"],
    [150_335_822, "150335822n"],
    [500_000_000, "500m"],
    [1_000_000, "1m"],
    [1_000, "1u"],
    [1_500_000_000, "1500m"],
    [2_000_000_000, "2"],
    [4_000_000_000_000, "4k"],
  ])("print %i nanocores as %s", (nanocores, text) => expect(cpuText(nanocores)).toBe(text));

  it.each([
    [0, "0"],
    [1000, "1k"],
    [1023, "1023"],
    [1024, "1Ki"],
    [1536, "1536"],
    [12_533_760, "12240Ki"],
    [1_000_000, "1000000"],
    [1_073_741_824, "1Gi"],
  ])("print %i bytes as %s", (bytes, text) => expect(memoryText(bytes)).toBe(text));

  it("equal the texts of exact quantities, also beyond the safe integers", () => {
    const numbers = fc.oneof(
      fc.maxSafeInteger(),
      fc.integer({ min: -2_000_000, max: 2_000_000 }),
      fc.tuple(fc.integer(), fc.constantFrom(1e3, 1e6, 1024, 1_048_576, 2 ** 30, 2 ** 50)).map(([a, b]) => a * b),
    );
    fc.assert(
      fc.property(numbers, (value) => {
        expect(cpuText(value)).toBe(scaledQuantity(BigInt(value), scales.nano).toString());
        expect(memoryText(value)).toBe(quantity(BigInt(value), "BinarySI").toString());
      }),
      { numRuns: 2000 },
    );
  });

  it.each([NaN, Infinity, 0.5])("refuse %d, which is no whole number", (value) => {
    expect(() => cpuText(value)).toThrow(RangeError);
    expect(() => memoryText(value)).toThrow(RangeError);
  });
});

describe("a hostile text", () => {
  const megabyte = 1_000_000;
  it.each([
    ["a zero with a huge exponent", "0e2147483646", "0"],
    ["a tiny exponent", "1e-2147483648", "1e-9"],
    ["a fraction that would wrap the exponent upstream", "0.1e-2147483648", "1e-9"],
    ["many digits with a huge exponent", "12345678901234567890e2147483640", "12345678901234567890e2147483640"],
    ["a megabyte of zeros", "0".repeat(megabyte), "0"],
    ["a one and a megabyte of zeros", `1${"0".repeat(megabyte)}e0`, "10e999999"],
    ["a megabyte of fraction", `0.${"1".repeat(megabyte)}`, "111111112n"],
    ["a megabyte of binary digits", `${"9".repeat(megabyte)}Ki`, "9223372036854775807"],
    ["a megabyte of binary fraction", `0.${"9".repeat(megabyte)}Ki`, "1Ki"],
    ["an exponent of a megabyte of zeros", `7e${"0".repeat(megabyte)}3`, "7e3"],
  ])("is answered at once: %s", (_, text, canonical) => {
    const started = performance.now();
    const value = parseQuantity(text);
    expect(value.canonical()).toBe(canonical);
    expect([
      value.value(),
      value.scaledValue(-9),
      value.asInt64(),
      value.toNumber(),
      value.compare(value),
    ]).toHaveLength(5);
    expect(value.roundUp(2_000_000_000).sign).toBe(value.sign);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it.each([
    `${"1".repeat(megabyte)}x`,
    `${"0".repeat(megabyte)}x`,
    `1${"E".repeat(megabyte)}`,
    `1e${"9".repeat(megabyte)}`,
  ])("is refused at once (%#)", (text) => {
    const started = performance.now();
    expect(() => parseQuantity(text)).toThrow(QuantityError);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it("cannot make a sum or a comparison take forever", () => {
    const huge = parseQuantity("1e2147483646");
    const one = parseQuantity("1");
    expect([
      huge.compare(one),
      one.compare(huge),
      huge.negate().compare(one),
      huge.compare(huge.multiply(10n)),
    ]).toEqual([1, -1, -1, -1]);
    expect(() => huge.add(one)).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
    expect(huge.value()).toBe(2n ** 63n - 1n);
    expect(scaledQuantity(1n, 2_000_000_000, "BinarySI").toString()).toBe("100e1999999998");
  });

  it("never throws anything but a QuantityError, and canonical texts are stable", () => {
    const pieces = fc.constantFrom(
      "0",
      "1",
      "9",
      ".",
      "+",
      "-",
      "e",
      "E",
      "i",
      "n",
      "u",
      "m",
      "k",
      "K",
      "M",
      "G",
      "T",
      "P",
      " ",
      "x",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces, { maxLength: 12 }).map((list) => list.join("")),
        ),
        (text) => {
          const texts = canonicalTwice(text);
          expect(texts[1]).toBe(texts[0]);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

/** The canonical text, and that of the quantity read from it; the code twice for a text that is refused. */
function canonicalTwice(text: string): readonly [string, string] {
  try {
    const canonical = parseQuantity(text).canonical();
    return [canonical, parseQuantity(canonical).canonical()];
  } catch (error) {
    if (error instanceof QuantityError) return [error.code, error.code];
    throw error;
  }
}

describe("errors", () => {
  it.each([
    ["1K", "SUFFIX_WRONG"],
    ["", "FORMAT_WRONG"],
    ["1 Mi", "FORMAT_WRONG"],
    ["Ei", "NUMBER_MISSING"],
  ])("of %j carry the code %s", (text, code) => {
    expect(() => parseQuantity(text)).toThrow(expect.objectContaining({ code }));
  });

  it("tell a text that is not JSON from a text that is no quantity", () => {
    expect(() => parseQuantityJson('"1')).toThrow(expect.objectContaining({ code: "JSON_WRONG" }));
    expect(() => parseQuantityJson('"one"')).toThrow(expect.objectContaining({ code: "FORMAT_WRONG" }));
    expect(parseQuantityJson("12345678901234567890").toString()).toBe("12345678901234567890");
  });
});
