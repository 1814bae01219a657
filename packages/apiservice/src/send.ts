/** Turns a reply into bytes on the connection, without joining or copying its segments. */
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http";
import { FastResponse } from "srvx";
import type { Exchange } from "./exchange.ts";
import type { Reply, StreamedBody } from "./reply.ts";

/** What is handed to the connection before waiting for a slow reader: bounds the memory one client can hold. */
const burstBytes = 1024 * 1024;

/**
 * Larger answers are sent when the other requests that came with theirs were looked at: encrypting one pushes the code that answers out
 * of the processor's caches, and a small answer that is known already does not wait for it.
 */
const largestAtOnce = 256 * 1024;

export function toResponse(exchange: Exchange, reply: Reply): Response {
  const { headers } = exchange;
  Object.assign(headers, reply.headers);
  if (leavesBodyUnread(exchange.request)) headers["connection"] = "close";
  if (headers["connection"] === "close") exchange.connection.end();
  const init = { status: reply.status, statusText: STATUS_CODES[reply.status] ?? "", headers } as ResponseInit;
  if (reply.stream !== undefined) return new FastResponse(pipeable(new StreamPipe(reply.stream)), init);
  exchange.isSending = true;
  const segments = reply.segments ?? [];
  let length = 0;
  for (const segment of segments) length += segment.length;
  if (reply.status !== 304) headers["content-length"] = String(length);
  if (length === 0 || exchange.method === "HEAD") return new FastResponse(null, init);
  const [first] = segments;
  const isWhole = segments.length === 1 && first !== undefined && length <= burstBytes;
  const body = isWhole ? new WholeBody(first) : new SegmentPipe(segments);
  return new FastResponse(pipeable(length > largestAtOnce ? new LaterBody(body) : body), init);
}

/** Node reads and drops such a body, however long, before the next request; small ones are cheaper than a handshake. */
function leavesBodyUnread(request: IncomingMessage): boolean {
  if (request.complete) return false;
  if (request.headers["transfer-encoding"] !== undefined) return true;
  return Number(request.headers["content-length"] ?? 0) > longestDropped;
}

const longestDropped = 256 * 1024;

/** srvx takes anything with a `pipe` as a body; its types know only the web's. */
function pipeable(body: Body): ResponseBody {
  return body as unknown as ResponseBody;
}

type ResponseBody = ConstructorParameters<typeof FastResponse>[0];

interface Body {
  pipe(response: ServerResponse): void;
}

class LaterBody implements Body {
  readonly #body: Body;

  constructor(body: Body) {
    this.#body = body;
  }

  pipe(response: ServerResponse): void {
    setImmediate(() => piped(this.#body, response));
  }
}

/** Where nobody above catches: a body that cannot be sent costs its own answer and nothing else. */
function piped(body: Body, response: ServerResponse): void {
  if (response.destroyed || response.socket?.destroyed === true) return;
  try {
    body.pipe(response);
  } catch (error) {
    response.destroy();
    // To the server's log, by the listener that every response has.
    response.emit("error", error);
  }
}

/** One write for head and body. */
class WholeBody implements Body {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  pipe(response: ServerResponse): void {
    response.end(this.#bytes);
  }
}

/** Writes segments in bursts, each in one go, and waits for the reader between them. */
class SegmentPipe implements Body {
  readonly #segments: readonly Uint8Array[];
  #next = 0;

  constructor(segments: readonly Uint8Array[]) {
    this.#segments = segments;
  }

  pipe(response: ServerResponse): void {
    let bytes = 0;
    let isFlowing = true;
    response.cork();
    while (this.#next < this.#segments.length && bytes < burstBytes) {
      const segment = this.#segments[this.#next++];
      if (segment === undefined) continue;
      bytes += segment.length;
      isFlowing = response.write(segment);
    }
    if (this.#next >= this.#segments.length) response.end();
    else if (isFlowing) setImmediate(() => piped(this, response));
    else response.once("drain", () => piped(this, response));
    response.uncork();
  }
}

/** Writes a growing body; a reader that is gone ends the iteration. */
class StreamPipe implements Body {
  readonly #stream: StreamedBody;

  constructor(stream: StreamedBody) {
    this.#stream = stream;
  }

  pipe(response: ServerResponse): void {
    response.flushHeaders();
    void this.#run(response).then(
      () => response.end(),
      (error: unknown) => response.destroy(error as Error),
    );
  }

  async #run(response: ServerResponse): Promise<void> {
    for await (const chunk of this.#stream) {
      if (response.destroyed) return;
      if (!response.write(chunk)) await drained(response);
    }
  }
}

function drained(response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = (): void => {
    response.off("drain", done);
    response.off("close", done);
    resolve();
  };
  response.once("drain", done);
  response.once("close", done);
  return promise;
}
