/** Requests that are meant to stay: they have no deadline and do not count as in flight. */
import type { RequestInfo } from "@kubemetrics/authorization";

export function isLongRunning(info: RequestInfo): boolean {
  return info.isResourceRequest && info.verb === "watch";
}
