/**
 * From a Service to an address, with aggregator routing: a ready endpoint is dialled, never the cluster IP, because nothing in the sandbox
 * would answer there.
 *
 * @see apiserver `pkg/util/proxy/proxy.go` (ResolveEndpoint)
 */
import { at, itemsAt, numberAt, textAt } from "./json-path.ts";
import type { Json, KubeObject } from "./kube-object.ts";
import type { ServiceReference } from "./api-service.ts";
import type { ObjectStore } from "./object-store.ts";
import { endpointSlices, services } from "./resource-type.ts";

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/**
 * A ready endpoint of a Service's port, another one each time.
 *
 * @throws Error with upstream's words
 */
export function resolveEndpoint(store: ObjectStore, reference: ServiceReference): Endpoint {
  const service = store.find(services, reference.namespace, reference.name);
  if (service === undefined) throw new Error(`service "${reference.name}" not found`);
  const type = textAt(service, "spec", "type");
  if (type === "ExternalName") return { host: textAt(service, "spec", "externalName"), port: reference.port };
  const portName = servicePortName(service, reference.port);
  if (portName === undefined)
    throw new Error(`no service port ${reference.port} found for service "${reference.name}"`);
  const ready = slicesOf(store, reference).flatMap((slice) => readyEndpoints(slice, portName));
  const chosen = ready[Math.floor(Math.random() * ready.length)];
  if (chosen === undefined) throw new Error(`no endpoints available for service "${reference.name}"`);
  return chosen;
}

/** The name of a Service's port; `undefined` when it does not listen there. */
export function servicePortName(service: KubeObject, port: number): string | undefined {
  const found = itemsAt(service, "spec", "ports").find((candidate) => numberAt(candidate, "port") === port);
  return found === undefined ? undefined : textAt(found, "name");
}

export function slicesOf(
  store: ObjectStore,
  service: { readonly namespace: string; readonly name: string },
): readonly KubeObject[] {
  const all = [...store.list(endpointSlices, service.namespace)];
  return all.filter((slice) => slice.metadata.labels?.["kubernetes.io/service-name"] === service.name);
}

/** Endpoints of a slice that take traffic for a port; an endpoint that says nothing about being ready counts as ready. */
export function readyEndpoints(slice: KubeObject, portName: string): readonly Endpoint[] {
  const port = itemsAt(slice, "ports").find((candidate) => textAt(candidate, "name") === portName);
  const number = numberAt(port, "port");
  if (number === undefined) return [];
  const isReady = (endpoint: Json): boolean => at(endpoint, "conditions", "ready") !== false;
  return itemsAt(slice, "endpoints")
    .filter(isReady)
    .map((endpoint) => ({ host: textAt(endpoint, "addresses", 0), port: number }));
}
