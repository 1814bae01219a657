/** Reads numbers from bytes without building strings, as `Number` in JavaScript and `ParseFloat` in Go read them. */
import { DOT, LOWER_E, LOWER_I, LOWER_N, MINUS, NINE, PLUS, UPPER_E, ZERO } from "./bytes.ts";
import { fourDigits, powersOfTen, scale, scaleLong } from "./decimal.ts";

/** One number of a page. Kept and reused by its owner, so that reading allocates nothing. */
export class NumberToken {
  /** The value read; a double from the start, so that storing one allocates nothing. */
  value: number = Number.NaN;
  /** Index after the last byte of the number. */
  end = 0;
  #exponent = 0;

  /**
   * Reads the number that begins at `at`: decimal digits with point and exponent, `Inf`, `Infinity` and `NaN` in any case.
   * The caller checks what follows at `end`.
   *
   * @param view - the page again, for reading four digits at once
   * @returns false when no number begins there, or it is out of range; `value` and `end` are then meaningless
   */
  read(page: Buffer, view: DataView, at: number): boolean {
    const stop = page.length;
    let i = at;
    let byte = i < stop ? (page[i] as number) : 0;
    // In whole numbers of at most nine digits at first: most values end here.
    let whole = 0;
    while (byte >= ZERO && byte <= NINE) {
      whole = (Math.imul(whole, 10) + (byte - ZERO)) | 0;
      byte = ++i < stop ? (page[i] as number) : 0;
    }
    const wholeDigits = i - at;
    if (wholeDigits === 0 || wholeDigits > 7) return this.#readAny(page, view, at);
    let fraction = 0; // its first eight digits
    let rest = 0; // the others
    let restDigits = 0;
    let fractionDigits = 0;
    if (byte === DOT) {
      const from = ++i;
      const four = i + 4 <= stop ? fourDigits(view.getInt32(i, true)) : -1;
      if (four >= 0) {
        fraction = four;
        i += 4;
        const more = i + 4 <= stop ? fourDigits(view.getInt32(i, true)) : -1;
        if (more >= 0) {
          i += 4;
          fraction = (Math.imul(four, 10_000) + more) | 0;
          const third = i + 4 <= stop ? fourDigits(view.getInt32(i, true)) : -1;
          if (third >= 0) {
            rest = third;
            i += 4;
          }
        }
      }
      byte = i < stop ? (page[i] as number) : 0;
      if (i - from < 8) {
        while (byte >= ZERO && byte <= NINE) {
          fraction = (Math.imul(fraction, 10) + (byte - ZERO)) | 0;
          byte = ++i < stop ? (page[i] as number) : 0;
        }
        fractionDigits = i - from;
      } else {
        while (byte >= ZERO && byte <= NINE) {
          rest = (Math.imul(rest, 10) + (byte - ZERO)) | 0;
          byte = ++i < stop ? (page[i] as number) : 0;
        }
        fractionDigits = 8;
        restDigits = i - from - 8;
        if (restDigits > 8) return this.#readAny(page, view, at);
      }
    }
    let unit = powersOfTen[fractionDigits] as number;
    let head = whole * unit + fraction;
    if (restDigits > 0 && wholeDigits + fractionDigits + restDigits <= 15) {
      const shift = powersOfTen[restDigits] as number;
      head = head * shift + rest;
      unit *= shift;
      fractionDigits += restDigits;
      restDigits = 0;
    }
    this.end = i;
    if (byte !== LOWER_E && byte !== UPPER_E && restDigits === 0) {
      this.value = head / unit;
      return true;
    }
    let exponent = -fractionDigits - restDigits;
    if (byte === LOWER_E || byte === UPPER_E) {
      this.end = this.#readExponent(page, i + 1);
      if (this.end < 0) return false;
      exponent += this.#exponent;
    }
    if (exponent < -22 || exponent > 22) return this.#readAny(page, view, at);
    if (restDigits === 0) {
      this.value = exponent < 0 ? head / (powersOfTen[-exponent] as number) : head * (powersOfTen[exponent] as number);
      return true;
    }
    const value = scaleLong(head, rest, restDigits, exponent);
    if (value !== value) return this.#readAny(page, view, at);
    this.value = value;
    return true;
  }

