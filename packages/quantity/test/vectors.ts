/** How this package answers the golden vectors of its areas. */
import { type AreaBinding, type Deviation, same, type VectorCase, type Verdict } from "@kubemetrics/conformance";
import {
  milliQuantity,
  parseQuantity,
  parseQuantityJson,
  type Quantity,
  quantity,
  type QuantityFormat,
  scaledQuantity,
  sumQuantities,
} from "../src/index.ts";
import { clampedInt64, type Exact, exactOf, isSameValue, roundedAway, valueOfText } from "./exact.ts";

/** What a parsed quantity answers, in the fields of the vector file. */
interface Parsed {
  readonly str: string;
  readonly canon: string;
  readonly json: string;
  readonly format: string;
  readonly sign: number;
  readonly int64: string | null;
  readonly f64: number;
  readonly scaled: Readonly<Record<string, string>>;
  readonly again: unknown;
}

interface Recorded extends Omit<Parsed, "canon" | "json" | "f64" | "scaled"> {
  readonly canon?: string;
  readonly json?: string;
  readonly dec?: string;
  readonly f64: number | string;
  readonly f64slow?: number | string;
  readonly scaled: Readonly<Record<string, string | null>>;
}

const scaledTo = ["-9", "-6", "-3", "0", "3"];

function parsed(text: string): Parsed {
  const value = parseQuantity(text);
  const canon = value.canonical();
  return {
    str: value.toString(),
    canon,
    json: value.toJSON(),
    format: value.format,
    sign: value.sign,
    int64: value.asInt64()?.toString() ?? null,
    f64: value.toNumber(),
    scaled: Object.fromEntries(scaledTo.map((scale) => [scale, value.scaledValue(Number(scale)).toString()])),
    again: parsedAgain(value, canon),
  };
}

/** Present, as in the vectors, only when the canonical text does not come back as itself. */
function parsedAgain(value: Quantity, canon: string): unknown {
  const again = parseQuantity(canon);
  const [str, format, equal] = [again.toString(), again.format, again.equals(value)];
  return str === canon && format === value.format && equal ? undefined : { in: canon, str, format, equal };
}

function recorded(test: VectorCase): Recorded {
  return test["ok"] as Recorded;
}

/** The recorded answers in the shape of ours; values that depend on the processor (`null`) are taken from ours. */
function expectedOf(ok: Recorded, ours: Parsed): Parsed {
  return {
    str: ok.str,
    canon: ok.canon ?? ok.str,
    json: ok.json ?? ok.str,
    format: ok.format,
    sign: ok.sign,
    int64: ok.int64,
    f64: Number(ok.f64 === "+Inf" ? Infinity : ok.f64 === "-Inf" ? -Infinity : ok.f64),
    scaled: Object.fromEntries(scaledTo.map((scale) => [scale, ok.scaled[scale] ?? ours.scaled[scale] ?? ""])),
    again: ok.again,
  };
}

function checkParse(test: VectorCase): Verdict {
  if (test["err"] !== undefined)
    return same(
      test["err"],
      errorOf(() => parseQuantity(test["in"] as string)),
    );
  const ours = parsed(test["in"] as string);
  return same(expectedOf(recorded(test), ours), ours);
}

/** The exact value of a case, computed without this package. */
function exactValue(test: VectorCase): Exact {
  const ok = recorded(test);
  return ok.dec === undefined ? valueOfText(test["in"] as string) : exactOf(ok.dec);
}

function losesSuffix(test: VectorCase): boolean {
  const ok = recorded(test);
  return !isSameValue(valueOfText(ok.canon ?? ok.str), exactValue(test));
}

/** The answers this package promises for every value: exact, saturating, rounded away from zero. */
function promisedOf(test: VectorCase, ours: Parsed): Parsed {
  const expected = expectedOf(recorded(test), ours);
  const exact = exactValue(test);
  const whole = roundedAway(exact, 0);
  const isInt64 = isSameValue(exact, { mantissa: whole, scale: 0 }) && clampedInt64(whole) === whole;
  const promised = {
    ...expected,
    int64: isInt64 ? whole.toString() : null,
    f64: Number(`${exact.mantissa}e${exact.scale}`),
    scaled: Object.fromEntries(
      scaledTo.map((scale) => [scale, clampedInt64(roundedAway(exact, Number(scale))).toString()]),
    ),
  };
  if (!losesSuffix(test)) return promised;
  const right = isSameValue(valueOfText(ours.canon), exact) && /[0-9](E|Ei)$/.test(ours.canon);
  return {
    ...promised,
    str: ours.str,
    json: ours.str,
    canon: right ? ours.canon : "a text of the same value",
    again: undefined,
  };
}

