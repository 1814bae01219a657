/** Flunders behind the sandbox's aggregator, with the rights of `deploy/rbac.yaml` and an APIService without a bundle. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock, type Log } from "@kubemetrics/apiservice";
import { kubeconfigConfig, type ClusterConfig } from "@kubemetrics/kube";
import { startSandbox, type Sandbox, type SandboxUser } from "@kubemetrics/sandbox";
import { serve, wardleGroup, type RunningServer, type ServeOptions } from "@kubemetrics/example-flunders";
import { Agent, request } from "undici";

export const service = { namespace: "wardle", name: "flunders" };
export const apiServiceName = "v1alpha1.wardle.example.com";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly json: never;
}

export interface RunningFlunders extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly cluster: ClusterConfig;
  readonly log: MemoryLog;
  /** One more replica with its own endpoint; resolves when it listens. */
  replica(renewal?: ServeOptions["renewal"]): Promise<RunningServer>;
  /** Through kube-apiserver. */
  ask(method: string, path: string, body?: unknown, options?: AskOptions): Promise<Answer>;
  /** Condition `Available` of the APIService. */
  available(): Promise<{ readonly status: string; readonly message: string }>;
}

export interface AskOptions {
  readonly as?: SandboxUser;
  readonly headers?: Readonly<Record<string, string>>;
}

export class MemoryLog implements Log {
  readonly lines: string[] = [];
  info(_fields: object, message: string): void {
    this.lines.push(message);
  }
  warn(_fields: object, message: string): void {
    this.lines.push(`warning: ${message}`);
  }
  error(fields: object, message: string): void {
    this.lines.push(`error: ${message} ${JSON.stringify(fields)}`);
  }
}

export async function runFlunders(): Promise<RunningFlunders> {
  const closers: (() => Promise<unknown>)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  const sandbox = await startSandbox({ nodes: 0, aggregation: { probeMs: 500, discoveryMs: 500, openApiMs: 500 } });
  closers.push(() => sandbox.close());
  giveRights(sandbox);
  const folder = mkdtempSync(join(tmpdir(), "flunders-"));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  const kubeconfig = join(folder, "kubeconfig");
  writeFileSync(kubeconfig, sandbox.serviceAccount("wardle", "flunders").kubeconfig, { mode: 0o600 });
  const cluster = await kubeconfigConfig({ path: kubeconfig });
  const log = new MemoryLog();

  const agents = new Map<SandboxUser, Agent>();
  closers.push(() => Promise.all([...agents.values()].map((agent) => agent.destroy())));
  const agentOf = (user: SandboxUser): Agent => {
    const { certificatePem: cert, keyPem: key } = sandbox.clientCertificate(user);
    const agent = agents.get(user) ?? new Agent({ connect: { ca: sandbox.authorityPem, cert, key } });
    agents.set(user, agent);
    return agent;
  };
  const ask: RunningFlunders["ask"] = async (method, path, body, { as = "admin", headers = {} } = {}) => {
    const answer = await request(`${sandbox.url}${path}`, {
      dispatcher: agentOf(as),
      method: method as "GET",
      headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text,
      get json() {
        return JSON.parse(text) as never;
      },
    };
  };

  let replicas = 0;
  const replica: RunningFlunders["replica"] = async (renewal = {}) => {
    const options = { cluster, service, port: 0, host: "127.0.0.1", log, renewal };
    const server = await serve(wardleGroup(systemClock), options);
    closers.push(() => server.close(0));
    addEndpoint(sandbox, `flunders-${++replicas}`, server.port);
    return server;
  };
  sandbox.create({
    apiVersion: "v1",
    kind: "Service",
    metadata: { ...service },
    spec: { type: "ClusterIP", ports: [{ name: "https", port: 443, protocol: "TCP" }] },
  });
  sandbox.create({
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: { name: apiServiceName },
    spec: {
      group: "wardle.example.com",
      version: "v1alpha1",
      groupPriorityMinimum: 1000,
      versionPriority: 15,
      service: { ...service, port: 443 },
    },
  });
  const available: RunningFlunders["available"] = async () => {
    const { json } = await ask("GET", `/apis/apiregistration.k8s.io/v1/apiservices/${apiServiceName}`);
    const object = json as { status?: { conditions?: { status: string; message: string }[] } };
    return object.status?.conditions?.[0] ?? { status: "Unknown", message: "" };
  };
  return { sandbox, cluster, log, replica, ask, available, [Symbol.asyncDispose]: closeAll };
}

/** Endpoints of one Service may differ by port only in slices of their own. */
export function addEndpoint(sandbox: Sandbox, name: string, port: number): void {
  sandbox.create({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name, namespace: "wardle", labels: { "kubernetes.io/service-name": "flunders" } },
    addressType: "IPv4",
    endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }],
    ports: [{ name: "https", port, protocol: "TCP" }],
  });
}

function giveRights(sandbox: Sandbox): void {
  const apiVersion = "rbac.authorization.k8s.io/v1";
  const apiGroup = "rbac.authorization.k8s.io";
  const subjects = [{ kind: "ServiceAccount", name: "flunders", namespace: "wardle" }];
  const bind = (kind: "ClusterRole" | "Role", role: string, name: string, namespace?: string): void => {
    const metadata = namespace === undefined ? { name } : { name, namespace };
    const binding = namespace === undefined ? "ClusterRoleBinding" : "RoleBinding";
    sandbox.create({ apiVersion, kind: binding, metadata, roleRef: { apiGroup, kind, name: role }, subjects });
  };
  bind("ClusterRole", "system:auth-delegator", "flunders:system:auth-delegator");
  bind("Role", "extension-apiserver-authentication-reader", "flunders-auth-reader", "kube-system");
  const names = { apiGroups: ["apiregistration.k8s.io"], resources: ["apiservices"], resourceNames: [apiServiceName] };
  sandbox.create({
    apiVersion,
    kind: "ClusterRole",
    metadata: { name: "flunders:apiservice" },
    rules: [{ ...names, verbs: ["get", "patch"] }],
  });
  bind("ClusterRole", "flunders:apiservice", "flunders:apiservice");
  const rules = [{ apiGroups: ["wardle.example.com"], resources: ["flunders"], verbs: ["get", "list", "watch"] }];
  sandbox.create({ apiVersion, kind: "ClusterRole", metadata: { name: "wardle:view" }, rules });
  sandbox.create({
    apiVersion,
    kind: "ClusterRoleBinding",
    metadata: { name: "viewer:wardle:view" },
    roleRef: { apiGroup, kind: "ClusterRole", name: "wardle:view" },
    subjects: [{ kind: "User", name: "viewer", apiGroup }],
  });
}

/** Resolves when `check` holds; asks again every 20 ms. */
export async function until(what: string, check: () => Promise<boolean>, limitMs = 8_000): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
