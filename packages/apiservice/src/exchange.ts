/** One request and what the filters learned about it. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { UserInfo } from "@kubemetrics/authentication";
import type { Decision, RequestInfo } from "@kubemetrics/authorization";
import type { Connection, Pending } from "./connection.ts";
import type { ReplyHeaders } from "./reply.ts";
import { readKnownHeaders, type KnownHeaders } from "./request-headers.ts";
import { areEnoughWarnings } from "./warning-filter.ts";

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

export class Exchange implements Pending {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly connection: Connection;
  /** The raw request target. */
  readonly target: string;
  readonly receivedMs: number;
  readonly known: KnownHeaders;
  /** Sent with every answer; an answer's own headers win. */
  readonly headers: ReplyHeaders = {};
  auditId = "";
  info: RequestInfo = unread;
  user: UserInfo = nobody;
  isSending = false;
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
  #isEnded = false;
  readonly #whenEnded: (() => void)[] = [];

  constructor(request: IncomingMessage, response: ServerResponse, connection: Connection, nowMs: number) {
    this.request = request;
    this.response = response;
    this.connection = connection;
    this.target = request.url ?? "";
    this.receivedMs = nowMs;
    this.known = readKnownHeaders(request.rawHeaders);
    connection.begin(this);
    response.on("close", () => this.end());
  }

  get method(): string {
    return this.request.method ?? "";
  }

  /** The answer is sent, or the client left. */
  get isGone(): boolean {
    return this.#isEnded || this.response.closed || this.response.destroyed;
  }

  /** Calls once when the answer is sent or the client left; at once when that is so. */
  onEnd(callback: () => void): void {
    if (this.isGone) callback();
    else this.#whenEnded.push(callback);
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#abort?.abort();
    for (const callback of this.#whenEnded) callback();
    this.connection.ended(this);
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
    }
    return this.#abort.signal;
  }

  abort(): void {
    this.#isAborted = true;
    this.#abort?.abort();
  }

  warn(text: string): void {
    if (text === "" || areEnoughWarnings(this.warnings) || this.warnings.includes(text)) return;
    this.warnings.push(text);
  }
}
