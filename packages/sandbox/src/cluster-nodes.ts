/** Nodes with their kubelets and pods: how they come, change and go. */
import { PageWriter } from "@kubemetrics/exposition";
import { issueAuthority } from "@kubemetrics/x509";
import { nodeObject, podObject } from "./cluster-objects.ts";
import type { Identities } from "./identities.ts";
import type { KubeObject } from "./kube-object.ts";
import { Kubelet } from "./kubelet.ts";
import { MachineNode } from "./machine-node.ts";
import type { MeteredNode } from "./metered-node.ts";
import { loopbackAddress } from "./node-addresses.ts";
import { NodeAgents } from "./node-agents.ts";
import type { ObjectStore } from "./object-store.ts";
import type { OperatingSystem } from "./operating-system.ts";
import type { Pki } from "./pki.ts";
import { nodes, pods } from "./resource-type.ts";
import { SandboxError } from "./sandbox-error.ts";
import type { MachineProcess, SandboxNode } from "./sandbox-types.ts";
import { SimulatedNode } from "./simulated-node.ts";
import { nodeName, plannedPods } from "./workload.ts";

export interface ClusterNodesOptions {
  readonly store: ObjectStore;
  readonly pki: Pki;
  readonly identities: Identities;
  readonly clock: () => number;
  readonly seed: number;
  /** Every node has a loopback address of its own; without, nodes differ by port. */
  readonly hasOwnAddresses: boolean;
  readonly sampleIntervalMs: number;
  readonly compresses: boolean;
  readonly system: OperatingSystem;
  /** Stores an object as the administrator would. */
  readonly create: (object: KubeObject) => KubeObject;
}

/** A pod to be bound to a node. */
export interface NewPod {
  readonly namespace: string;
  readonly name: string;
  readonly labels: { readonly [key: string]: string };
  readonly containers: readonly string[];
}

const gibibyte = 1024 ** 3;
const simulatedAgeMs = 5 * 24 * 3_600_000;

export class ClusterNodes {
  readonly #options: ClusterNodesOptions;
  readonly #agents: NodeAgents;
  readonly #pageWriter = new PageWriter();
  /** The node that is this computer. */
  #machine: MachineNode | undefined;
  /** Counts up: addresses of removed nodes are not used again. */
  #made = 0;

  constructor(options: ClusterNodesOptions) {
    this.#options = options;
    this.#agents = new NodeAgents(options.store, options.clock);
  }

  list(): readonly SandboxNode[] {
    return this.#agents.all().map(sandboxNode);
  }

  /** Makes simulated nodes and their pods. */
  async populate(count: number, podsPerNode: number, containersPerPod: number | undefined): Promise<void> {
    const { seed, clock } = this.#options;
    const kubelets = await Promise.all(
      Array.from({ length: count }, (_, index) => this.#addSimulated(nodeName(index, count))),
    );
    const taken = new Set<string>();
    for (const [nodeIndex, { node }] of kubelets.entries()) {
      for (const pod of plannedPods({ seed, node: node.name, nodeIndex, pods: podsPerNode, containersPerPod, taken })) {
        this.addPod(node.name, pod, clock() - pod.ageMs);
      }
    }
  }

  async addSimulated(name: string | undefined): Promise<SandboxNode> {
    return sandboxNode(await this.#addSimulated(name ?? nodeName(this.#made, this.#made + 1)));
  }

  /** Makes this computer a node. */
  async addMachine(name: string, processes: readonly MachineProcess[]): Promise<void> {
    const { store, clock, system } = this.#options;
    const onGone = (namespace: string, pod: string): void => {
      if (store.find(pods, namespace, pod) !== undefined) store.delete(pods, namespace, pod);
    };
    this.#machine = new MachineNode({ name, system, clock, onGone });
    await this.#start(this.#machine, system.startMs);
    for (const watched of processes) this.addProcess(watched);
  }

  /** @throws SandboxError when this computer is no node */
  addProcess({ pid, namespace, pod, container, labels = {} }: MachineProcess): void {
    const machine = this.#machine;
    if (machine === undefined) {
      throw new SandboxError(
        "UNKNOWN_NAME",
        "this computer is no node of the sandbox; start it with the option `machine`",
      );
    }
    const object = this.addPod(
      machine.name,
      { namespace, name: pod, labels, containers: [container] },
      this.#options.clock(),
    );
    machine.addProcess({ pid, namespace, pod, container, uid: object.metadata.uid ?? "" });
  }

  /** @throws SandboxError when there is no such node */
  addPod(nodeName: string, { namespace, name, labels, containers }: NewPod, createdMs: number): KubeObject {
    const { node, address } = this.#kubelet(nodeName);
    return this.#options.create(
      podObject({ namespace, name, labels, containers, node: node.name, address, createdMs }),
    );
  }

  /** @throws SandboxError when there is no such node */
  async remove(name: string): Promise<void> {
    const kubelet = this.#kubelet(name);
    this.#options.store.delete(nodes, "", name);
    await kubelet.close();
  }

  close(): Promise<void> {
    return this.#agents.close();
  }

  #addSimulated(name: string): Promise<Kubelet> {
    const { seed, clock, sampleIntervalMs } = this.#options;
    if (this.#agents.find(name) !== undefined) throw new SandboxError("BAD_OPTION", `there is a node ${name} already`);
    const startMs = clock() - simulatedAgeMs;
    const size = { cpuCount: 4, memoryBytes: 16 * gibibyte };
    return this.#start(new SimulatedNode({ name, seed, startMs, sampleIntervalMs, ...size }), startMs);
  }

  async #start(node: MeteredNode, createdMs: number): Promise<Kubelet> {
    const { pki, identities, store, clock, compresses, hasOwnAddresses } = this.#options;
    const index = this.#made++;
    const address = hasOwnAddresses ? loopbackAddress(index) : "127.0.0.1";
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
    this.#options.create(
      nodeObject({ name, address, port: kubelet.port, cpuCount, memoryBytes, createdMs, isMachine }),
    );
    return kubelet;
  }

  #kubelet(name: string): Kubelet {
    const kubelet = this.#agents.find(name);
    if (kubelet !== undefined) return kubelet;
    const known = this.#agents.all().map((candidate) => candidate.node.name);
    const some = known.slice(0, 5).join(", ") + (known.length > 5 ? " …" : "");
    throw new SandboxError("UNKNOWN_NAME", `there is no node ${name}; there are ${some}`);
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
