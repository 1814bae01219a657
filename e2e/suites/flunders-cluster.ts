/** Clusters with `examples/flunders` in them, as a process with the rights of its manifests and nothing more. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { issueClient } from "@kubemetrics/x509";
import { startSandbox } from "@kubemetrics/sandbox";
import { apiClient } from "../control-plane/api-client.ts";
import { program } from "../control-plane/assets.ts";
import { startProcess, type RunningProcess } from "../control-plane/process.ts";
import { startControlPlane, type ControlPlaneOptions } from "../control-plane/start.ts";
import { freePort } from "../control-plane/free-ports.ts";
import { eventually } from "./metrics-server-process.ts";

export interface FlundersCluster extends AsyncDisposable {
  readonly name: string;
  /** Path of an administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** For files; gone after disposal. */
  readonly folder: string;
  readonly server: RunningProcess;
}

export const flundersService = { namespace: "wardle", name: "flunders" };
export const flundersApiService = "v1alpha1.wardle.example.com";
const example = resolve(import.meta.dirname, "../../examples/flunders");

/** Resolves when the APIService, made without a bundle, is available. */
export async function startFlundersOnSandbox(): Promise<FlundersCluster> {
  const stack = new AsyncDisposableStack();
  try {
    const folder = mkdtempSync(join(tmpdir(), "kubemetrics-flunders-"));
    stack.defer(() => rmSync(folder, { recursive: true, force: true }));
    const sandbox = stack.use(
      await startSandbox({ nodes: 0, aggregation: { probeMs: 1_000, discoveryMs: 1_000, openApiMs: 1_000 } }),
    );
    const kubeconfig = await sandbox.writeKubeconfig(join(folder, "admin.kubeconfig"), "admin");
    await applyManifests(kubeconfig, folder, 443);
    const own = join(folder, "flunders.kubeconfig");
    const account = sandbox.serviceAccount(flundersService.namespace, flundersService.name);
    writeFileSync(own, account.kubeconfig, { mode: 0o600 });
    const port = await freePort();
    sandbox.create({
      apiVersion: "v1",
      kind: "Service",
      metadata: { ...flundersService },
      spec: { type: "ClusterIP", ports: [{ name: "https", port: 443, protocol: "TCP" }] },
    });
    sandbox.create({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { ...flundersService, labels: { "kubernetes.io/service-name": flundersService.name } },
      addressType: "IPv4",
      endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }],
      ports: [{ name: "https", port, protocol: "TCP" }],
    });
    const server = stack.use(startFlundersProcess(folder, own, port));
    await untilAvailable(kubeconfig, server);
    const owned = stack.move();
    return { name: "sandbox", kubeconfig, folder, server, [Symbol.asyncDispose]: () => owned.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** The same with a real etcd and kube-apiserver. */
export async function startFlundersOnRealCluster(options: ControlPlaneOptions = {}): Promise<FlundersCluster> {
  const stack = new AsyncDisposableStack();
  try {
    // An EndpointSlice may not name a loopback address, a Service of type ExternalName may; it needs aggregator routing off.
    const apiServerFlags = ["--enable-aggregator-routing=false", ...(options.apiServerFlags ?? [])];
    const plane = stack.use(await startControlPlane({ ...options, apiServerFlags }));
    const { folder } = plane;
    const kubeconfig = plane.kubeconfig("admin", ["system:masters"]);
    const administrator = issueClient(plane.clusterAuthority, {
      commonName: "admin",
      organizations: ["system:masters"],
    });
    const authorityPem = plane.clusterAuthority.certificatePem;
    const admin = stack.use(apiClient({ url: plane.url, authorityPem }, administrator));
    const port = await freePort();
    await applyManifests(kubeconfig, folder, port);
    const { namespace, name } = flundersService;
    await admin.post(`/api/v1/namespaces/${namespace}/services`, {
      metadata: { name },
      spec: { type: "ExternalName", externalName: "localhost" },
    });
    const { status } = await admin.post<{ status: { token: string } }>(
      `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
      { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
    );
    const own = join(folder, "flunders.kubeconfig");
    writeFileSync(own, plane.kubeconfigText({ token: status.token }), { mode: 0o600 });
    const server = stack.use(startFlundersProcess(folder, own, port));
    await untilAvailable(kubeconfig, server);
    const owned = stack.move();
    return { name: "real", kubeconfig, folder, server, [Symbol.asyncDispose]: () => owned.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

export function startFlundersProcess(folder: string, kubeconfig: string, port: number): RunningProcess {
  return startProcess("flunders", process.execPath, folder, [
    "--conditions=kubemetrics-source",
    "--disable-warning=ExperimentalWarning",
    join(example, "src/main.ts"),
    `--kubeconfig=${kubeconfig}`,
    `--port=${port}`,
    "--bind-address=127.0.0.1",
    `--service=${flundersService.namespace}/${flundersService.name}`,
    "--shutdown-delay-seconds=1",
  ]);
}

/** Rights and APIService as an operator applies them; the Deployment and its Service are the caller's process and Service. */
async function applyManifests(kubeconfig: string, folder: string, servicePort: number): Promise<void> {
  const text = readFileSync(join(example, "deploy/apiservice.yaml"), "utf8").replace(
    "port: 443",
    `port: ${servicePort}`,
  );
  writeFileSync(join(folder, "apiservice.yaml"), text);
  for (const file of [join(example, "deploy/rbac.yaml"), join(folder, "apiservice.yaml")]) {
    await kubectl(kubeconfig, "apply", "-f", file);
  }
}

async function untilAvailable(kubeconfig: string, server: RunningProcess): Promise<void> {
  const query = 'jsonpath={.status.conditions[?(@.type=="Available")].status}';
  const isAvailable = async (): Promise<true | undefined> =>
    (await kubectl(kubeconfig, "get", "apiservice", flundersApiService, "-o", query)) === "True" || undefined;
  await eventually("the APIService is available", isAvailable, 30_000, server);
  // Discovery follows with a delay of its own.
  const isDiscovered = async (): Promise<true | undefined> =>
    (await kubectl(kubeconfig, "get", "--raw", "/apis")).includes("wardle.example.com") || undefined;
  await eventually("flunders are discovered", isDiscovered, 30_000, server);
}

/** Never waits synchronously: the sandbox answers from this process. */
async function kubectl(kubeconfig: string, ...args: string[]): Promise<string> {
  const path = await program("kubectl");
  return (await promisify(execFile)(path, ["--kubeconfig", kubeconfig, ...args])).stdout;
}
