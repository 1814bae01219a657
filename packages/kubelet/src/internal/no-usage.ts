/** A page in order that says nothing: how a kubelet answers whose container runtime does not. */
import { KubeletError } from "../kubelet-error.ts";
import type { KubeletEndpoint } from "../kubelet-endpoint.ts";

/** Of a page that has nothing else the end is near. */
const searchedBytes = 64 * 1024;

export function noUsage({ node }: KubeletEndpoint, path: string, page: Uint8Array): KubeletError {
  const text = Buffer.from(page.buffer, page.byteOffset, Math.min(page.length, searchedBytes)).toString("latin1");
  const isSaid = /^(?:resource_|container_)?scrape_error 1\b/m.test(text);
  const seen = isSaid
    ? "it says itself that it could not collect any (scrape_error 1)"
    : `${page.length} bytes without`;
  return new KubeletError(
    "NO_USAGE",
    `node ${JSON.stringify(node)}: ${path} has no usage, neither of the node nor of a container: ${seen}; ` +
      "check that the node's container runtime answers, and see the kubelet's log",
    { node },
  );
}
