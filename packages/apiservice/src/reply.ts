/** What the inside of the server answers, before it becomes bytes on a connection. */

import type { Status } from "@kubemetrics/apimachinery";

/** Lower-case names. A list of values is sent as that many header lines. */
export type ReplyHeaders = Record<string, string | readonly string[]>;

/** A body that grows while it is sent: a watch. Sent chunked, until the iteration ends. */
export type StreamedBody = AsyncIterable<Uint8Array>;

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<ReplyHeaders>;
  /** Sent as they are, in order, never joined. Absent: no body. */
  readonly segments?: readonly Uint8Array[];
  readonly stream?: StreamedBody;
  /** What an error answer says, for the audit log. */
  readonly outcome?: Status;
}

export type MaybePromise<T> = T | Promise<T>;

/** Applies `change` now when the value is there, else when it comes: a synchronous answer stays synchronous. */
export function whenReady<T, R>(value: MaybePromise<T>, change: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return value instanceof Promise ? value.then(change) : change(value);
}

/** For clients that are gone, or already have an answer: nobody reads it. */
export const nobodyWaits: Reply = { status: 503 };

const plainText = "text/plain; charset=utf-8";

/** An error as Go's `http.Error` writes it: plain text with a final newline, never sniffed as HTML. */
export function textError(status: number, text: string, headers?: Readonly<ReplyHeaders>): Reply {
  return {
    status,
    headers: { ...headers, "content-type": plainText, "x-content-type-options": "nosniff" },
    segments: [Buffer.from(`${text}\n`)],
  };
}
