/** Splits a quantity's text by hand, in one pass: a regular expression would be quadratic on hostile texts. */
import { QuantityError } from "../quantity-error.ts";

const suffixLetters = "eEinumkKMGTP";

export interface QuantityParts {
  readonly negative: boolean;
  /** Digits before the dot, without leading zeros. */
  readonly whole: string;
  /** Digits after the dot. */
  readonly fraction: string;
  /** False for `Ki`, `-` and `.`. */
  readonly hasDigits: boolean;
  readonly suffix: string;
}

/** @throws QuantityError `FORMAT_WRONG` */
export function splitQuantity(text: string): QuantityParts {
  const signed = text[0] === "-" || text[0] === "+";
  const start = signed ? 1 : 0;
  let wholeStart = start;
  while (text.charCodeAt(wholeStart) === 0x30) wholeStart++;
  const wholeEnd = digitsEnd(text, wholeStart);
  const hasDot = text[wholeEnd] === ".";
  const numberEnd = hasDot ? digitsEnd(text, wholeEnd + 1) : wholeEnd;
  let suffixEnd = numberEnd;
  while (suffixEnd < text.length && suffixLetters.includes(text.charAt(suffixEnd))) suffixEnd++;
  if (text[suffixEnd] === "-" || text[suffixEnd] === "+") suffixEnd++;
  if (text === "" || digitsEnd(text, suffixEnd) !== text.length) {
    throw new QuantityError(
      "FORMAT_WRONG",
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  }
  return {
    negative: text[0] === "-",
    whole: text.slice(wholeStart, wholeEnd),
    fraction: hasDot ? text.slice(wholeEnd + 1, numberEnd) : "",
    hasDigits: numberEnd - start > (hasDot ? 1 : 0),
    suffix: text.slice(numberEnd),
  };
}

function digitsEnd(text: string, from: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); code >= 0x30 && code <= 0x39; code = text.charCodeAt(at)) at++;
  return at;
}
