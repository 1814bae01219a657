/** The server's side of connections, for tests in the same process. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { onTestFinished } from "vitest";

/** Grows as requests arrive. */
export function arrivals(): { socket: Socket; response: ServerResponse }[] {
  const seen: { socket: Socket; response: ServerResponse }[] = [];
  const note = (message: unknown): void => void seen.push(message as (typeof seen)[number]);
  subscribe("http.server.request.start", note);
  onTestFinished(() => void unsubscribe("http.server.request.start", note));
  return seen;
}
