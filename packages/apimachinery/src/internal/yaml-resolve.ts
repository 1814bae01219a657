/** Which unquoted texts YAML 1.1 would read as something else than text, as go-yaml v2 sees it. */
import { isTimestamp } from "./yaml-timestamp.ts";

const words: ReadonlySet<string> = new Set(
  [
    "y Y yes Yes YES true True TRUE on On ON n N no No NO false False FALSE off Off OFF",
    "~ null Null NULL .nan .NaN .NAN .inf .Inf .INF +.inf +.Inf +.INF -.inf -.Inf -.INF",
  ].flatMap((list) => list.split(" ")),
);

const decimalFloat = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const base60Float = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const integer = /^([-+]?)(?:(0[xX])([0-9a-fA-F]+)|(0[bB])([01]+)|(0[oO]?)([0-7]+)|(0|[1-9][0-9]*))$/;
const signedBinary = /^0b([-+])([01]+)$/;

/** True when the text can stand unquoted and still is a text. */
export function isTextUnquoted(text: string): boolean {
  if (text === "" || words.has(text)) return false;
  const first = text.charAt(0);
  if (first === ".") return !isFloat(text.replaceAll("_", "!"));
  if (!/[-+0-9]/.test(first)) return true;
  if (base60Float.test(text) || isTimestamp(text)) return false;
  const plain = text.replaceAll("_", "");
  return !isInteger(plain) && !isFloat(plain);
}

/** Out of range is not a float: `1e999` is a text. */
function isFloat(text: string): boolean {
  return decimalFloat.test(text) && Number.isFinite(Number(text));
}

/** Within int64, or uint64 without a sign. */
function isInteger(text: string): boolean {
  const match = integer.exec(text);
  if (match !== null) {
    const [, sign = "", hex, hexDigits = "", binary, binaryDigits = "", octal, octalDigits = "", decimal = "0"] = match;
    if (hex !== undefined) return fits(sign, "0x", hexDigits);
    if (binary !== undefined) return fits(sign, "0b", binaryDigits);
    return octal === undefined ? fits(sign, "", decimal) : fits(sign, "0o", octalDigits);
  }
  const odd = signedBinary.exec(text);
  return odd !== null && fits(odd[1] ?? "", "0b", odd[2] ?? "");
}

/** Longer numbers are out of range in every base, so they are not even read. */
const mostDigits = 64;

function fits(sign: string, prefix: string, digits: string): boolean {
  const significant = digits.replace(/^0+(?=.)/, "");
  if (significant.length > mostDigits) return false;
  const value = BigInt(prefix + significant);
  if (sign === "") return value < 2n ** 64n;
  return sign === "-" ? value <= 2n ** 63n : value < 2n ** 63n;
}
