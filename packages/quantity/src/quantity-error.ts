const brand = Symbol.for("@kubemetrics/quantity.error");

/**
 * A text is not a quantity, or a result would need an absurd number of digits.
 *
 * `code` is stable and safe to match on. Messages of the three parse errors are upstream's, word for word, because
 * clients see them inside API answers.
 *
 * - `FORMAT_WRONG`: not a number followed by a suffix
 * - `SUFFIX_WRONG`: a suffix that Kubernetes does not know (`1K`, `1mi`)
 * - `NUMBER_MISSING`: a suffix without digits where the suffix needs them
 * - `JSON_WRONG`: not JSON at all
 * - `OUT_OF_RANGE`: the operands are so far apart in size that the exact result would not fit in memory
 *
 * `instanceof` also recognises errors thrown by another copy of this package.
 */
export class QuantityError extends Error {
  readonly code: "FORMAT_WRONG" | "SUFFIX_WRONG" | "NUMBER_MISSING" | "JSON_WRONG" | "OUT_OF_RANGE";

  constructor(code: QuantityError["code"], message: string) {
    super(message);
    this.name = "QuantityError";
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && brand in value;
  }
}
