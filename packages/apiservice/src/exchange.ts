/** One request and what the filters learned about it. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { UserInfo } from "@kubemetrics/authentication";
import type { Decision, RequestInfo } from "@kubemetrics/authorization";
import type { ReplyHeaders } from "./reply.ts";
import { readKnownHeaders, type KnownHeaders } from "./request-headers.ts";

const nobody: UserInfo = { name: "", uid: "", groups: [], extra: new Map() };

const unread: RequestInfo = {
  isResourceRequest: false,
  path: "",
  verb: "",
  apiPrefix: "",
  apiGroup: "",
  apiVersion: "",
  namespace: "",
  resource: "",
  subresource: "",
  name: "",
  parts: [],
  fieldSelector: "",
  labelSelector: "",
  rawQuery: "",
  query: new Map(),
};

export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** DER, leaf first; the same array for every request of a connection. */
  readonly peerChain: readonly Uint8Array[];
  readonly receivedMs: number;
  readonly known: KnownHeaders;
  /** Sent with every answer; an answer's own headers win. */
  readonly headers: ReplyHeaders = {};
  auditId = "";
  info: RequestInfo = unread;
  user: UserInfo = nobody;
  /** Texts for `Warning` headers, in order. */
  readonly warnings: string[] = [];
  /** What authorization said, for the audit log. */
  decision: Decision | undefined;
  /** The decoded body, once it was read. */
  requestObject: unknown = undefined;
  /** Header lines without credentials and identity, once the request is authenticated. */
  visibleHeaders: readonly string[] = [];
  #abort: AbortController | undefined;
  #isAborted = false;

  constructor(request: IncomingMessage, response: ServerResponse, peerChain: readonly Uint8Array[], nowMs: number) {
    this.request = request;
    this.response = response;
    this.peerChain = peerChain;
    this.receivedMs = nowMs;
    this.known = readKnownHeaders(request.rawHeaders);
  }

  get method(): string {
    return this.request.method ?? "";
  }

  /** The raw request target. */
  get target(): string {
    return this.request.url ?? "";
  }

  /** Nobody waits for the answer any more, and no `close` event will come. */
  get isGone(): boolean {
    return this.response.closed || this.response.destroyed;
  }

  /** The client left, or was told that it took too long: what it asked for must not happen any more. */
  get isOver(): boolean {
    return this.#isAborted || this.isGone;
  }

  /** Fires when the client is gone or the deadline passed. Made on first use: most requests never look. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = new AbortController();
      this.#abort = abort;
      if (this.isOver) abort.abort();
      else this.response.once("close", () => abort.abort());
    }
    return this.#abort.signal;
  }

  abort(): void {
    this.#isAborted = true;
    this.#abort?.abort();
  }

  warn(text: string): void {
    if (text !== "" && !this.warnings.includes(text)) this.warnings.push(text);
  }
}
