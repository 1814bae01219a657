/** The sandbox with the real metrics-server in it. */
import { relative } from "node:path";
import { setTimeout } from "node:timers/promises";
import { startSandbox, type Sandbox } from "@kubemetrics/sandbox";
import { ApiClient } from "./api-client.ts";
import type { DemoOptions } from "./arguments.ts";
import { DemoFolder } from "./demo-folder.ts";
import { freePort, MetricsServerProcess } from "./metrics-server-process.ts";
import { readUsage, type UsageReading } from "./usage-reading.ts";

/** Told about each step as it is done. */
export type Progress = (step: string) => void;

interface List {
  readonly items: readonly unknown[];
}

const service = { namespace: "kube-system", name: "metrics-server" };
/** Numbers need two looks at every kubelet, a second apart. */
const firstNumbersLimitMs = 60_000;
const askAgainMs = 50;
const nodesPerSecond = 250;

export class DemoCluster implements AsyncDisposable {
  readonly #sandbox: Sandbox;
  readonly #server: MetricsServerProcess;
  readonly #client: ApiClient;
  readonly #folder: DemoFolder;
  /** Path as a user would type it. */
  readonly kubeconfigPath: string;

  private constructor(
    sandbox: Sandbox,
    server: MetricsServerProcess,
    client: ApiClient,
    folder: DemoFolder,
    kubeconfig: string,
  ) {
    this.#sandbox = sandbox;
    this.#server = server;
    this.#client = client;
    this.#folder = folder;
    const fromHere = relative(process.cwd(), kubeconfig);
    this.kubeconfigPath = fromHere.startsWith("..") ? kubeconfig : fromHere;
  }

  /** Resolves when metrics-server serves. @throws with a message for people when something is in the way */
  static async start(options: DemoOptions, progress: Progress): Promise<DemoCluster> {
    const folder = new DemoFolder(options.folder);
    let sandbox: Sandbox | undefined;
    let server: MetricsServerProcess | undefined;
    try {
      const { nodes, podsPerNode, port } = options;
      // A second for all of them is more than a small computer can do beside simulating them.
      const resolutionSeconds = Math.max(1, Math.ceil(nodes / nodesPerSecond));
      const own = { pid: process.pid, namespace: "kube-system", pod: "sandbox", container: "sandbox" };
      sandbox = await startSandbox({
        nodes,
        podsPerNode,
        port,
        sampleIntervalMs: 200,
        machine: { processes: [own] },
        compressKubeletPages: false,
      });
      progress(
        `cluster at ${sandbox.url}: ${nodes} simulated nodes with ${nodes * podsPerNode} pods, and this machine`,
      );
      const certificate = sandbox.serviceCertificate(service);
      server = new MetricsServerProcess(await freePort(), resolutionSeconds, {
        kubeconfig: folder.write("metrics-server.kubeconfig", sandbox.metricsServerAccount().kubeconfig),
        servingCertificate: folder.write("serving.crt", certificate.certificatePem),
        servingKey: folder.write("serving.key", certificate.keyPem),
        kubeletAuthority: folder.write("cluster-ca.crt", sandbox.authorityPem),
        log: folder.reserve("metrics-server.log"),
      });
      const kubeconfig = folder.write("kubeconfig", sandbox.kubeconfig("admin"));
      if (server.pid !== undefined) {
        sandbox.addProcess({
          pid: server.pid,
          ...service,
          pod: service.name,
          container: service.name,
          labels: { "k8s-app": service.name },
        });
      }
      await server.listening();
      // Now, not earlier: the aggregator waits longer after each probe that fails.
      sandbox.registerExtension({ service, port: server.port, group: "metrics.k8s.io", versions: ["v1", "v1beta1"] });
      progress(`metrics-server, a process of its own, asks every kubelet every ${resolutionSeconds} s`);
      const { certificatePem, keyPem } = sandbox.clientCertificate("admin");
      const client = new ApiClient({
        url: sandbox.url,
        authority: sandbox.authorityPem,
        certificate: certificatePem,
        key: keyPem,
      });
      return new DemoCluster(sandbox, server, client, folder, kubeconfig);
    } catch (error) {
      await server?.[Symbol.asyncDispose]();
      await sandbox?.close();
      folder[Symbol.dispose]();
      throw error;
    }
  }

  /** Resolves with the first reading in which every node and pod has numbers. @throws when that takes a minute */
  async firstReading(signal: AbortSignal): Promise<UsageReading> {
    const deadline = performance.now() + firstNumbersLimitMs;
    let last: unknown;
    while (performance.now() < deadline) {
      signal.throwIfAborted();
      this.#server.assertRunning();
      const asked = performance.now();
      try {
        if (await this.#areNodesComplete()) {
          const reading = await this.read();
          if (reading.pods.length >= (await this.#podCount())) return reading;
        }
        last = undefined;
      } catch (error) {
        last = error;
      }
      // Large lists take their time: asking for them all the time would delay what they wait for.
      await setTimeout(Math.max(askAgainMs, 2 * (performance.now() - asked)), undefined, { signal });
    }
    const reason = last instanceof Error ? last.message : "some nodes or pods are missing";
    throw new Error(`no complete numbers after a minute: ${reason}; metrics-server's log may say why`, { cause: last });
  }

  /** Through the aggregator, as kubectl reads. */
  read(): Promise<UsageReading> {
    this.#server.assertRunning();
    return readUsage(this.#client);
  }

  /** The name of the node that is this computer. */
  get machineName(): string {
    return this.#sandbox.nodes.at(-1)?.name ?? "";
  }

  /** For the moment this process ends without time to wait. */
  kill(): void {
    this.#server.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close();
    await this.#server[Symbol.asyncDispose]();
    await this.#sandbox.close();
    this.#folder[Symbol.dispose]();
  }

  async #areNodesComplete(): Promise<boolean> {
    const [known, measured] = await Promise.all([
      this.#client.get<List>("/api/v1/nodes"),
      this.#client.get<List>("/apis/metrics.k8s.io/v1/nodes"),
    ]);
    return measured.items.length >= known.items.length;
  }

  async #podCount(): Promise<number> {
    const running = "/api/v1/pods?fieldSelector=status.phase%3DRunning";
    return (await this.#client.get<List>(running)).items.length;
  }
}