function promise(name: string, reason: string, applies: (test: VectorCase) => boolean): Deviation {
  return {
    name,
    reason,
    applies: (test) => test["ok"] !== undefined && applies(test),
    check: (test) => {
      const ours = parsed(test["in"] as string);
      return same(promisedOf(test, ours), ours);
    },
  };
}

const parseDeviations: readonly Deviation[] = [
  promise(
    "nearest-double",
    "upstream multiplies by a rounded power of ten, so the last digits are off; ours is the nearest double",
    (test) => recorded(test).f64 !== Number(`${exactValue(test).mantissa}e${exactValue(test).scale}`),
  ),
  promise(
    "keeps-suffix-above-exa",
    "upstream prints 1000E as 1: above its largest suffix it loses the suffix and with it the value; ours keeps E and Ei",
    losesSuffix,
  ),
  promise(
    "scaled-values-saturate-and-round-one-way",
    "upstream wraps, gives 0 or rounds negative values up where a value does not fit its inner form; ours rounds away from zero and stops at the int64 range",
    (test) => {
      const exact = exactValue(test);
      return scaledTo.some((scale) => {
        const value = recorded(test).scaled[scale];
        return typeof value === "string" && value !== clampedInt64(roundedAway(exact, Number(scale))).toString();
      });
    },
  ),
  promise(
    "int64-whenever-whole",
    "upstream answers by inner form (1.000 and 8Ki may not be an int64); ours answers by value",
    (test) => recorded(test).int64 === null,
  ),
];

function checkJson(test: VectorCase): Verdict {
  const json = test["in"] as string;
  if (test["err"] !== undefined) {
    const error = errorOf(() => parseQuantityJson(json));
    const fromScanner = /invalid character|unexpected end/.test(test["err"] as string);
    return fromScanner ? same(true, error?.startsWith("not a JSON text: ")) : same(test["err"], error);
  }
  const value = parseQuantityJson(json);
  const after = value.negate().negate();
  return same(
    { format: test["format"], out: test["out"], outAfterArithmetic: test["outAfterArithmetic"] },
    { format: value.format, out: JSON.stringify(value), outAfterArithmetic: JSON.stringify(after) },
  );
}

const keepsSuffixInJson: Deviation = {
  name: "keeps-suffix-above-exa-in-json",
  reason: "as keeps-suffix-above-exa",
  applies: (test) => test["out"] === '"1"' && test["in"] === '"1000E"',
  check: (test) => same(test["in"], JSON.stringify(parseQuantityJson(test["in"] as string))),
};

// Operations

function shown(value: Quantity): { str: string; format: string } {
  return { str: value.toString(), format: value.format };
}

/** Our answer in the fields of an operations case. */
function operated(test: VectorCase): Record<string, unknown> {
  const a = test["a"] === undefined ? undefined : parseQuantity(test["a"] as string);
  if (test.kind === "sum") return { sum: shown(sumQuantities((test["terms"] as string[]).map(parseQuantity))) };
  if (test.kind === "new") return constructed(test);
  if (a === undefined) throw new Error(`unknown kind ${test.kind}`);
  if (test.kind === "cmpInt64") return { cmp: a.compare(quantity(BigInt(test["b"] as string), "DecimalSI")) };
  if (test.kind === "mul") return { mul: { ...shown(a.multiply(BigInt(test["by"] as string))), fits: true } };
  if (test.kind === "pair") {
    const b = parseQuantity(test["b"] as string);
    return { add: shown(a.add(b)), sub: shown(a.subtract(b)), cmp: a.compare(b) };
  }
  const rounded = [-9, -6, -3, 0, 3, 6].map((scale) => {
    const value = a.roundUp(scale);
    return [`roundUp${scale}`, { ...shown(value), exact: value.equals(a) }];
  });
  return { isZero: a.isZero, neg: shown(a.negate()), ...Object.fromEntries(rounded) };
}

function constructed(test: VectorCase): Record<string, unknown> {
  const value = BigInt(test["value"] as string);
  const format = test["format"] as QuantityFormat;
  const made =
    test["how"] === "NewQuantity"
      ? quantity(value, format)
      : test["how"] === "NewMilliQuantity"
        ? milliQuantity(value, format)
        : test["how"] === "NewScaledQuantity"
          ? scaledQuantity(value, test["scale"] as number)
          : scaledQuantity(value, test["scale"] as number, format);
  return { str: made.toString(), valueOf: made.value().toString(), milliOf: made.milliValue().toString() };
}

