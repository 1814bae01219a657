/** The names a scanner looks for, as bytes. */
import { isNamePart } from "./bytes.ts";
import { LabelBlocks } from "./label-blocks.ts";

/** What may follow a family's name in the name of one of its samples. */
const suffixes = new Set(["_total", "_created", "_bucket", "_sum", "_count", "_gsum", "_gcount", "_info"]);

export class WantedFamilies {
  /** Number of names. */
  readonly count: number;
  /** The names' bytes; block numbers are family numbers. */
  readonly #names = new LabelBlocks();

  constructor(names: readonly string[]) {
    this.count = names.length;
    for (const text of names) {
      const name = Buffer.from(text);
      this.#names.add(name, 0, name.length, 0);
    }
  }

  /** Index after this name, if exactly it begins at `at`; else -1. `view` is the page too. */
  matchAt(family: number, page: Buffer, view: DataView, at: number): number {
    const end = this.#names.matchAt(family, page, view, at);
    return end >= 0 && end < page.length && isNamePart(page[end] as number) ? -1 : end;
  }

  /** The family whose name begins at `at`, or -1. */
  find(page: Buffer, view: DataView, at: number): number {
    for (let family = 0; family < this.count; family++) {
      if (this.matchAt(family, page, view, at) >= 0) return family;
    }
    return -1;
  }

  /** Whether samples of a wanted name may stand under metadata for the name from `from` to `to` (`x_total` under `x`). */
  mayFollow(page: Buffer, from: number, to: number): boolean {
    for (let family = 0; family < this.count; family++) {
      if (this.#names.lengthOf(family) <= to - from) continue;
      const name = this.#names.bytesOf(family);
      if (sameBytes(name, 0, page, from, to - from) && suffixes.has(name.toString("latin1", to - from))) return true;
    }
    return false;
  }
}

/** Whether the sample whose line begins at `line` can belong to the family whose name stands from `from` to `to`. */
export function belongs(page: Buffer, line: number, from: number, to: number): boolean {
  if (!sameBytes(page, line, page, from, to - from)) return false;
  const rest = line + to - from;
  let end = rest;
  while (end < page.length && isNamePart(page[end] as number)) end++;
  return end === rest || suffixes.has(page.toString("latin1", rest, end));
}

function sameBytes(one: Buffer, from: number, other: Buffer, otherFrom: number, length: number): boolean {
  for (let i = 0; i < length; i++) {
    if (one[from + i] !== other[otherFrom + i]) return false;
  }
  return true;
}
