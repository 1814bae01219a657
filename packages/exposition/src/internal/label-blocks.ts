/**
 * Label blocks interned by their bytes: the same bytes get the same small number.
 *
 * The bytes lie one after another in an arena of 32-bit words, found through an open-addressing table, so that a block
 * costs its bytes and about 24 more, whoever many scanners a process has.
 */

/** Ints per block in `#columns`. */
const stride = 4;
const startWord = 0;
const byteLength = 1;
const hashOf = 2;
const lastScan = 3;

/** The arena's words are compared as this machine stores them. */
const littleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** A lookup that took longer is a page made to collide; giving up bounds what it can cost. */
const longestProbe = 256;

export class LabelBlocks {
  /** The arena as words and as bytes. */
  #words: Int32Array;
  #bytes: Buffer;
  #usedWords = 0;
  #liveWords = 0;
  /** `stride` ints per block; a length of -1 marks a free one, whose hash is then the next free block. */
  #columns: Int32Array = new Int32Array(8 * stride);
  /** Block + 1 by hash; 0 is empty. A power of two, at most half full. */
  #slots: Int32Array = new Int32Array(16);
  #firstFree = -1;
  #issued = 0;
  #live = 0;

  /** @param arenaBytes - room to begin with */
  constructor(arenaBytes = 256) {
    this.#words = new Int32Array(arenaBytes >> 2);
    this.#bytes = Buffer.from(this.#words.buffer);
  }

  /** Blocks remembered now. */
  get live(): number {
    return this.#live;
  }

  /** Every block in use is below. */
  get issued(): number {
    return this.#issued;
  }

  /** Bytes of a block; -1 when the number is not in use. */
  lengthOf(block: number): number {
    return block >= 0 && block < this.#issued ? (this.#columns[block * stride + byteLength] as number) : -1;
  }

  /** The block's bytes, valid until the next `add` or `forget`. */
  bytesOf(block: number): Buffer {
    const from = (this.#columns[block * stride + startWord] as number) * 4;
    return this.#bytes.subarray(from, from + this.lengthOf(block));
  }

  /**
   * Index after this block's bytes, if the page has them at `at`; -1 if it has others, or the number is not in use.
   *
   * @param view - the page too
   */
  matchAt(block: number, page: Buffer, view: DataView, at: number): number {
    if (block < 0 || block >= this.#issued) return -1;
    const column = block * stride;
    const columns = this.#columns;
    const length = columns[column + byteLength] as number;
    const end = at + length;
    if (length < 0 || end > page.length) return -1;
    const words = this.#words;
    let word = columns[column + startWord] as number;
    let from = at;
    for (const to = end - 3; from < to; from += 4) {
      if (view.getInt32(from, littleEndian) !== words[word++]) return -1;
    }
    const bytes = this.#bytes;
    for (let byte = word * 4; from < end; from++) {
      if (bytes[byte++] !== page[from]) return -1;
    }
    return end;
  }

  /** The block with the bytes from `from` to `to`; -1 when it is not known. */
  find(page: Buffer, view: DataView, from: number, to: number, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const length = to - from;
    for (let slot = hash & mask, probes = 0; probes < longestProbe; slot = (slot + 1) & mask, probes++) {
      const block = (slots[slot] as number) - 1;
      if (block < 0) return -1;
      const column = block * stride;
      if (
        this.#columns[column + hashOf] === hash &&
        this.#columns[column + byteLength] === length &&
        this.matchAt(block, page, view, from) === to
      ) {
        return block;
      }
    }
    return -1;
  }

  /**
   * Remembers a block that `find` does not know.
   *
   * @returns its number, possibly one that a forgotten block had; -1 when too many blocks collide
   */
  add(page: Buffer, from: number, to: number, hash: number): number {
    if ((this.#live + 1) * 2 > this.#slots.length) this.#rebuildSlots(this.#slots.length * 2);
    const slot = this.#emptySlot(hash);
    if (slot < 0) return -1;
    let block = this.#firstFree;
    if (block >= 0) this.#firstFree = this.#columns[block * stride + hashOf] as number;
    else block = this.#issued++;
    const column = block * stride;
    if (column === this.#columns.length) this.#columns = grown(this.#columns, column + stride);
    const length = to - from;
    const words = (length + 3) >> 2;
    if (this.#usedWords + words > this.#words.length) this.#growArena(words);
    this.#columns[column + startWord] = this.#usedWords;
    this.#columns[column + byteLength] = length;
    this.#columns[column + hashOf] = hash;
    page.copy(this.#bytes, this.#usedWords * 4, from, to);
    this.#usedWords += words;
    this.#liveWords += words;
    this.#live++;
    this.#slots[slot] = block + 1;
    return block;
  }

  /** Notes that a block was seen in this scan. */
  seen(block: number, scan: number): void {
    this.#columns[block * stride + lastScan] = scan;
  }

  /** Forgets the blocks last seen before this scan. */
  forgetBefore(scan: number): void {
    const before = this.#live;
    for (let block = 0; block < this.#issued; block++) {
      const column = block * stride;
      const length = this.#columns[column + byteLength] as number;
      if (length < 0 || scan - (this.#columns[column + lastScan] as number) <= 0) continue;
      this.#columns[column + byteLength] = -1;
      this.#columns[column + hashOf] = this.#firstFree;
      this.#firstFree = block;
      this.#liveWords -= (length + 3) >> 2;
      this.#live--;
    }
    if (this.#live === before) return;
    this.#rebuildSlots(this.#slots.length);
    if (this.#usedWords > 64 && this.#liveWords * 2 < this.#usedWords) this.#growArena(0);
  }

  /** Copies the live blocks into an arena with room for `more` words and a half as much again. */
  #growArena(more: number): void {
    const words = new Int32Array(Math.ceil((this.#liveWords + more) * 1.5));
    let used = 0;
    if (this.#liveWords === this.#usedWords) {
      words.set(this.#words);
      used = this.#usedWords;
    }
    for (let block = 0; used < this.#liveWords; block++) {
      const column = block * stride;
      const length = this.#columns[column + byteLength] as number;
      if (length < 0) continue;
      const start = this.#columns[column + startWord] as number;
      const size = (length + 3) >> 2;
      words.set(this.#words.subarray(start, start + size), used);
      this.#columns[column + startWord] = used;
      used += size;
    }
    this.#words = words;
    this.#bytes = Buffer.from(words.buffer);
    this.#usedWords = used;
  }

  #rebuildSlots(size: number): void {
    this.#slots = new Int32Array(size);
    for (let block = 0; block < this.#issued; block++) {
      if (this.lengthOf(block) < 0) continue;
      const slot = this.#emptySlot(this.#columns[block * stride + hashOf] as number);
      if (slot >= 0) this.#slots[slot] = block + 1;
    }
  }

  #emptySlot(hash: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let probes = 0; probes < longestProbe; probes++) {
      if (this.#slots[slot] === 0) return slot;
      slot = (slot + 1) & mask;
    }
    return -1;
  }
}

/** A copy of at least twice the size, zero beyond. */
function grown(array: Int32Array, least: number): Int32Array {
  const larger = new Int32Array(Math.max(array.length * 2, least));
  larger.set(array);
  return larger;
}
