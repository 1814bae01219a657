/** Maps series of a scanner to numbers of ours, and forgets as the scanner does. */

export const unknown = -1;
/** Looked up, and of no use. */
export const unusable = -2;

export class SeriesMap {
  #of: Int32Array = new Int32Array(64).fill(unknown);

  get(series: number): number {
    return this.#of[series] ?? unknown;
  }

  set(series: number, value: number): void {
    this.#of[series] = value;
  }

  /** The index stands for another label block from now on. */
  appeared(series: number): void {
    if (series >= this.#of.length) {
      const larger = new Int32Array(Math.max(series + 1, this.#of.length * 2)).fill(unknown);
      larger.set(this.#of);
      this.#of = larger;
    }
    this.#of[series] = unknown;
  }

  clear(): void {
    this.#of.fill(unknown);
  }
}
