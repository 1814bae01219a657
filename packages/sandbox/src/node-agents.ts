/**
 * What the scheduler and the kubelets do about pods: a pod without a node gets one, a pod on a simulated node begins to use CPU and memory,
 * a deleted one stops.
 */
import { runningStatus } from "./cluster-objects.ts";
import { at, isObject, objectAt, textAt } from "./json-path.ts";
import type { KubeObject } from "./kube-object.ts";
import type { Kubelet } from "./kubelet.ts";
import { MachineNode } from "./machine-node.ts";
import type { Change, ObjectStore } from "./object-store.ts";
import { containerNames, nodes, pods } from "./resource-type.ts";
import { SimulatedNode } from "./simulated-node.ts";

export class NodeAgents {
  readonly #store: ObjectStore;
  readonly #clock: () => number;
  readonly #kubelets = new Map<string, Kubelet>();
  readonly #subscriptions: readonly (() => void)[];

  constructor(store: ObjectStore, clock: () => number) {
    this.#store = store;
    this.#clock = clock;
    this.#subscriptions = [
      store.subscribe(pods, (change) => this.#podChanged(change)),
      store.subscribe(nodes, ({ type, object }) => {
        if (type === "DELETED") queueMicrotask(() => void this.#nodeDeleted(object.metadata.name));
      }),
    ];
  }

  add(kubelet: Kubelet): void {
    this.#kubelets.set(kubelet.node.name, kubelet);
  }

  find(nodeName: string): Kubelet | undefined {
    return this.#kubelets.get(nodeName);
  }

  /** In the order they were added. */
  all(): readonly Kubelet[] {
    return [...this.#kubelets.values()];
  }

  async close(): Promise<void> {
    for (const end of this.#subscriptions) end();
    await Promise.all(this.all().map((kubelet) => kubelet.close()));
    this.#kubelets.clear();
  }

  #podChanged({ type, object, previous }: Change): void {
    const nodeName = textAt(object, "spec", "nodeName");
    if (type === "DELETED") return this.#stopPod(nodeName, object);
    if (nodeName === "") {
      // Later, not now: other listeners must hear of the pod before they hear of its node.
      if (type === "ADDED") queueMicrotask(() => this.#schedule(object));
      return;
    }
    if (textAt(previous, "spec", "nodeName") === nodeName) return;
    this.#startPod(nodeName, object);
  }

  /** The simulated node with the fewest pods that is not cordoned. */
  #schedule(pod: KubeObject): void {
    let chosen: SimulatedNode | undefined;
    for (const { node } of this.#kubelets.values()) {
      if (!(node instanceof SimulatedNode)) continue;
      const isCordoned = at(this.#store.find(nodes, "", node.name), "spec", "unschedulable") === true;
      if (!isCordoned && (chosen === undefined || node.pods.length < chosen.pods.length)) chosen = node;
    }
    const current = this.#current(pod);
    if (chosen === undefined || current === undefined) return;
    this.#store.update(pods, { ...current, spec: { ...objectAt(current, "spec"), nodeName: chosen.name } });
  }

  #startPod(nodeName: string, pod: KubeObject): void {
    const kubelet = this.#kubelets.get(nodeName);
    if (kubelet === undefined || !(kubelet.node instanceof SimulatedNode)) return;
    const started = textAt(pod, "status", "startTime");
    const { name, namespace = "", uid = "" } = pod.metadata;
    const startMs = started === "" ? this.#clock() : Date.parse(started);
    kubelet.node.addPod({ namespace, name, uid, startMs, containers: containerNames(pod) });
    if (textAt(pod, "status", "phase") !== "Running") {
      queueMicrotask(() => {
        const current = this.#current(pod);
        if (current === undefined) return;
        this.#store.update(pods, { ...current, status: runningStatus(current, kubelet.address, startMs) });
      });
    }
  }

  #stopPod(nodeName: string, pod: KubeObject): void {
    const node = this.#kubelets.get(nodeName)?.node;
    if (node instanceof SimulatedNode || node instanceof MachineNode) {
      node.removePod(pod.metadata.namespace ?? "", pod.metadata.name);
    }
  }

  /** The pod as it is now; gone, or another one of that name: nothing. */
  #current(pod: KubeObject): KubeObject | undefined {
    const current = this.#store.find(pods, pod.metadata.namespace ?? "", pod.metadata.name);
    return isObject(current) && current.metadata.uid === pod.metadata.uid ? current : undefined;
  }

  async #nodeDeleted(nodeName: string): Promise<void> {
    const kubelet = this.#kubelets.get(nodeName);
    this.#kubelets.delete(nodeName);
    for (const pod of this.#store.list(pods)) {
      if (textAt(pod, "spec", "nodeName") === nodeName)
        this.#store.delete(pods, pod.metadata.namespace ?? "", pod.metadata.name);
    }
    await kubelet?.close();
  }
}
