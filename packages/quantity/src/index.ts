// Reading
export { parseQuantity } from "./parse-quantity.ts";
export { parseQuantityJson } from "./quantity-json.ts";
export { QuantityError } from "./quantity-error.ts";

// Values
export { milliQuantity, quantity, scaledQuantity, scales, sumQuantities, zeroQuantity } from "./quantity.ts";
export type { Decimal, Quantity, QuantityFormat } from "./quantity.ts";

// Texts of usage values, from numbers
export { cpuText, memoryText } from "./usage-text.ts";
