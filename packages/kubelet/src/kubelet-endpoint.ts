/** Where a node's kubelet answers, and which names its certificate may carry. */
import { KubeletError } from "./kubelet-error.ts";
import type { ScrapeTarget } from "./scrape-target.ts";

/** Replaces `/metrics/resource` on a node that carries it. */
export const resourcePathAnnotation = "metrics.k8s.io/resource-metrics-path";

export interface EndpointOptions {
  /** Address types, the most wanted first: `--kubelet-preferred-address-types`. */
  readonly preferredAddressTypes: readonly string[];
  /** `--kubelet-port`. */
  readonly port: number;
  /** `--kubelet-use-node-status-port`: the node's own port wins when it names one. */
  readonly useNodeStatusPort?: boolean;
}

export interface KubeletEndpoint {
  readonly node: string;
  /** What is dialled: an IP or a name. */
  readonly address: string;
  readonly port: number;
  /** A certificate for any of these is accepted: the dialled address, the node's name, its host names. */
  readonly certificateNames: readonly string[];
  /** Path of the resource metrics: `/metrics/resource`, or the node's annotation. */
  readonly resourcePath: string;
}

/**
 * Chooses address, port and path of a node's kubelet.
 *
 * @throws KubeletError `NO_ADDRESS` when the node has no address of a wanted type
 */
export function kubeletEndpoint(target: ScrapeTarget, options: EndpointOptions): KubeletEndpoint {
  const address = preferredAddress(target, options.preferredAddressTypes);
  const port = options.useNodeStatusPort === true && target.kubeletPort > 0 ? target.kubeletPort : options.port;
  const certificateNames = new Set([address, target.name]);
  for (const other of target.addresses) if (nameTypes.has(other.type)) certificateNames.add(other.address);
  return {
    node: target.name,
    address,
    port,
    certificateNames: [...certificateNames],
    resourcePath: resourcePath(target),
  };
}

const nameTypes: ReadonlySet<string> = new Set(["Hostname", "InternalDNS", "ExternalDNS"]);

function preferredAddress(target: ScrapeTarget, types: readonly string[]): string {
  for (const type of types) {
    const found = target.addresses.find((candidate) => candidate.type === type && candidate.address !== "");
    if (found !== undefined) return found.address;
  }
  const has = target.addresses.map((address) => address.type).join(", ");
  throw new KubeletError(
    "NO_ADDRESS",
    `node ${JSON.stringify(target.name)} has no address of the types ${types.join(", ")} ` +
      `(it has ${has === "" ? "none" : has}); add a type to --kubelet-preferred-address-types, ` +
      `or have the node's cloud controller or kubelet report one`,
    { node: target.name },
  );
}

function resourcePath(target: ScrapeTarget): string {
  const annotation = target.annotations.get(resourcePathAnnotation);
  if (annotation === undefined || annotation === "") return "/metrics/resource";
  return annotation.startsWith("/") ? annotation : `/${annotation}`;
}
