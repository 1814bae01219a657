/** The texts of usage values straight from numbers: no bigint and no object while the number is a safe integer. */
import { canonicalText } from "./canonical-text.ts";

const cpuSuffixes = ["n", "u", "m", "", "k", "M"];
const memorySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi"];

/**
 * CPU usage as Kubernetes prints it: `150335822n`, `500m`, `2`.
 *
 * The same text as `scaledQuantity(BigInt(nanocores), -9).toString()`.
 *
 * @param nanocores - 1e-9 CPU seconds per second, a whole number
 */
export function cpuText(nanocores: number): string {
  if (!Number.isSafeInteger(nanocores)) return canonicalText(BigInt(nanocores), -9, "DecimalSI");
  if (nanocores === 0) return "0";
  let amount = nanocores;
  let power = 0;
  // Exact: a product of integers below 2^53, so it equals the amount only if the division was exact. `%` is slower.
  for (let next = Math.floor(amount / 1000); next * 1000 === amount; next = Math.floor(amount / 1000)) {
    amount = next;
    power++;
  }
  return `${amount}${cpuSuffixes[power]}`;
}

/**
 * Memory as Kubernetes prints it: `12240Ki`, `512Mi`, plain bytes when nothing larger divides them; below 1024 bytes
 * in decimal form (`1k` is 1000 bytes).
 *
 * The same text as `quantity(BigInt(bytes), "BinarySI").toString()`.
 *
 * @param bytes - a whole number
 */
export function memoryText(bytes: number): string {
  if (!Number.isSafeInteger(bytes)) return canonicalText(BigInt(bytes), 0, "BinarySI");
  if (bytes < 1024 && bytes > -1024) {
    if (bytes === 0) return "0";
    return bytes === 1000 ? "1k" : bytes === -1000 ? "-1k" : `${bytes}`;
  }
  let amount = bytes;
  let power = 0;
  // Dividing by a power of two is exact; the low bits of the quotient tell.
  for (let next = amount / 1024; Number.isInteger(next); next = amount / 1024) {
    amount = next;
    power++;
  }
  return `${amount}${memorySuffixes[power]}`;
}
