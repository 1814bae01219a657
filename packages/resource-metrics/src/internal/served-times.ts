/** Collects when the usage of each served object was read, and reports their ages once per request. */
export class ServedTimes {
  #timesMs: Float64Array = new Float64Array(64);
  #count = 0;

  /** Forgets what a failed request left. */
  clear(): void {
    this.#count = 0;
  }

  add(timesMs: Float64Array): void {
    this.#reserve(timesMs.length);
    this.#timesMs.set(timesMs, this.#count);
    this.#count += timesMs.length;
  }

  addOne(timeMs: number): void {
    this.#reserve(1);
    this.#timesMs[this.#count++] = timeMs;
  }

  /** The array that `onServed` gets is used again. */
  report(nowMs: number, onServed: ((agesMs: Float64Array) => void) | undefined): void {
    const ages = this.#timesMs.subarray(0, this.#count);
    this.#count = 0;
    if (onServed === undefined || ages.length === 0) return;
    for (let index = 0; index < ages.length; index++) ages[index] = nowMs - (ages[index] ?? nowMs);
    onServed(ages);
  }

  #reserve(more: number): void {
    if (this.#count + more <= this.#timesMs.length) return;
    const larger = new Float64Array(Math.max(this.#timesMs.length * 2, this.#count + more));
    larger.set(this.#timesMs.subarray(0, this.#count));
    this.#timesMs = larger;
  }
}
