/** The sandbox with the real metrics-server in it, as the demo runs them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Sandbox, type SandboxOptions, startSandbox } from "@kubemetrics/sandbox";
import { Agent, request } from "undici";
import type { RunningProcess } from "../control-plane/process.ts";
import { type MetricsCluster, sampleOf } from "./metrics-cluster.ts";
import { freePort } from "../control-plane/free-ports.ts";
import { eventually, startMetricsServerProcess } from "./metrics-server-process.ts";

export interface SandboxCluster extends MetricsCluster {
  readonly sandbox: Sandbox;
  readonly server: RunningProcess;
  /** JSON through the aggregator as administrator. */
  get(path: string): Promise<unknown>;
  /** A page of metrics-server's own, asked directly with the administrator's certificate. */
  ownPage(path: string): Promise<string>;
}

const service = { namespace: "kube-system", name: "metrics-server" };

/** Resolves when every node has numbers. */
export async function startSandboxCluster(
  options: SandboxOptions = {},
  flags: readonly string[] = [],
): Promise<SandboxCluster> {
  const stack = new AsyncDisposableStack();
  try {
    const folder = mkdtempSync(join(tmpdir(), "kubemetrics-sandbox-"));
    stack.defer(() => rmSync(folder, { recursive: true, force: true }));
    const sandbox = stack.use(await startSandbox({ aggregation: { probeMs: 1_000, discoveryMs: 2_000 }, ...options }));
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      return join(folder, name);
    };
    const kubeconfig = file("admin.kubeconfig", sandbox.kubeconfig("admin"));
    const own = file("metrics-server.kubeconfig", sandbox.metricsServerAccount().kubeconfig);
    const serving = sandbox.serviceCertificate(service);
    const port = await freePort();
    const server = stack.use(
      startMetricsServerProcess(folder, [
        `--kubeconfig=${own}`,
        `--authentication-kubeconfig=${own}`,
        `--authorization-kubeconfig=${own}`,
        `--secure-port=${port}`,
        "--bind-address=127.0.0.1",
        `--tls-cert-file=${file("serving.crt", serving.certificatePem)}`,
        `--tls-private-key-file=${file("serving.key", serving.keyPem)}`,
        `--kubelet-certificate-authority=${file("authority.crt", sandbox.authorityPem)}`,
        "--kubelet-use-node-status-port",
        "--kubelet-preferred-address-types=InternalIP",
        "--metric-resolution=1s",
        ...flags,
      ]),
    );
    sandbox.registerExtension({ service, port, group: "metrics.k8s.io", versions: ["v1", "v1beta1"] });

    const dispatcher = new Agent({
      connect: { ca: sandbox.authorityPem, ...clientCertificate(sandbox.kubeconfig("admin")) },
    });
    stack.defer(() => dispatcher.close());
    const get = async (path: string): Promise<unknown> => {
      const { statusCode, body } = await request(`${sandbox.url}${path}`, { dispatcher });
      const text = await body.text();
      if (statusCode !== 200) throw new Error(`GET ${path}: ${statusCode} ${text}`);
      return JSON.parse(text);
    };
    const ownPage = async (path: string): Promise<string> => {
      const { statusCode, body } = await request(`https://127.0.0.1:${port}${path}`, { dispatcher });
      const text = await body.text();
      if (statusCode !== 200) throw new Error(`GET ${path}: ${statusCode} ${text}`);
      return text;
    };
    const nodes = sandbox.nodes.map((node) => node.name);
    const pods = await eventually(
      "every node and pod has numbers",
      async () => {
        const list = (await get("/apis/metrics.k8s.io/v1/nodes")) as { items: unknown[] };
        const known = (await get("/api/v1/pods")) as { items: KnownPod[] };
        const served = (await get("/apis/metrics.k8s.io/v1/pods")) as { items: unknown[] };
        return list.items.length === nodes.length && served.items.length === known.items.length
          ? known.items
          : undefined;
      },
      30_000,
      server,
    );
    const owned = stack.move();
    return {
      name: "sandbox",
      kubeconfig,
      nodes,
      sample: sampleOf(pods),
      containers: pods.reduce((sum, pod) => sum + pod.spec.containers.length, 0),
      sandbox,
      server,
      get,
      ownPage,
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

interface KnownPod {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels?: Record<string, string> };
  readonly spec: { readonly containers: readonly unknown[] };
}

function clientCertificate(kubeconfig: string): { cert: string; key: string } {
  const data = (field: string): string =>
    Buffer.from(new RegExp(`${field}: (\\S+)`).exec(kubeconfig)?.[1] ?? "", "base64").toString();
  return { cert: data("client-certificate-data"), key: data("client-key-data") };
}
