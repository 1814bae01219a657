/** A sandbox with the real server in it, at a period of less than half a second. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { get, type RequestOptions } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Log } from "@kubemetrics/apiservice";
import {
  defaultOptions,
  startMetricsServer,
  type MetricsServerOptions,
  type RunningMetricsServer,
} from "@kubemetrics/metrics-server";
import { startSandbox, type Sandbox, type SandboxOptions, type SandboxUser } from "@kubemetrics/sandbox";

export interface LogLine {
  readonly level: "info" | "warn" | "error";
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

const periodMs = 400;
const service = { namespace: "kube-system", name: "metrics-server" };

/** What a test opened; closed in reverse order. */
export class Opened implements AsyncDisposable {
  readonly #closers: (() => Promise<unknown>)[] = [];

  add(close: () => Promise<unknown>): void {
    this.#closers.push(close);
  }

  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "metrics-server-"));
    this.add(() => rm(folder, { recursive: true }));
    return folder;
  }

  async sandbox(options: SandboxOptions = {}): Promise<Sandbox> {
    const sandbox = await startSandbox({ nodes: 2, podsPerNode: 3, sampleIntervalMs: 50, ...options });
    this.add(() => sandbox.close());
    return sandbox;
  }

  async server(options: MetricsServerOptions, log: Log): Promise<RunningMetricsServer> {
    const server = await startMetricsServer(options, { log });
    this.add(() => server.close());
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closers.splice(0).toReversed()) await close();
  }
}

export function recordingLog(): { readonly log: Log; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const write =
    (level: LogLine["level"]) =>
    (fields: object, message: string): void =>
      void lines.push({ level, fields: fields as LogLine["fields"], message });
  return { log: { info: write("info"), warn: write("warn"), error: write("error") }, lines };
}

export interface Overrides {
  readonly metricResolutionMs?: number;
  readonly kubeconfigText?: string;
  readonly nodeSelector?: string;
  readonly kubelet?: Partial<MetricsServerOptions["kubelet"]>;
  readonly serving?: Partial<MetricsServerOptions["serving"]>;
  readonly authentication?: Partial<MetricsServerOptions["authentication"]>;
}

export async function optionsFor(
  sandbox: Sandbox,
  folder: string,
  overrides: Overrides = {},
): Promise<MetricsServerOptions> {
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, overrides.kubeconfigText ?? sandbox.metricsServerAccount().kubeconfig);
  const { metricResolutionMs = periodMs } = overrides;
  return {
    ...defaultOptions,
    kubeconfig,
    metricResolutionMs,
    nodeSelector: overrides.nodeSelector ?? "",
    kubelet: {
      ...defaultOptions.kubelet,
      preferredAddressTypes: ["InternalIP"],
      useNodeStatusPort: true,
      requestTimeoutMs: 0.9 * metricResolutionMs,
      ...overrides.kubelet,
    },
    serving: {
      ...defaultOptions.serving,
      bindAddress: "127.0.0.1",
      securePort: 0,
      certDir: folder,
      ...overrides.serving,
    },
    authentication: { ...defaultOptions.authentication, ...overrides.authentication },
  };
}

export interface Running {
  readonly sandbox: Sandbox;
  readonly server: RunningMetricsServer;
  readonly options: MetricsServerOptions;
  readonly lines: LogLine[];
  /** Through the aggregator. */
  readonly ask: (path: string, user?: SandboxUser) => Promise<Answer>;
  /** Straight to the server, without credentials. */
  readonly direct: (path: string) => Promise<Answer>;
}

/** The server ready, and registered as v1 and v1beta1. */
export async function running(
  opened: Opened,
  sandboxOptions: SandboxOptions = {},
  overrides: Overrides = {},
): Promise<Running> {
  const sandbox = await opened.sandbox(sandboxOptions);
  const options = await optionsFor(sandbox, await opened.folder(), overrides);
  const { log, lines } = recordingLog();
  const server = await opened.server(options, log);
  await server.ready;
  sandbox.registerExtension({
    service,
    port: server.port,
    group: "metrics.k8s.io",
    versions: ["v1", "v1beta1"],
    insecureSkipTLSVerify: true,
  });
  await until(async () => (await askAs(sandbox, "admin", "/apis/metrics.k8s.io/v1")).status === 200);
  return {
    sandbox,
    server,
    options,
    lines,
    ask: (path, user = "admin") => askAs(sandbox, user, path),
    direct: (path) => request(`https://127.0.0.1:${server.port}${path}`, { rejectUnauthorized: false }),
  };
}

export function askAs(sandbox: Sandbox, user: SandboxUser, path: string): Promise<Answer> {
  const kubeconfig = sandbox.kubeconfig(user);
  const pem = (key: string): string =>
    Buffer.from(new RegExp(`${key}: *"?([A-Za-z0-9+/=]+)`).exec(kubeconfig)?.[1] ?? "", "base64").toString();
  return request(sandbox.url + path, {
    ca: sandbox.authorityPem,
    cert: pem("client-certificate-data"),
    key: pem("client-key-data"),
  });
}

export function request(url: string, options: RequestOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false, ...options }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => (body += text));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    }).on("error", reject);
  });
}

/** What deploy/metrics-server gives the server so that it can register itself. */
export function allowRegistration(sandbox: Sandbox): void {
  const name = "system:metrics-server:registration";
  sandbox.create({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name },
    rules: [
      {
        apiGroups: ["apiregistration.k8s.io"],
        resources: ["apiservices"],
        resourceNames: ["v1.metrics.k8s.io", "v1beta1.metrics.k8s.io"],
        verbs: ["get", "patch"],
      },
    ],
  });
  sandbox.create({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
    subjects: [{ kind: "ServiceAccount", namespace: "kube-system", name: "metrics-server" }],
  });
}

/** Asks again, a moment later each time, until it holds. */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = 8_000): Promise<void> {
  const startedMs = performance.now();
  while (!(await condition())) {
    if (performance.now() - startedMs > limitMs) throw new Error(`waited ${limitMs} ms for: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
