/** The sandbox with the real metrics-server in it. */
import { relative } from "node:path";
import { setTimeout } from "node:timers/promises";
import { startSandbox, type Sandbox } from "@kubemetrics/sandbox";
import { ApiClient } from "./api-client.ts";
import type { DemoOptions } from "./arguments.ts";
import { DemoFolder } from "./demo-folder.ts";
import { MetricsServerProcess } from "./metrics-server-process.ts";
import { missingNumbers, whyNoNumbers } from "./missing-numbers.ts";
import { readUsage, type UsageReading } from "./usage-reading.ts";

/** Told about each step as it is done. */
export type Progress = (step: string) => void;

const service = { namespace: "kube-system", name: "metrics-server" };
/** Numbers need two looks at every kubelet, a second apart. */
const firstNumbersLimitMs = 30_000;
const explanationLimitMs = 2_000;
const podsPerSecond = 2_500;
const askAgainMs = 50;
const nodesPerSecond = 250;

export class DemoCluster implements AsyncDisposable {
  readonly #sandbox: Sandbox;
  readonly #server: MetricsServerProcess;
  readonly #client: ApiClient;
  readonly #folder: DemoFolder;
  readonly #startedAt: number;
  readonly #deadline: number;
  /** Path as a user would type it. */
  readonly kubeconfigPath: string;

  private constructor(
    sandbox: Sandbox,
    server: MetricsServerProcess,
    client: ApiClient,
    folder: DemoFolder,
    kubeconfig: string,
    [startedAt, deadline]: readonly [startedAt: number, deadline: number],
  ) {
    this.#startedAt = startedAt;
    this.#deadline = deadline;
    this.#sandbox = sandbox;
    this.#server = server;
    this.#client = client;
    this.#folder = folder;
    const fromHere = relative(process.cwd(), kubeconfig);
    this.kubeconfigPath = fromHere.startsWith("..") ? kubeconfig : fromHere;
  }

  /** Resolves when metrics-server serves. @throws with a message for people when something is in the way */
  static async start(
    options: DemoOptions,
    progress: Progress,
    onProcess: (server: MetricsServerProcess) => void,
  ): Promise<DemoCluster> {
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
      const startedAt = performance.now();
      const pods = nodes * podsPerNode;
      const limitMs = firstNumbersLimitMs + 4_000 * (resolutionSeconds - 1) + (pods / podsPerSecond) * 1000;
      const certificate = sandbox.serviceCertificate(service);
      server = new MetricsServerProcess(resolutionSeconds, {
        kubeconfig: folder.write("metrics-server.kubeconfig", sandbox.metricsServerAccount().kubeconfig),
        servingCertificate: folder.write("serving.crt", certificate.certificatePem),
        servingKey: folder.write("serving.key", certificate.keyPem),
        kubeletAuthority: folder.write("cluster-ca.crt", sandbox.authorityPem),
        log: folder.reserve("metrics-server.log"),
      });
      onProcess(server);
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
      const serverPort = await server.listening();
      // Now, not earlier: the aggregator waits longer after each probe that fails.
      sandbox.registerExtension({ service, port: serverPort, group: "metrics.k8s.io", versions: ["v1", "v1beta1"] });
      progress(`metrics-server, a process of its own, asks every kubelet every ${resolutionSeconds} s`);
      const { certificatePem, keyPem } = sandbox.clientCertificate("admin");
      const client = new ApiClient({
        url: sandbox.url,
        authority: sandbox.authorityPem,
        certificate: certificatePem,
        key: keyPem,
      });
      return new DemoCluster(sandbox, server, client, folder, kubeconfig, [startedAt, startedAt + limitMs]);
    } catch (error) {
      await server?.[Symbol.asyncDispose]();
      await sandbox?.close();
      folder[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Resolves with the first reading in which every node and pod has numbers.
   *
   * @throws MetricsServerFailed when metrics-server ends
   * @throws Error that says what is missing, 30 s after the start of metrics-server; later in a large cluster
   */
  async firstReading(leave: AbortSignal): Promise<UsageReading> {
    const over = new AbortController();
    const signal = AbortSignal.any([leave, over.signal]);
    try {
      // One request may take longer than there is time: the limit does not wait for it.
      return await Promise.race([this.#completeReading(signal), this.#server.failed, this.#limit(signal)]);
    } finally {
      over.abort();
    }
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

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close();
    await this.#server[Symbol.asyncDispose]();
    await this.#sandbox.close();
    this.#folder[Symbol.dispose]();
  }

  async #completeReading(signal: AbortSignal): Promise<UsageReading> {
    for (;;) {
      signal.throwIfAborted();
      const asked = performance.now();
      try {
        if ((await missingNumbers(this.#client)) === undefined) return await this.read();
      } catch {
        // Not yet: whyNoNumbers asks again when time is up.
      }
      // Large lists take their time: asking for them all the time would delay what they wait for.
      await setTimeout(Math.max(askAgainMs, 2 * (performance.now() - asked)), undefined, { signal });
    }
  }

  async #limit(signal: AbortSignal): Promise<never> {
    await setTimeout(Math.max(0, this.#deadline - performance.now()), undefined, { signal });
    const why = await Promise.race([
      whyNoNumbers(this.#client),
      setTimeout(explanationLimitMs, "the API server, or metrics-server behind it, does not answer", { signal }),
    ]);
    const seconds = Math.round((this.#deadline - this.#startedAt) / 1000);
    throw new Error(
      `no complete numbers in ${seconds} s: ${why}. The last lines of metrics-server:\n${this.#server.lastWords}`,
    );
  }
}
