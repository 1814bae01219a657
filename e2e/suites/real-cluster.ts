/**
 * metrics-server as a process beside a real etcd and kube-apiserver: what the aggregation layer really does with it.
 *
 * The kubelets are simulated (the sandbox's, on loopback); their nodes and pods are copied to the real API server. metrics-server has
 * a ServiceAccount with the rights of `deploy/metrics-server/base/rbac.yaml` and nothing more.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { issueClient, issueServer } from "@kubemetrics/x509";
import { type Sandbox, type SandboxOptions, startSandbox } from "@kubemetrics/sandbox";
import { apiClient, type ApiClient, type ApiObject, type Credentials } from "../control-plane/api-client.ts";
import { program } from "../control-plane/assets.ts";
import type { RunningProcess } from "../control-plane/process.ts";
import { startControlPlane, type ControlPlane, type ControlPlaneOptions } from "../control-plane/start.ts";
import { type MetricsCluster, sampleOf } from "./metrics-cluster.ts";
import { freePort } from "../control-plane/free-ports.ts";
import { eventually, startMetricsServerProcess } from "./metrics-server-process.ts";
import { apiService, apiServices, externalNameService, metricsService, services } from "./registration.ts";

export interface RealCluster extends MetricsCluster {
  readonly plane: ControlPlane;
  readonly sandbox: Sandbox;
  /** The process that runs now. */
  readonly server: RunningProcess;
  /** Ends metrics-server and starts it again on the same port with further flags (later ones win); resolves when it answers. */
  restartServer(flags?: readonly string[]): Promise<void>;
  /** Where metrics-server itself listens. */
  readonly serverUrl: string;
  /** As administrator. */
  readonly admin: ApiClient;
  /** kube-apiserver as somebody else; closed with the cluster. */
  as(credentials: Credentials): ApiClient;
  /** A user by client certificate of the cluster's authority. */
  user(name: string, groups?: readonly string[]): Credentials;
  /** A new token of a ServiceAccount, made when it is missing. */
  token(namespace: string, name: string): Promise<string>;
  /** Disposed of before the cluster is. */
  endsWith(resource: AsyncDisposable): void;
  /** metrics-server itself, not through the aggregator. */
  direct(credentials: Credentials): ApiClient;
}

export interface RealClusterOptions {
  readonly sandbox?: SandboxOptions;
  readonly plane?: ControlPlaneOptions;
  /** Further metrics-server flags; later ones win. */
  readonly flags?: readonly string[];
  /** False: the server is started and registered, but nothing is waited for. */
  readonly waits?: boolean;
}

const rbacFile = resolve(import.meta.dirname, "../../deploy/metrics-server/base/rbac.yaml");

