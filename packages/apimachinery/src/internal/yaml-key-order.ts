/** The order of mapping keys in YAML: letters after everything else, numbers inside keys by their value. */

const letter = /^\p{L}$/u;
const digit = /^\p{Nd}$/u;

/** Orders two keys as go-yaml v2 does; for `toSorted`. */
export function compareYamlKeys(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  let index = 0;
  while (index < end && a.charCodeAt(index) === b.charCodeAt(index)) index++;
  if (index < end) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (isAsciiLetter(left) && isAsciiLetter(right)) return left - right;
  }
  return compareCharacters(a, b);
}

function isAsciiLetter(unit: number): boolean {
  return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a);
}

function compareCharacters(a: string, b: string): number {
  const left = Array.from(a);
  const right = Array.from(b);
  const shorter = Math.min(left.length, right.length);
  let index = 0;
  while (index < shorter && left[index] === right[index]) index++;
  if (index === shorter) return left.length - right.length;
  const leftChar = left[index] ?? "";
  const rightChar = right[index] ?? "";
  const leftIsLetter = letter.test(leftChar);
  const rightIsLetter = letter.test(rightChar);
  if (leftIsLetter !== rightIsLetter) return rightIsLetter ? -1 : 1;
  const byChar = codePoint(leftChar) - codePoint(rightChar);
  if (leftIsLetter) return byChar;
  // A zero is a leading one only if no other digit stands before it; then its number is as good as any.
  const start = (leftChar === "0" || rightChar === "0") && followsNonZeroDigit(left, index) ? 1n : 0n;
  const leftRun = digitRun(left, index, start);
  const rightRun = digitRun(right, index, start);
  if (leftRun.value !== rightRun.value) return leftRun.value < rightRun.value ? -1 : 1;
  if (leftRun.length !== rightRun.length) return leftRun.length - rightRun.length;
  return byChar;
}

function followsNonZeroDigit(chars: readonly string[], end: number): boolean {
  for (let index = end - 1; index >= 0; index--) {
    const char = chars[index] ?? "";
    if (!digit.test(char)) return false;
    if (char !== "0") return true;
  }
  return false;
}

function digitRun(
  chars: readonly string[],
  start: number,
  first: bigint,
): { readonly value: bigint; readonly length: number } {
  let value = first;
  let end = start;
  for (; end < chars.length; end++) {
    const char = chars[end] ?? "";
    if (!digit.test(char)) break;
    value = BigInt.asIntN(64, value * 10n + BigInt(codePoint(char) - 0x30));
  }
  return { value, length: end - start };
}

function codePoint(char: string): number {
  return char.codePointAt(0) ?? 0;
}