function expectedOperation(test: VectorCase): Record<string, unknown> {
  const { id: _, kind: __, a: ___, by: _by, value: _value, scale: _scale, how: _how, terms: _terms, ...rest } = test;
  if (test.kind === "new") {
    const { format: _format, ...answers } = rest;
    return answers;
  }
  const { b: _b, ...answers } = rest;
  return answers;
}

interface Shown {
  readonly str: string;
  readonly format: string;
}

const operationDeviations: readonly Deviation[] = [
  {
    name: "products-have-no-int64-limit",
    reason:
      "upstream reports a product that left its int64 mantissa; ours is exact at any size, so there is nothing to report",
    applies: (test) =>
      test.kind === "mul" &&
      (test["mul"] as { fits: boolean }).fits === false &&
      !losesValue(test["mul"] as Shown, productOf(test)),
    check: (test) => same({ mul: { ...(test["mul"] as Shown), fits: true } }, operated(test)),
  },
  {
    name: "results-keep-suffix-above-exa",
    reason: "as keeps-suffix-above-exa: the text of a result must not lose its suffix",
    applies: (test) => shownExact(test).some(([name, exact]) => losesValue(test[name] as Shown, exact)),
    check: (test) => {
      const ours = operated(test);
      const wrong = shownExact(test).find(([name, exact]) => losesValue(ours[name] as Shown, exact));
      return same(undefined, wrong && [wrong[0], ours[wrong[0]]]);
    },
  },
  {
    name: "constructed-values-saturate",
    reason: "as scaled-values-saturate-and-round-one-way: values beyond int64 stop at its range instead of wrapping",
    applies: (test) => test.kind === "new",
    check: (test) => {
      const exact = constructedExact(test);
      const at = (scale: number): string => clampedInt64(roundedAway(exact, scale)).toString();
      return same({ str: test["str"], valueOf: at(0), milliOf: at(-3) }, operated(test));
    },
  },
];

function losesValue(result: Shown, exact: Exact): boolean {
  return !isSameValue(valueOfText(result.str), exact);
}

function constructedExact(test: VectorCase): Exact {
  const scale = test["how"] === "NewQuantity" ? 0 : test["how"] === "NewMilliQuantity" ? -3 : (test["scale"] as number);
  return { mantissa: BigInt(test["value"] as string), scale };
}

function productOf(test: VectorCase): Exact {
  const a = parseQuantity(test["a"] as string);
  return { mantissa: a.mantissa * BigInt(test["by"] as string), scale: a.scale };
}

/** The results of a case that print a value, with that value computed by hand from the operands. */
function shownExact(test: VectorCase): [string, Exact][] {
  if (test.kind === "mul") return [["mul", productOf(test)]];
  const exact = (text: unknown, sign = 1n): Exact => {
    const { mantissa, scale } = parseQuantity(text as string);
    return { mantissa: mantissa * sign, scale };
  };
  const total = (terms: Exact[]): Exact => {
    const scale = Math.min(0, ...terms.map((term) => term.scale));
    return {
      scale,
      mantissa: terms.reduce((sum, term) => sum + term.mantissa * 10n ** BigInt(term.scale - scale), 0n),
    };
  };
  if (test.kind === "sum") return [["sum", total((test["terms"] as string[]).map((term) => exact(term)))]];
  if (test.kind === "one") {
    const a = exact(test["a"]);
    const rounded = [-9, -6, -3, 0, 3, 6].map((scale): [string, Exact] => [
      `roundUp${scale}`,
      a.scale >= scale ? a : { mantissa: roundedAway(a, scale), scale },
    ]);
    return [["neg", exact(test["a"], -1n)], ...rounded];
  }
  if (test.kind !== "pair") return [];
  return [
    ["add", total([exact(test["a"]), exact(test["b"])])],
    ["sub", total([exact(test["a"]), exact(test["b"], -1n)])],
  ];
}

function errorOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

export const areas: readonly AreaBinding[] = [
  { area: "quantity-parse", covers: (test) => test.kind === "parse", check: checkParse, deviations: parseDeviations },
  { area: "quantity-parse", check: checkJson, deviations: [keepsSuffixInJson] },
  {
    area: "quantity-ops",
    check: (test) => same(expectedOperation(test), operated(test)),
    deviations: operationDeviations,
  },
];
