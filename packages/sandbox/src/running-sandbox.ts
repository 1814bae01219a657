/** A cluster that runs: what callers do with it. */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import type { Server } from "node:https";
import { dirname } from "node:path";
import { PageWriter } from "@kubemetrics/exposition";
import { issueAuthority } from "@kubemetrics/x509";
import { podObject, nodeObject } from "./cluster-objects.ts";
import { closeServer, followConnections } from "./connections.ts";
import { extensionObjects } from "./extension-objects.ts";
import type { Identities } from "./identities.ts";
import type { KubeObject } from "./kube-object.ts";
import { kubeconfigText } from "./kubeconfig.ts";
import { Kubelet } from "./kubelet.ts";
import { MachineNode } from "./machine-node.ts";
import type { MeteredNode } from "./metered-node.ts";
import { loopbackAddress } from "./node-addresses.ts";
import { NodeAgents } from "./node-agents.ts";
import { namespaceObject, withDefaults } from "./object-defaults.ts";
import type { ObjectStore } from "./object-store.ts";
import type { OperatingSystem } from "./operating-system.ts";
import type { Pki } from "./pki.ts";
import { metricsServerRbac } from "./rbac-objects.ts";
import {
  apiServices,
  endpointSlices,
  namespaces,
  nodes,
  pods,
  serviceAccounts,
  services,
  typeOfObject,
  type ResourceType,
} from "./resource-type.ts";
import { SandboxError } from "./sandbox-error.ts";
import type {
  ExtensionRegistration,
  MachineOptions,
  MachineProcess,
  PodOptions,
  Sandbox,
  SandboxNode,
  SandboxUser,
  ServiceAccountCredentials,
  CertificateAndKey,
} from "./sandbox-types.ts";
import { SimulatedNode } from "./simulated-node.ts";
import { nodeName, plannedPods } from "./workload.ts";

export interface SandboxParts {
  readonly url: string;
  readonly server: Server;
  readonly store: ObjectStore;
  readonly pki: Pki;
  readonly identities: Identities;
  readonly clock: () => number;
  readonly seed: number;
  readonly allocateIp: () => string;
  readonly closeAggregation: () => void;
  readonly hasOwnAddresses: boolean;
  readonly sampleIntervalMs: number;
  readonly compresses: boolean;
  readonly system: OperatingSystem;
}

const gibibyte = 1024 ** 3;
const groupsOfUsers: Readonly<Record<SandboxUser, readonly string[]>> = {
  admin: ["system:masters"],
  viewer: [],
  nobody: [],
};

export class RunningSandbox implements Sandbox {
  readonly url: string;
  readonly authorityPem: string;
  readonly frontProxyAuthorityPem: string;
  readonly #parts: SandboxParts;
  readonly #agents: NodeAgents;
  readonly #cutConnections: () => void;
  readonly #pageWriter = new PageWriter();
  readonly #certificates = new Map<SandboxUser, CertificateAndKey>();
  /** The node that is this computer. */
  #machine: MachineNode | undefined;
  /** Counts up: addresses of removed nodes are not used again. */
  #nodesMade = 0;
  #closing: Promise<void> | undefined;

  constructor(parts: SandboxParts) {
    this.#parts = parts;
    this.url = parts.url;
    this.authorityPem = parts.pki.authority.certificatePem;
    this.frontProxyAuthorityPem = parts.pki.frontProxyAuthority.certificatePem;
    this.#agents = new NodeAgents(parts.store, parts.clock);
    this.#cutConnections = followConnections(parts.server);
  }

  get nodes(): readonly SandboxNode[] {
    return this.#agents.all().map(sandboxNode);
  }

