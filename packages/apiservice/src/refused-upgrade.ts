/** Answers requests that want to leave HTTP. */
import type { IncomingMessage } from "node:http";
import type { Connection } from "./connection.ts";

const body = "this server does not speak any other protocol: send the request without Upgrade\n";
const answer = [
  "HTTP/1.1 400 Bad Request",
  "Content-Type: text/plain; charset=utf-8",
  "X-Content-Type-Options: nosniff",
  "Cache-Control: no-cache, private",
  `Content-Length: ${Buffer.byteLength(body)}`,
  "Connection: close",
  "",
  body,
].join("\r\n");

/**
 * Answers and closes. A connection that stays open after a refused upgrade carries the aggregator's identity for whoever
 * holds the other end (CVE-2018-1002105).
 *
 * Just closes while earlier requests of the connection wait for their answers: this one would be taken for theirs.
 */
export function refuseUpgrade({ socket }: IncomingMessage, connection: Connection): void {
  socket.on("error", () => socket.destroy());
  if (connection.isAnswering) socket.destroy();
  else socket.end(answer, () => socket.destroy());
  connection.end();
}
