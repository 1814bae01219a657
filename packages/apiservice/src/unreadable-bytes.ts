/** What is said to bytes that cannot be read as a request: nothing, while an earlier request waits for its answer. */
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { Connection } from "./connection.ts";

/** Node's reasons that are no plain 400. */
const statuses: ReadonlyMap<string | undefined, number> = new Map([
  ["HPE_HEADER_OVERFLOW", 431],
  ["HPE_CHUNK_EXTENSIONS_OVERFLOW", 413],
  ["ERR_HTTP_REQUEST_TIMEOUT", 408],
]);

/**
 * Ends the connection. Left alone, Node would answer at once, and whoever sent a request before would take the refusal
 * for its answer, although it was run.
 */
export function refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex, connection: Connection): void {
  // A handshake that failed, or a connection that broke: nobody listens.
  if (!/^(?:HPE_|ERR_HTTP_)/.test(error.code ?? "")) {
    socket.destroy();
    return;
  }
  if (!connection.isAnswering && socket.writable) {
    const status = statuses.get(error.code) ?? 400;
    socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`);
  }
  connection.leave();
}
