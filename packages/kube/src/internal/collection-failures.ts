/** What went wrong while a collection is followed: how long to wait, whether to list again, what to report. */
import type { Clock } from "../clock.ts";
import { isRequestFailed } from "../cluster-connection.ts";
import type { CollectionObserver } from "../collection-status.ts";
import { KubeAnswerInvalid, KubeError, KubeRequestFailed, KubeUnreachable } from "../kube-error.ts";
import { BackOff } from "./back-off.ts";

export interface NextTry {
  readonly waitMs: number;
  /** The watch cannot go on from where it was. */
  readonly listsAgain: boolean;
}

/** After this many in a row, a list shows what is wrong. */
const mostInARow = 3;
const longestRetryAfterMs = 60_000;

export class CollectionFailures {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #observer: CollectionObserver;
  readonly #backOff: BackOff;
  #current: { readonly error: KubeError; readonly sinceMs: number } | undefined;
  #count = 0;
  /** Without a healthy watch in between. */
  #inARow = 0;

  constructor(name: string, clock: Clock, random: () => number, observer: CollectionObserver) {
    this.#name = name;
    this.#clock = clock;
    this.#observer = observer;
    this.#backOff = new BackOff(250, 30_000, random);
  }

  /** `undefined`: nothing is wrong. */
  get current(): { readonly error: KubeError; readonly sinceMs: number } | undefined {
    return this.#current;
  }

  get count(): number {
    return this.#count;
  }

  get isInARow(): boolean {
    return this.#inARow > 0;
  }

  /** What comes is good: waits start small again. */
  endRow(): void {
    this.#inARow = 0;
    this.#backOff.reset();
  }

  recovered(): void {
    if (this.#current === undefined) return;
    this.#current = undefined;
    this.#observer.recovered?.(this.#name);
  }

  /** One that only the next try decides about. @returns how long to wait */
  addUnreported(isForgiven: boolean): number {
    this.#inARow++;
    this.#count++;
    return isForgiven ? 0 : this.#backOff.nextMs();
  }

  add(error: unknown): NextTry {
    const known =
      error instanceof KubeError ? error : new KubeAnswerInvalid(`unexpected: ${String(error)}`, { cause: error });
    const isExpired = isRequestFailed(known, "EXPIRED");
    const isFirst = !this.isInARow;
    this.#inARow++;
    this.#count++;
    const isAnswer = !(known instanceof KubeUnreachable);
    const listsAgain = isExpired || (isAnswer && (this.#inARow >= mostInARow || isRefusal(known)));
    // An expired version is how a healthy server ends a quiet watch: nothing to report, and no reason to wait.
    if (isExpired && isFirst) return { waitMs: 0, listsAgain };
    this.#report(known);
    const retryAfterMs = known instanceof KubeRequestFailed ? (known.retryAfterMs ?? 0) : 0;
    return { waitMs: Math.max(this.#backOff.nextMs(), Math.min(retryAfterMs, longestRetryAfterMs)), listsAgain };
  }

  #report(error: KubeError): void {
    const before = this.#current;
    this.#current = { error, sinceMs: before?.sinceMs ?? this.#clock.now() };
    if (before === undefined || before.error.code !== error.code) this.#observer.failing?.(this.#name, error);
  }
}

/** The server will not continue this watch; only a list shows whether it allows anything at all. */
function isRefusal(error: KubeError): boolean {
  return error instanceof KubeRequestFailed && error.httpStatus < 500 && error.code !== "TOO_MANY_REQUESTS";
}
