/** Puts a cluster together from its parts. */
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { formatTime } from "@kubemetrics/apimachinery";
import { createApiServer } from "./api-server.ts";
import { localApiServices } from "./api-service.ts";
import { AvailabilityController } from "./availability.ts";
import { BackendClients } from "./backend-clients.ts";
import { DiscoveryAggregation } from "./discovery-aggregation.ts";
import { ownGroupVersions } from "./discovery.ts";
import { Identities } from "./identities.ts";
import type { KubeObject } from "./kube-object.ts";
import { listen } from "./listen.ts";
import { thisOperatingSystem } from "./operating-system.ts";
import { hasManyLoopbackAddresses } from "./node-addresses.ts";
import { namespaceObject } from "./object-defaults.ts";
import { ObjectStore } from "./object-store.ts";
import { OpenApiAggregation } from "./openapi-aggregation.ts";
import { Pki } from "./pki.ts";
import { AggregatorProxy } from "./proxy.ts";
import { bootstrapRbac } from "./rbac-objects.ts";
import { apiServices, configMaps, namespaces, serviceAccounts, services, typeOfObject } from "./resource-type.ts";
import { RunningSandbox } from "./running-sandbox.ts";
import { SandboxError } from "./sandbox-error.ts";
import type { Sandbox, SandboxOptions } from "./sandbox-types.ts";
import { nameSuffix, seededRandom, seededUuid } from "./seeded-random.ts";

const host = "127.0.0.1";
/** Changes kept for each type. A real watch cache grows up to 100 K. */
const historyLength = 10_000;

/**
 * Starts a cluster in this process, on loopback only, and resolves when its API server answers and every node is registered.
 *
 * @throws SandboxError `PORT_IN_USE`, `NOT_PERMITTED`, `BAD_OPTION`
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { nodes = 3, podsPerNode = 8, seed = 1, clock = Date.now, log = () => undefined } = options;
  requireCount("nodes", nodes);
  requireCount("podsPerNode", podsPerNode);
  const random = seededRandom(seed, "names");
  const store = new ObjectStore({ clock, historyLength, newUid: () => seededUuid(random) });
  const pki = new Pki();
  bootstrap(store, pki, clock());

  const identities = new Identities(store, pki.authority.certificatePem);
  const backends = new BackendClients(pki.frontProxyClient);
  const periods = options.aggregation ?? {};
  const { probeMs = 30_000, probeTimeoutMs = 5_000, discoveryMs = 60_000, openApiMs = 60_000 } = periods;
  const availability = new AvailabilityController({ store, backends, clock, probeMs, probeTimeoutMs, log });
  const discovery = new DiscoveryAggregation({ store, backends, discoveryMs, log });
  const openApi = new OpenApiAggregation({ store, backends, openApiMs, log });
  const proxy = new AggregatorProxy(store, (apiService, service) => backends.for(apiService, service), log);

  let lastIp = 1;
  const allocateIp = (): string => `10.96.${(++lastIp >> 8) & 255}.${lastIp & 255}`;
  const server = createApiServer(
    {
      store,
      clock,
      identities,
      discovery,
      openApi,
      proxy,
      log,
      allocateIp,
      nameSuffix: () => nameSuffix(random, 5),
      bookmarkMs: options.bookmarkMs ?? 60_000,
    },
    pki.apiServer(),
  );
  const closeAggregation = (): void => {
    for (const part of [availability, discovery, openApi, backends]) part.close();
  };
  try {
    await listen(server, options.port ?? 0, host);
  } catch (error) {
    closeAggregation();
    throw error;
  }
  const url = `https://${host}:${(server.address() as AddressInfo).port}`;
  const addressing = options.nodeAddressing ?? ((await hasManyLoopbackAddresses()) ? "addresses" : "ports");
  const sandbox = new RunningSandbox({
    url,
    server,
    store,
    pki,
    identities,
    clock,
    seed,
    allocateIp,
    closeAggregation,
    backends,
    hasOwnAddresses: addressing === "addresses",
    sampleIntervalMs: options.sampleIntervalMs ?? 1_000,
    compresses: options.compressKubeletPages ?? true,
    system: thisOperatingSystem(),
  });
  try {
    await sandbox.populate(nodes, podsPerNode, options.containersPerPod);
    if (options.machine !== undefined)
      await sandbox.addMachine(options.machine, nodeNameFrom(options.machine.nodeName ?? hostname()));
  } catch (error) {
    await sandbox.close();
    throw error;
  }
  return sandbox;
}

/** What a cluster holds before anybody did anything. */
function bootstrap(store: ObjectStore, pki: Pki, nowMs: number): void {
  store.subscribe(namespaces, ({ type, object }) => {
    // Later: whoever else listens must hear of the namespace first.
    if (type === "ADDED") queueMicrotask(() => createDefaultAccount(store, object.metadata.name));
  });
  for (const name of ["default", "kube-system", "kube-public"]) store.create(namespaces, namespaceObject(name));
  for (const object of bootstrapRbac) createByType(store, object);
  for (const object of localApiServices(ownGroupVersions(), formatTime(nowMs))) store.create(apiServices, object);
  store.create(configMaps, trustConfigMap(pki));
  store.create(services, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "kubernetes", namespace: "default" },
    spec: {
      type: "ClusterIP",
      clusterIP: "10.96.0.1",
      ports: [{ name: "https", port: 443, protocol: "TCP", targetPort: 443 }],
    },
    status: { loadBalancer: {} },
  });
}

/** Every namespace has an account that pods run as when they name none. */
function createDefaultAccount(store: ObjectStore, namespace: string): void {
  const isWanted =
    store.find(namespaces, "", namespace) !== undefined &&
    store.find(serviceAccounts, namespace, "default") === undefined;
  if (!isWanted) return;
  store.create(serviceAccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace, name: "default" } });
}

/** What extension servers read to know whom to believe, in the form that kube-apiserver writes. */
function trustConfigMap({ authority, frontProxyAuthority }: Pki): KubeObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "extension-apiserver-authentication", namespace: "kube-system" },
    data: {
      "client-ca-file": authority.certificatePem,
      "requestheader-allowed-names": '["front-proxy-client"]',
      "requestheader-client-ca-file": frontProxyAuthority.certificatePem,
      "requestheader-extra-headers-prefix": '["X-Remote-Extra-"]',
      "requestheader-group-headers": '["X-Remote-Group"]',
      "requestheader-uid-headers": '["X-Remote-Uid"]',
      "requestheader-username-headers": '["X-Remote-User"]',
    },
  };
}

function createByType(store: ObjectStore, object: KubeObject): void {
  const type = typeOfObject(object);
  if (type !== undefined) store.create(type, object);
}

function requireCount(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 0) return;
  throw new SandboxError("BAD_OPTION", `${name} is ${value}; it must be a whole number, 0 or more`);
}

function nodeNameFrom(text: string): string {
  const cleaned = text
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, "-")
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, "");
  return cleaned === "" ? "this-machine" : cleaned;
}
