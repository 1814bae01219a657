/** Quantities in JSON texts. */
import { parseQuantity } from "./parse-quantity.ts";
import { QuantityError } from "./quantity-error.ts";
import { decimalQuantity, type Quantity } from "./quantity.ts";

/**
 * Reads a quantity from a JSON text: a string or a bare number, with every digit it has; `null` is zero.
 *
 * Like upstream it looks at the characters between the quotes as they are, so an escape inside the string is refused.
 * A value that went through `JSON.parse` already: a string can go to `parseQuantity`, a number has lost digits.
 *
 * @throws QuantityError `JSON_WRONG`, and those of `parseQuantity`
 */
export function parseQuantityJson(json: string): Quantity {
  try {
    JSON.parse(json);
  } catch (cause) {
    throw new QuantityError("JSON_WRONG", `not a JSON text: ${(cause as Error).message}`);
  }
  const value = json.trim();
  if (value === "null") return decimalQuantity(0n, 0, "");
  return parseQuantity((value.startsWith('"') ? value.slice(1, -1) : value).trim());
}
