/** Waits between tries: doubling from `firstMs` to `capMs`, each ±50 % so that clients of a restarted server do not return at once. */
export class BackOff {
  readonly #firstMs: number;
  readonly #capMs: number;
  readonly #random: () => number;
  #nextMs: number;

  constructor(firstMs: number, capMs: number, random: () => number) {
    this.#firstMs = firstMs;
    this.#capMs = capMs;
    this.#random = random;
    this.#nextMs = firstMs;
  }

  nextMs(): number {
    const delayMs = this.#nextMs * (0.5 + this.#random());
    this.#nextMs = Math.min(this.#nextMs * 2, this.#capMs);
    return Math.min(delayMs, this.#capMs);
  }

  reset(): void {
    this.#nextMs = this.#firstMs;
  }
}