  /** Makes the simulated nodes and their pods. */
  async populate(count: number, podsPerNode: number, containersPerPod: number | undefined): Promise<void> {
    const made = Array.from({ length: count }, (_, index) => this.#addSimulatedNode(nodeName(index, count)));
    const taken = new Set<string>();
    for (const [nodeIndex, kubelet] of (await Promise.all(made)).entries()) {
      const { seed } = this.#parts;
      const node = kubelet.node.name;
      for (const pod of plannedPods({ seed, node, nodeIndex, pods: podsPerNode, containersPerPod, taken })) {
        this.#createPod(kubelet, pod, this.#parts.clock() - pod.ageMs);
      }
    }
  }

  async addMachine(options: MachineOptions, name: string): Promise<void> {
    const { store, clock, system } = this.#parts;
    const onGone = (namespace: string, pod: string): void => {
      if (store.find(pods, namespace, pod) !== undefined) store.delete(pods, namespace, pod);
    };
    this.#machine = new MachineNode({ name, system, clock, onGone });
    await this.#startKubelet(this.#machine, system.startMs);
    const own: MachineProcess = { pid: process.pid, namespace: "default", pod: "sandbox", container: "sandbox" };
    for (const watched of options.processes ?? [own]) this.addProcess(watched);
  }

  kubeconfig(user: SandboxUser): string {
    return kubeconfigText(this.url, this.authorityPem, { name: user, certificate: this.clientCertificate(user) });
  }

  clientCertificate(user: SandboxUser): CertificateAndKey {
    let certificate = this.#certificates.get(user);
    if (certificate === undefined) {
      certificate = this.#parts.pki.user(user, groupsOfUsers[user]);
      this.#certificates.set(user, certificate);
    }
    return certificate;
  }

  async writeKubeconfig(path: string, user: SandboxUser): Promise<string> {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, this.kubeconfig(user), { mode: 0o600 });
    // The mode above counts for new files only.
    await chmod(path, 0o600);
    return path;
  }

