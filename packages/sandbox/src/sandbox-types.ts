import type { KubeObject } from "./kube-object.ts";
import type { KubeletFault } from "./kubelet-fault.ts";

/** How a sandbox is made. Everything has a default; `startSandbox()` gives three nodes with eight pods each. */
export interface SandboxOptions {
  /** Simulated nodes. Default 3. */
  readonly nodes?: number;
  /** Pods on each simulated node. Default 8. */
  readonly podsPerNode?: number;
  /** Containers of each pod; `undefined` mixes one and two, as clusters do. */
  readonly containersPerPod?: number;
  /** Same seed, same names and same usage at the same time. Default 1. */
  readonly seed?: number;
  /** Milliseconds since the epoch. Object times and all simulated usage follow it. Default `Date.now`. */
  readonly clock?: () => number;
  /** Port of the API server on 127.0.0.1; 0 lets the system choose. Default 0. */
  readonly port?: number;
  /** How often a simulated kubelet refreshes a container's sample, in milliseconds. A real one takes about 15 s. Default 1,000. */
  readonly sampleIntervalMs?: number;
  /** Whether kubelets compress when asked to, as a real one does. Default true; turn off to measure a client alone. */
  readonly compressKubeletPages?: boolean;
  /**
   * `"addresses"` gives every node a loopback address of its own (127.10.x.y, Linux), `"ports"` a port of 127.0.0.1
   * (macOS has no other loopback address). Default: addresses where they exist.
   */
  readonly nodeAddressing?: "addresses" | "ports";
  /** Adds the computer this runs on as a node: its real CPU and memory, and the named processes as pods. */
  readonly machine?: MachineOptions;
  /** Periods of the aggregation layer; the defaults are kube-apiserver's. */
  readonly aggregation?: AggregationPeriods;
  /** Between bookmarks of a watch that asked for them. Default 60,000 ms. */
  readonly bookmarkMs?: number;
  /** Told about what the API server would log: probe failures, proxy errors. Default: nowhere. */
  readonly log?: (message: string) => void;
}

export interface MachineOptions {
  /** Node name. Default: the host name in the form Kubernetes allows. */
  readonly nodeName?: string;
  /** Processes that are there from the start. Default: this process as pod `sandbox` in namespace `default`. */
  readonly processes?: readonly MachineProcess[];
}

/** A process of this computer, shown as a pod with one container. */
export interface MachineProcess {
  readonly pid: number;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly labels?: { readonly [key: string]: string };
}

export interface AggregationPeriods {
  /** Between probes of an APIService that is available. Default 30,000 ms. */
  readonly probeMs?: number;
  /** Between polls of discovery documents. Default 60,000 ms. */
  readonly discoveryMs?: number;
  /** Between polls of OpenAPI documents. Default 60,000 ms. */
  readonly openApiMs?: number;
  /** Limit of one probe request. Default 5,000 ms. */
  readonly probeTimeoutMs?: number;
}

/** A user the sandbox makes credentials for: administrator (`system:masters`), reader of nodes, pods, namespaces, configmaps, services and metrics, no rights at all. */
export type SandboxUser = "admin" | "viewer" | "nobody";

/** A ServiceAccount with a token. */
export interface ServiceAccountCredentials {
  readonly namespace: string;
  readonly name: string;
  readonly token: string;
  /** A kubeconfig (YAML text) that uses the token. */
  readonly kubeconfig: string;
}

/** An extension API server to be reached through the aggregator. */
export interface ExtensionRegistration {
  readonly service: { readonly namespace: string; readonly name: string };
  /** Where it listens. `address` defaults to 127.0.0.1. */
  readonly address?: string;
  readonly port: number;
  readonly group: string;
  /** One APIService each, for example `["v1", "v1beta1"]`. */
  readonly versions: readonly string[];
  /** PEM. Omitted: the sandbox's own authority, which signs `serviceCertificate`. */
  readonly caBundle?: string;
  /** Do not verify the server's certificate. Excludes `caBundle`. */
  readonly insecureSkipTLSVerify?: boolean;
  readonly groupPriorityMinimum?: number;
  readonly versionPriority?: number;
}

