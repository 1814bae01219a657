/** Cuts off clients that ask and then do not read: each would hold its place and its answer for ever. */
import type { Socket } from "node:net";
import { elapsedMs, type Clock } from "./clock.ts";

interface Progress {
  bytes: number;
  sinceMs: number;
}

/** Looks at connections now and then instead of timing each answer: requests pay nothing for it. */
export class StalledReaders {
  readonly #limitMs: number;
  readonly #clock: Clock;
  readonly #connections = new Map<Socket, Progress>();

  /**
   * Node shows that a write moves when all of it has left, here a burst of 1 MiB, and the kernel's buffers are emptied in large steps,
   * too. Measured on loopback, a reader takes 1.2 to 1.4 MB before that is seen, once 3.4 MB at the start of an answer. libuv's own
   * queue would show 0.3 to 1.4 MB and the same 3.4 MB, and needs Node's private handles.
   *
   * @param limitMs - a connection on which nothing is seen to move for this long, and for half as long again, is destroyed
   */
  constructor(limitMs: number, clock: Clock) {
    this.#limitMs = limitMs;
    this.#clock = clock;
  }

  watch(connection: Socket): void {
    this.#connections.set(connection, { bytes: 0, sinceMs: elapsedMs(this.#clock) });
    connection.once("close", () => this.#connections.delete(connection));
  }

  /** Returns how to end it. */
  start(): () => void {
    let cancel = (): void => undefined;
    const again = (): void => {
      cancel = this.#clock.after(this.#limitMs / 2, () => {
        this.#sweep();
        again();
      });
    };
    again();
    return () => cancel();
  }

  #sweep(): void {
    const now = elapsedMs(this.#clock);
    for (const [connection, progress] of this.#connections) {
      // What waits to be written is counted as written: with something waiting, the sum stands still.
      const isStalled = connection.writableLength > 0 && connection.bytesWritten === progress.bytes;
      if (!isStalled) {
        progress.bytes = connection.bytesWritten;
        progress.sinceMs = now;
      } else if (now - progress.sinceMs >= this.#limitMs) {
        connection.destroy();
      }
    }
  }
}
