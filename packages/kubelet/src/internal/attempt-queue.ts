/** Runs attempts, a bounded number at a time. */

/**
 * Nodes that failed last time wait in a line of their own with a quarter of the places, so that a hundred dead nodes,
 * each holding a place until its timeout, do not keep the living ones waiting.
 */
export class AttemptQueue<T> {
  readonly #run: (item: T) => Promise<void>;
  readonly #lanes: readonly [healthy: Lane<T>, failing: Lane<T>];

  /** @param run - must not reject */
  constructor(concurrency: number, run: (item: T) => Promise<void>) {
    const failing = concurrency >> 2;
    const healthy = { places: concurrency - failing, waiting: new Set<T>(), running: 0 };
    this.#run = run;
    this.#lanes = [healthy, failing === 0 ? healthy : { places: failing, waiting: new Set(), running: 0 }];
  }

  /** Runs the item as soon as there is a place. An item that already waits keeps its turn. */
  add(item: T, isFailing: boolean): void {
    const lane = this.#lanes[isFailing ? 1 : 0];
    lane.waiting.add(item);
    this.#pump(lane);
  }

  /** The item does not run if it has not begun. */
  remove(item: T): void {
    for (const lane of this.#lanes) lane.waiting.delete(item);
  }

  #pump(lane: Lane<T>): void {
    while (lane.running < lane.places) {
      const next = lane.waiting.values().next();
      if (next.done === true) return;
      lane.waiting.delete(next.value);
      lane.running++;
      void this.#run(next.value).then(() => {
        lane.running--;
        this.#pump(lane);
      });
    }
  }
}

interface Lane<T> {
  readonly places: number;
  readonly waiting: Set<T>;
  running: number;
}