/** A certificate with its key, both PEM. */
export interface CertificateAndKey {
  readonly certificatePem: string;
  readonly keyPem: string;
}

export interface PodOptions {
  readonly namespace?: string;
  readonly name: string;
  readonly labels?: { readonly [key: string]: string };
  readonly containers?: readonly string[];
}

/** A front proxy authority that is being replaced. Between the steps, give extension servers time to read the ConfigMap. */
export interface FrontProxyRotation {
  /** What the aggregator will show, to find out whether a server believes it already. */
  readonly certificate: CertificateAndKey;
  /** The aggregator shows the new certificate on every connection from now on. */
  use(): void;
  /** Only the new authority is trusted from now on. */
  finish(): void;
}

/** A node with its kubelet. */
export interface SandboxNode {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** Makes the kubelet misbehave until `fault(undefined)`; a new fault replaces the one before. Resolves when it is in effect. */
  fault(fault: KubeletFault | undefined): Promise<void>;
  /** Containers start anew: counters from zero, a new start time. Without names: every container of the node. */
  restartContainers(pod?: { readonly namespace: string; readonly name: string }): void;
}

/** A running cluster. Closing it ends every listener and connection it opened. */
export interface Sandbox extends AsyncDisposable {
  /** `https://127.0.0.1:<port>` */
  readonly url: string;
  /** The authority of every serving and user certificate, PEM. */
  readonly authorityPem: string;
  /** The authority of the aggregator's client certificate, PEM; another one after `rotateFrontProxy().finish()`. */
  readonly frontProxyAuthorityPem: string;
  /** Simulated nodes in order of their names, then this computer if it was asked for. */
  readonly nodes: readonly SandboxNode[];

  /** Kubeconfig as YAML text. */
  kubeconfig(user: SandboxUser): string;
  /** What that kubeconfig shows to the API server. */
  clientCertificate(user: SandboxUser): CertificateAndKey;
  /** Writes that kubeconfig for this user only (mode 0600) and returns the path. */
  writeKubeconfig(path: string, user: SandboxUser): Promise<string>;
  /** Creates the ServiceAccount if it is missing and issues a token. Rights come from RBAC objects: see `create`. */
  serviceAccount(namespace: string, name: string): ServiceAccountCredentials;
  /** ServiceAccount kube-system/metrics-server with the rights of metrics-server's manifest, and nothing more. */
  metricsServerAccount(): ServiceAccountCredentials;

  /** A certificate for `<service>.<namespace>.svc`, localhost and 127.0.0.1, signed by `authorityPem`. */
  serviceCertificate(service: { readonly namespace: string; readonly name: string }): CertificateAndKey;
  /** Service, EndpointSlice and APIServices of an extension server. Registering again replaces them. */
  registerExtension(extension: ExtensionRegistration): void;
  /** Begins to replace the aggregator's authority: the new one is trusted beside the present one, and not used yet. */
  rotateFrontProxy(): FrontProxyRotation;
  /** Removes the APIServices, then the Service. */
  unregisterExtension(extension: Pick<ExtensionRegistration, "service" | "group" | "versions">): void;

  /** Stores an object as the administrator would; namespaces are made as needed. An object of that name is replaced. */
  create(object: KubeObject): KubeObject;
  /** Forgets past changes, as a compaction of etcd does: watches and continued lists from before get 410. */
  forgetHistory(): void;
  addNode(name?: string): Promise<SandboxNode>;
  /** The node, its pods and its kubelet go. */
  removeNode(name: string): Promise<void>;
  addPod(node: string, pod: PodOptions): void;
  removePod(namespace: string, name: string): void;
  /** Shows another process of this computer as a pod. Needs `machine`. */
  addProcess(process: MachineProcess): void;

  close(): Promise<void>;
}
