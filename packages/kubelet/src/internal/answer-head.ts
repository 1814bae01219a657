/** The head of an HTTP/1.1 answer: as much of it as decides where the answer ends and what it is. */
import { ExchangeFailure } from "./exchange-failure.ts";

export interface AnswerHead {
  readonly status: number;
  /** Content-Encoding in lower case; `identity` when there is none. */
  readonly encoding: string;
  /** How the body ends: after so many bytes, by its chunks, or with the connection. */
  readonly framing: number | "chunked" | "close";
  /** Whether the connection may be used again after this answer. */
  readonly keepsConnection: boolean;
}

/**
 * Reads a head, without its final empty line.
 *
 * @throws ExchangeFailure `not-http` for anything whose body could be read in two ways
 */
export function readAnswerHead(text: string): AnswerHead {
  const [statusLine = "", ...lines] = text.split("\r\n");
  const match = /^HTTP\/1\.([01]) ([1-5][0-9]{2})( |$)/.exec(statusLine);
  if (match === null) throw notHttp(`the answer begins ${JSON.stringify(statusLine.slice(0, 40))}`);
  const status = Number(match[2]);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    if (colon <= 0 || !/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) {
      throw notHttp(`a header line is ${JSON.stringify(line.slice(0, 40))}`);
    }
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  const connection = headers.get("connection")?.toLowerCase() ?? "";
  const framing = framingOf(status, headers);
  const isKept = match[1] === "1" ? !/\bclose\b/.test(connection) : /\bkeep-alive\b/.test(connection);
  return {
    status,
    encoding: headers.get("content-encoding")?.toLowerCase() ?? "identity",
    framing,
    keepsConnection: isKept && framing !== "close",
  };
}

export function notHttp(what: string): ExchangeFailure {
  return new ExchangeFailure("not-http", what);
}

function framingOf(status: number, headers: ReadonlyMap<string, string>): AnswerHead["framing"] {
  if (status < 200 || status === 204 || status === 304) return 0;
  const transfer = headers.get("transfer-encoding")?.toLowerCase();
  const length = headers.get("content-length");
  if (transfer !== undefined) {
    if (transfer !== "chunked" || length !== undefined) throw notHttp("the body's length is told in two ways");
    return "chunked";
  }
  if (length === undefined) return "close";
  if (!/^[0-9]{1,15}$/.test(length)) throw notHttp(`content-length is ${JSON.stringify(length)}`);
  return Number(length);
}