  serviceAccount(namespace: string, name: string): ServiceAccountCredentials {
    if (this.#parts.store.find(serviceAccounts, namespace, name) === undefined) {
      this.create({ apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace, name } });
    }
    const token = this.#parts.identities.issueServiceAccountToken(namespace, name);
    const kubeconfig = kubeconfigText(this.url, this.authorityPem, {
      name: `system:serviceaccount:${namespace}:${name}`,
      token,
    });
    return { namespace, name, token, kubeconfig };
  }

  metricsServerAccount(): ServiceAccountCredentials {
    for (const object of metricsServerRbac) this.create(object);
    return this.serviceAccount("kube-system", "metrics-server");
  }

  serviceCertificate(service: { readonly namespace: string; readonly name: string }): CertificateAndKey {
    return this.#parts.pki.service(service.namespace, service.name);
  }

  registerExtension(extension: ExtensionRegistration): void {
    for (const object of extensionObjects(extension, this.authorityPem)) this.create(object);
  }

  unregisterExtension({
    service,
    group,
    versions,
  }: Pick<ExtensionRegistration, "service" | "group" | "versions">): void {
    for (const version of versions) this.#deleteIfThere(apiServices, "", `${version}.${group}`);
    this.#deleteIfThere(services, service.namespace, service.name);
    this.#deleteIfThere(endpointSlices, service.namespace, service.name);
  }

  create(object: KubeObject): KubeObject {
    const type = typeOfObject(object);
    if (type === undefined) {
      throw new SandboxError(
        "UNKNOWN_NAME",
        `the sandbox knows no kind ${object.kind} in ${object.apiVersion}; see its discovery documents`,
      );
    }
    const { store } = this.#parts;
    const namespace = type.namespaced ? (object.metadata.namespace ?? "default") : "";
    if (type.namespaced && store.find(namespaces, "", namespace) === undefined)
      store.create(namespaces, namespaceObject(namespace));
    const placed: KubeObject = type.namespaced ? { ...object, metadata: { ...object.metadata, namespace } } : object;
    const current = store.find(type, namespace, object.metadata.name);
    const complete = withDefaults(type, placed, this.#parts.allocateIp);
    if (current === undefined) return store.create(type, complete);
    const status = complete["status"] ?? current["status"];
    return store.update(type, status === undefined ? complete : { ...complete, status });
  }

  forgetHistory(): void {
    this.#parts.store.forgetHistory();
  }

  async addNode(name?: string): Promise<SandboxNode> {
    const kubelet = await this.#addSimulatedNode(name ?? nodeName(this.#nodesMade, this.#nodesMade + 1));
    return sandboxNode(kubelet);
  }

  async removeNode(name: string): Promise<void> {
    const kubelet = this.#kubeletOf(name);
    this.#parts.store.delete(nodes, "", name);
    await kubelet.close();
  }

  addPod(node: string, pod: PodOptions): void {
    const { namespace = "default", name, labels = {}, containers = [name] } = pod;
    this.#createPod(this.#kubeletOf(node), { namespace, name, labels, containers }, this.#parts.clock());
  }

  removePod(namespace: string, name: string): void {
    if (!this.#deleteIfThere(pods, namespace, name)) {
      throw new SandboxError("UNKNOWN_NAME", `there is no pod ${namespace}/${name}`);
    }
  }

  addProcess(watched: MachineProcess): void {
    const machine = this.#machine;
    if (machine === undefined) {
      throw new SandboxError(
        "UNKNOWN_NAME",
        "this computer is no node of the sandbox; start it with the option `machine`",
      );
    }
    const { pid, namespace, pod, container, labels = {} } = watched;
    const kubelet = this.#kubeletOf(machine.name);
    const object = this.#createPod(
      kubelet,
      { namespace, name: pod, labels, containers: [container] },
      this.#parts.clock(),
    );
    machine.addProcess({ pid, namespace, pod, container, uid: object.metadata.uid ?? "" });
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#parts.closeAggregation();
    await Promise.all([closeServer(this.#parts.server, this.#cutConnections), this.#agents.close()]);
  }

  #addSimulatedNode(name: string): Promise<Kubelet> {
    const { seed, clock, sampleIntervalMs } = this.#parts;
    if (this.#agents.find(name) !== undefined) throw new SandboxError("BAD_OPTION", `there is a node ${name} already`);
    const startMs = clock() - 5 * 24 * 3_600_000;
    return this.#startKubelet(
      new SimulatedNode({ name, seed, startMs, cpuCount: 4, memoryBytes: 16 * gibibyte, sampleIntervalMs }),
      startMs,
    );
  }

  async #startKubelet(node: MeteredNode, createdMs: number): Promise<Kubelet> {
    const { pki, identities, store, clock, compresses, hasOwnAddresses } = this.#parts;
    const address = hasOwnAddresses ? loopbackAddress(this.#nodesMade++) : (this.#nodesMade++, "127.0.0.1");
    const kubelet = new Kubelet({
      node,
      address,
      certificate: pki.kubelet(node.name, address),
      untrustedCertificate: () => pki.kubelet(node.name, address, issueAuthority({ commonName: "nobody-trusts-this" })),
      identities,
      store,
      clock,
      compresses,
      pageWriter: this.#pageWriter,
    });
    await kubelet.start();
    this.#agents.add(kubelet);
    const { name, cpuCount, memoryBytes } = node;
    const isMachine = node instanceof MachineNode;
    this.create(nodeObject({ name, address, port: kubelet.port, cpuCount, memoryBytes, createdMs, isMachine }));
    return kubelet;
  }

  #createPod(
    { node, address }: Kubelet,
    pod: {
      readonly namespace: string;
      readonly name: string;
      readonly labels: { readonly [key: string]: string };
      readonly containers: readonly string[];
    },
    createdMs: number,
  ): KubeObject {
    return this.create(podObject({ ...pod, node: node.name, address, createdMs }));
  }

  #kubeletOf(name: string): Kubelet {
    const kubelet = this.#agents.find(name);
    if (kubelet === undefined) {
      const known = this.#agents.all().map((candidate) => candidate.node.name);
      throw new SandboxError(
        "UNKNOWN_NAME",
        `there is no node ${name}; there are ${known.slice(0, 5).join(", ")}${known.length > 5 ? " …" : ""}`,
      );
    }
    return kubelet;
  }

  #deleteIfThere(type: ResourceType, namespace: string, name: string): boolean {
    if (this.#parts.store.find(type, namespace, name) === undefined) return false;
    this.#parts.store.delete(type, namespace, name);
    return true;
  }
}

function sandboxNode(kubelet: Kubelet): SandboxNode {
  return {
    name: kubelet.node.name,
    address: kubelet.address,
    port: kubelet.port,
    fault: (fault) => kubelet.fault(fault),
    restartContainers: (pod) => {
      if (kubelet.node instanceof SimulatedNode) kubelet.node.restartContainers(kubelet.clock(), pod);
    },
  };
}
