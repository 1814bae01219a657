/** A cluster that runs: what callers do with it. */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import type { Server } from "node:https";
import { dirname } from "node:path";
import type { BackendClients } from "./backend-clients.ts";
import { ClusterNodes } from "./cluster-nodes.ts";
import { closeServer, followConnections } from "./connections.ts";
import { extensionObjects } from "./extension-objects.ts";
import { beginFrontProxyRotation } from "./front-proxy-rotation.ts";
import type { Identities } from "./identities.ts";
import type { KubeObject } from "./kube-object.ts";
import { kubeconfigText } from "./kubeconfig.ts";
import { namespaceObject, withDefaults } from "./object-defaults.ts";
import type { ObjectStore } from "./object-store.ts";
import type { OperatingSystem } from "./operating-system.ts";
import type { Pki } from "./pki.ts";
import { metricsServerRbac } from "./rbac-objects.ts";
import {
  apiServices,
  endpointSlices,
  namespaces,
  pods,
  serviceAccounts,
  services,
  typeOfObject,
  type ResourceType,
} from "./resource-type.ts";
import { SandboxError } from "./sandbox-error.ts";
import type {
  CertificateAndKey,
  ExtensionRegistration,
  FrontProxyRotation,
  MachineOptions,
  MachineProcess,
  PodOptions,
  Sandbox,
  SandboxNode,
  SandboxUser,
  ServiceAccountCredentials,
} from "./sandbox-types.ts";

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
  readonly backends: BackendClients;
  readonly hasOwnAddresses: boolean;
  readonly sampleIntervalMs: number;
  readonly compresses: boolean;
  readonly system: OperatingSystem;
}

const groupsOfUsers: Readonly<Record<SandboxUser, readonly string[]>> = {
  admin: ["system:masters"],
  viewer: [],
  nobody: [],
};

export class RunningSandbox implements Sandbox {
  readonly url: string;
  readonly authorityPem: string;
  readonly #parts: SandboxParts;
  readonly #nodes: ClusterNodes;
  readonly #cutConnections: () => void;
  readonly #certificates = new Map<SandboxUser, CertificateAndKey>();
  #frontProxyAuthorityPem: string;
  #closing: Promise<void> | undefined;

  constructor(parts: SandboxParts) {
    this.#parts = parts;
    this.url = parts.url;
    this.authorityPem = parts.pki.authority.certificatePem;
    this.#frontProxyAuthorityPem = parts.pki.frontProxyAuthority.certificatePem;
    this.#nodes = new ClusterNodes({ ...parts, create: (object) => this.create(object) });
    this.#cutConnections = followConnections(parts.server);
  }

  get frontProxyAuthorityPem(): string {
    return this.#frontProxyAuthorityPem;
  }

  get nodes(): readonly SandboxNode[] {
    return this.#nodes.list();
  }

  /** Makes the simulated nodes and their pods. */
  populate(count: number, podsPerNode: number, containersPerPod: number | undefined): Promise<void> {
    return this.#nodes.populate(count, podsPerNode, containersPerPod);
  }

  addMachine(options: MachineOptions, name: string): Promise<void> {
    const own: MachineProcess = { pid: process.pid, namespace: "default", pod: "sandbox", container: "sandbox" };
    return this.#nodes.addMachine(name, options.processes ?? [own]);
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
    const user = { name: `system:serviceaccount:${namespace}:${name}`, token };
    return { namespace, name, token, kubeconfig: kubeconfigText(this.url, this.authorityPem, user) };
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

  rotateFrontProxy(): FrontProxyRotation {
    const { store, backends } = this.#parts;
    return beginFrontProxyRotation(store, backends, (authorityPem) => (this.#frontProxyAuthorityPem = authorityPem));
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
      const what = `${object.kind} in ${object.apiVersion}`;
      throw new SandboxError("UNKNOWN_NAME", `the sandbox knows no kind ${what}; see its discovery documents`);
    }
    const { store } = this.#parts;
    const namespace = type.namespaced ? (object.metadata.namespace ?? "default") : "";
    if (type.namespaced && store.find(namespaces, "", namespace) === undefined) {
      store.create(namespaces, namespaceObject(namespace));
    }
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

  addNode(name?: string): Promise<SandboxNode> {
    return this.#nodes.addSimulated(name);
  }

  removeNode(name: string): Promise<void> {
    return this.#nodes.remove(name);
  }

  addPod(node: string, pod: PodOptions): void {
    const { namespace = "default", name, labels = {}, containers = [name] } = pod;
    this.#nodes.addPod(node, { namespace, name, labels, containers }, this.#parts.clock());
  }

  removePod(namespace: string, name: string): void {
    if (this.#deleteIfThere(pods, namespace, name)) return;
    throw new SandboxError("UNKNOWN_NAME", `there is no pod ${namespace}/${name}`);
  }

  addProcess(watched: MachineProcess): void {
    this.#nodes.addProcess(watched);
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#parts.closeAggregation();
    await Promise.all([closeServer(this.#parts.server, this.#cutConnections), this.#nodes.close()]);
  }

  #deleteIfThere(type: ResourceType, namespace: string, name: string): boolean {
    if (this.#parts.store.find(type, namespace, name) === undefined) return false;
    this.#parts.store.delete(type, namespace, name);
    return true;
  }
}