  /** The same for any number. */
  #readAny(page: Buffer, view: DataView, at: number): boolean {
    const stop = page.length;
    let i = at;
    let byte = i < stop ? (page[i] as number) : 0;
    const negative = byte === MINUS;
    const signed = negative || byte === PLUS;
    if (signed) i++;
    let head = 0; // the first 12 to 15 digits
    let tail = 0; // the others
    let headDigits = 0;
    let digits = 0;
    let point = -1; // digits before it
    for (;;) {
      const four = i + 4 <= stop ? fourDigits(view.getInt32(i, true)) : -1;
      if (four >= 0) {
        if (headDigits === digits && digits <= 11) {
          head = head * 1e4 + four;
          headDigits += 4;
        } else {
          tail = tail * 1e4 + four;
        }
        digits += 4;
        i += 4;
        continue;
      }
      byte = i < stop ? (page[i] as number) : 0;
      while (byte >= ZERO && byte <= NINE) {
        if (headDigits === digits && digits <= 14) {
          head = head * 10 + (byte - ZERO);
          headDigits++;
        } else {
          tail = tail * 10 + (byte - ZERO);
        }
        digits++;
        byte = ++i < stop ? (page[i] as number) : 0;
      }
      if (byte !== DOT || point >= 0) break;
      point = digits;
      i++;
    }
    if (digits === 0) return point < 0 && this.#readWord(page, i, negative, signed);
    let exponent = point < 0 ? 0 : point - digits;
    if (byte === LOWER_E || byte === UPPER_E) {
      i = this.#readExponent(page, i + 1);
      if (i < 0) return false;
      exponent += this.#exponent;
    }
    this.end = i;
    if (digits > 19 || exponent < -22 || exponent > 22) return this.#readSlowly(page, at, i);
    const magnitude =
      digits === headDigits ? scale(head, exponent) : scaleLong(head, tail, digits - headDigits, exponent);
    if (magnitude !== magnitude) return this.#readSlowly(page, at, i);
    this.value = negative ? -magnitude : magnitude;
    return true;
  }

  /** Reads what follows `e` into `#exponent`; returns the index after it, or -1 when no digit does. */
  #readExponent(page: Buffer, at: number): number {
    let i = at;
    let byte = page[i] ?? 0;
    const down = byte === MINUS;
    if (down || byte === PLUS) byte = page[++i] ?? 0;
    if (byte < ZERO || byte > NINE) return -1;
    let written = 0;
    while (byte >= ZERO && byte <= NINE) {
      if (written < 100_000) written = written * 10 + (byte - ZERO);
      byte = ++i < page.length ? (page[i] as number) : 0;
    }
    this.#exponent = down ? -written : written;
    return i;
  }

  /** `Inf`, `Infinity` with or without a sign, `NaN` without, as Go reads them. */
  #readWord(page: Buffer, at: number, negative: boolean, signed: boolean): boolean {
    const first = (page[at] ?? 0) | 32;
    if (first === LOWER_I) {
      const length = hasWord(page, at, "infinity") ? 8 : hasWord(page, at, "inf") ? 3 : 0;
      if (length === 0) return false;
      this.value = negative ? -Infinity : Infinity;
      this.end = at + length;
      return true;
    }
    if (first !== LOWER_N || signed || !hasWord(page, at, "nan")) return false;
    this.value = Number.NaN;
    this.end = at + 3;
    return true;
  }

  /** The text from `from` to `to` is a well-formed decimal. Out of range is refused, as Go refuses it; underflow is zero. */
  #readSlowly(page: Buffer, from: number, to: number): boolean {
    const value = Number(page.toString("latin1", from, to));
    if (value === Infinity || value === -Infinity) return false;
    this.value = value;
    return true;
  }
}

/** Whether the letters at `at` are `word`, in any case. */
function hasWord(page: Buffer, at: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) {
    if (((page[at + i] ?? 0) | 32) !== word.charCodeAt(i)) return false;
  }
  return true;
}