/** Resolves when every node and pod has numbers through the aggregator. */
export async function startRealCluster(options: RealClusterOptions = {}): Promise<RealCluster> {
  const stack = new AsyncDisposableStack();
  try {
    const plane = stack.use(
      await startControlPlane({
        ...options.plane,
        apiServerFlags: ["--enable-aggregator-routing=false", ...(options.plane?.apiServerFlags ?? [])],
      }),
    );
    const sandbox = stack.use(await startSandbox({ nodes: 3, podsPerNode: 8, ...options.sandbox }));
    const folder = plane.folder;
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      return join(folder, name);
    };
    const authorityPem = plane.clusterAuthority.certificatePem;
    const user: RealCluster["user"] = (name, groups = []) =>
      issueClient(plane.clusterAuthority, { commonName: name, organizations: groups });
    const as: RealCluster["as"] = (credentials) => stack.use(apiClient({ url: plane.url, authorityPem }, credentials));
    const admin = as(user("admin", ["system:masters"]));
    const kubeconfig = plane.kubeconfig("admin", ["system:masters"]);
    await copyObjects(sandbox, admin);
    execFileSync(await program("kubectl"), ["--kubeconfig", kubeconfig, "apply", "-f", rbacFile], { stdio: "pipe" });

    const token: RealCluster["token"] = async (namespace, name) => {
      await admin.request("POST", `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name } });
      const answer = await admin.post<{ status: { token: string } }>(
        `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
        { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
      );
      return answer.status.token;
    };
    const own = file(
      "metrics-server.kubeconfig",
      plane.kubeconfigText({ token: await token("kube-system", "metrics-server") }),
    );
    const serving = issueServer(plane.clusterAuthority, {
      commonName: "metrics-server",
      dnsNames: [`${metricsService.name}.${metricsService.namespace}.svc`],
      ipAddresses: ["127.0.0.1"],
    });
    const kubeletClient = sandbox.clientCertificate("admin");
    const port = await freePort();
    const serverUrl = `https://127.0.0.1:${port}`;
    const probe = stack.use(apiClient({ url: serverUrl, authorityPem }));
    const startServer = async (flags: readonly string[]): Promise<RunningProcess> => {
      const started = startMetricsServerProcess(folder, [
        `--kubeconfig=${own}`,
        `--authentication-kubeconfig=${own}`,
        `--authorization-kubeconfig=${own}`,
        `--secure-port=${port}`,
        "--bind-address=127.0.0.1",
        `--tls-cert-file=${file("serving.crt", serving.certificatePem)}`,
        `--tls-private-key-file=${file("serving.key", serving.keyPem)}`,
        `--kubelet-certificate-authority=${file("kubelets.crt", sandbox.authorityPem)}`,
        `--kubelet-client-certificate=${file("kubelet-client.crt", kubeletClient.certificatePem)}`,
        `--kubelet-client-key=${file("kubelet-client.key", kubeletClient.keyPem)}`,
        "--kubelet-use-node-status-port",
        "--kubelet-preferred-address-types=InternalIP",
        "--metric-resolution=1s",
        ...(options.flags ?? []),
        ...flags,
      ]);
      // Registered before it listens, it would wait out the aggregator's growing pauses between probes.
      await eventually("it answers", async () => (await probe.request("GET", "/livez")).status, 20_000, started);
      return started;
    };
    let server = await startServer([]);
    stack.defer(() => server[Symbol.asyncDispose]());
    await admin.post(services, externalNameService);
    for (const version of ["v1", "v1beta1"] as const) {
      await admin.post(apiServices, apiService(version, port, authorityPem));
    }

    const nodes = sandbox.nodes.map((node) => node.name);
    const pods = (await admin.get<{ items: KnownPod[] }>("/api/v1/pods")).items;
    if (options.waits !== false) {
      await eventually(
        "every node and pod has numbers",
        async () => {
          const served = await Promise.all(
            ["nodes", "pods"].map((kind) =>
              admin.get<{ items: unknown[] }>(`/apis/metrics.k8s.io/v1/${kind}`).then((list) => list.items.length),
            ),
          );
          return served[0] === nodes.length && served[1] === pods.length ? true : undefined;
        },
        30_000,
        server,
      );
      // Discovery of the aggregator follows the APIServices with a delay of its own.
      await eventually("both versions are available", () => bothAvailable(admin), 30_000, server);
    }
    const owned = stack.move();
    return {
      name: "real",
      kubeconfig,
      nodes,
      sample: sampleOf(pods),
      containers: pods.reduce((sum, pod) => sum + pod.spec.containers.length, 0),
      plane,
      sandbox,
      get server() {
        return server;
      },
      async restartServer(flags = []) {
        await server[Symbol.asyncDispose]();
        server = await startServer(flags);
      },
      serverUrl,
      admin,
      as: (credentials) => owned.use(apiClient({ url: plane.url, authorityPem }, credentials)),
      user,
      token,
      endsWith: (resource) => void owned.use(resource),
      direct: (credentials) => owned.use(apiClient({ url: serverUrl, authorityPem }, credentials)),
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** Everything metrics-server's log says, for messages. */
export function serverLog(cluster: { readonly server: RunningProcess }): string {
  return readFileSync(cluster.server.logFile, "utf8");
}

async function bothAvailable(admin: ApiClient): Promise<true | undefined> {
  const { groups } = await admin.get<{ groups: { name: string; versions: unknown[] }[] }>("/apis");
  return groups.find(({ name }) => name === "metrics.k8s.io")?.versions.length === 2 ? true : undefined;
}

interface KnownPod extends ApiObject {
  readonly spec: { readonly containers: readonly unknown[] };
}

/** Nodes and pods of the sandbox, with their status, into the real API server. */
async function copyObjects(sandbox: Sandbox, admin: ApiClient): Promise<void> {
  const { certificatePem, keyPem } = sandbox.clientCertificate("admin");
  await using source = apiClient({ url: sandbox.url, authorityPem: sandbox.authorityPem }, { certificatePem, keyPem });
  const list = async (path: string): Promise<ApiObject[]> => (await source.get<{ items: ApiObject[] }>(path)).items;
  const nodes = await list("/api/v1/nodes");
  const pods = await list("/api/v1/pods");
  const namespaces = new Set(pods.map((pod) => pod.metadata.namespace ?? "default"));
  for (const name of namespaces) await admin.request("POST", "/api/v1/namespaces", { metadata: { name } });
  const copy = async (path: string, { metadata, spec, status }: ApiObject): Promise<void> => {
    const { name, labels } = metadata;
    await admin.post(path, { metadata: { name, labels }, spec });
    await admin.patch(`${path}/${name}/status`, { status });
  };
  await Promise.all(nodes.map((node) => copy("/api/v1/nodes", node)));
  await Promise.all(pods.map((pod) => copy(`/api/v1/namespaces/${pod.metadata.namespace}/pods`, pod)));
}
