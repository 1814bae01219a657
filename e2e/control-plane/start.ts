/**
 * A real control plane on loopback: etcd and kube-apiserver (optionally kube-controller-manager), with the aggregation layer turned on.
 *
 * Ports are chosen by the system, state lives in a temporary folder, and disposing stops everything and removes the folder.
 */
import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { issueAuthority, issueClient, issueServer, type KeyPair } from "@kubemetrics/x509";
import { Agent, request } from "undici";
import { program } from "./assets.ts";
import { startProcess, type RunningProcess } from "./process.ts";

export interface ControlPlane extends AsyncDisposable {
  /** State folder: certificates, kubeconfigs, logs. Gone after disposal. */
  readonly folder: string;
  readonly address: string;
  readonly port: number;
  /** `https://<address>:<port>` */
  readonly url: string;
  readonly clusterAuthority: KeyPair;
  readonly frontProxyAuthority: KeyPair;
  /** Client certificate of a member of system:masters. */
  readonly admin: KeyPair;
  /** Kubeconfig text with this client certificate or token. */
  kubeconfigText(client: KeyPair | { readonly token: string }): string;
  readonly apiServer: RestartableApiServer;
  readonly files: ControlPlaneFiles;
  /** What the audit log says so far; needs the option `audit`. */
  auditEvents(): AuditEvent[];
  /** Writes a kubeconfig for a client certificate with this name and these groups; returns its path. */
  kubeconfig(commonName: string, organizations: readonly string[]): string;
}

/** kube-apiserver reads these again when they change. */
export interface ControlPlaneFiles {
  readonly clusterAuthority: string;
  readonly frontProxyAuthority: string;
  readonly proxyClientCertificate: string;
  readonly proxyClientKey: string;
}

export interface RestartableApiServer {
  readonly logFile: string;
  /** Ends it at once: asked politely, it waits for open watches. */
  stop(): Promise<void>;
  /** Starts again, with further changes of its flags; resolves when it is ready. */
  start(changes?: FlagChanges): Promise<void>;
}

export interface FlagChanges {
  /** `--name=value`; replaces a flag of that name. */
  readonly flags?: readonly string[];
  /** Names without dashes. */
  readonly without?: readonly string[];
}

/** The parts of an audit event that suites look at. */
export interface AuditEvent {
  readonly verb: string;
  readonly stageTimestamp: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly resource: string; readonly name?: string };
  readonly requestObject?: { readonly spec?: Record<string, unknown> };
  readonly responseStatus?: { readonly code: number };
}

/** Changes of kube-apiserver's flags that need its files or authorities. */
export type PrepareApiServer = (
  files: ControlPlaneFiles,
  authorities: { readonly cluster: KeyPair; readonly frontProxy: KeyPair },
) => FlagChanges;

export interface ControlPlaneOptions {
  /** Records reviews (TokenReview, SubjectAccessReview) with their contents in the audit log. */
  readonly audit?: boolean;
  readonly apiServer?: PrepareApiServer;
  readonly controllerManager?: boolean;
  /** Address kube-apiserver is bound to and reached by. Default 127.0.0.1. */
  readonly address?: string;
  /** Runs kube-scheduler as well. */
  readonly scheduler?: boolean;
  /** Admission of service accounts and Node authorization, as a cluster with real kubelets has them. */
  readonly realNodes?: boolean;
  /** Further or overriding kube-controller-manager flags. */
  readonly controllerManagerFlags?: readonly string[];
  /** Further kube-apiserver flags; one that is set already is replaced. */
  readonly apiServerFlags?: readonly string[];
}

/** Starts everything and returns when kube-apiserver is ready (about 3 s on a warm machine). */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const address = options.address ?? "127.0.0.1";
  const folder = mkdtempSync(join(tmpdir(), "kubemetrics-control-plane-"));
  const stack = new AsyncDisposableStack();
  stack.defer(() => removeFolder(folder));
  try {
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      return join(folder, name);
    };
    const pair = (name: string, keys: KeyPair): [string, string] => [
      file(`${name}.crt`, keys.certificatePem),
      file(`${name}.key`, keys.keyPem),
    ];
    const cluster = issueAuthority({ commonName: "kubernetes" });
    const frontProxy = issueAuthority({ commonName: "front-proxy" });
    const clusterFile = file("ca.crt", cluster.certificatePem);
    const frontProxyFile = file("front-proxy-ca.crt", frontProxy.certificatePem);
    const serving = pair(
      "apiserver",
      issueServer(cluster, {
        commonName: "kube-apiserver",
        dnsNames: ["kubernetes", "kubernetes.default.svc", "localhost"],
        ipAddresses: ["127.0.0.1", "10.96.0.1", address],
      }),
    );
    const proxyClient = pair(
      "front-proxy-client",
      issueClient(frontProxy, { commonName: "front-proxy-client", organizations: [] }),
    );
    const kubeletClient = pair(
      "apiserver-kubelet-client",
      issueClient(cluster, { commonName: "kube-apiserver-kubelet-client", organizations: ["system:masters"] }),
    );
    const tokens = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    const [etcdPort = 0, etcdPeerPort = 0, port = 0, controllerPort = 0, schedulerPort = 0] = await freePorts(5);

    stack.use(
      startProcess("etcd", await program("etcd"), folder, [
        `--data-dir=${join(folder, "etcd")}`,
        `--listen-client-urls=http://127.0.0.1:${etcdPort}`,
        `--advertise-client-urls=http://127.0.0.1:${etcdPort}`,
        `--listen-peer-urls=http://127.0.0.1:${etcdPeerPort}`,
        "--unsafe-no-fsync",
      ]),
    );
    const files: ControlPlaneFiles = {
      clusterAuthority: clusterFile,
      frontProxyAuthority: frontProxyFile,
      proxyClientCertificate: proxyClient[0],
      proxyClientKey: proxyClient[1],
    };
    const auditLog = join(folder, "audit.log");
    const usualFlags: readonly string[] = [
      `--etcd-servers=http://127.0.0.1:${etcdPort}`,
      `--secure-port=${port}`,
      `--bind-address=${address}`,
      `--advertise-address=${address}`,
      "--endpoint-reconciler-type=none",
      "--service-cluster-ip-range=10.96.0.0/16",
      `--tls-cert-file=${serving[0]}`,
      `--tls-private-key-file=${serving[1]}`,
      `--client-ca-file=${clusterFile}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${file("sa.pub", tokens.publicKey)}`,
      `--service-account-signing-key-file=${file("sa.key", tokens.privateKey)}`,
      ...(options.realNodes === true
        ? ["--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction"]
        : ["--authorization-mode=RBAC", "--disable-admission-plugins=ServiceAccount"]),
      `--requestheader-client-ca-file=${frontProxyFile}`,
      "--requestheader-allowed-names=front-proxy-client",
      "--requestheader-extra-headers-prefix=X-Remote-Extra-",
      "--requestheader-group-headers=X-Remote-Group",
      "--requestheader-username-headers=X-Remote-User",
      `--proxy-client-cert-file=${proxyClient[0]}`,
      `--proxy-client-key-file=${proxyClient[1]}`,
      "--enable-aggregator-routing=true",
      `--kubelet-client-certificate=${kubeletClient[0]}`,
      `--kubelet-client-key=${kubeletClient[1]}`,
      `--kubelet-certificate-authority=${clusterFile}`,
      "--kubelet-preferred-address-types=InternalIP,Hostname",
    ];
    const audit = [`--audit-log-path=${auditLog}`, `--audit-policy-file=${file("audit.yaml", auditPolicy)}`];
    const apiServerPath = await program("kube-apiserver");
    const admin = issueClient(cluster, { commonName: "admin", organizations: ["system:masters"] });
    const prepared = options.apiServer?.(files, { cluster, frontProxy }) ?? {};
    let running: RunningProcess | undefined;
    stack.defer(() => running?.kill());
    const apiServer: RestartableApiServer = {
      logFile: join(folder, "kube-apiserver.log"),
      async stop() {
        await running?.kill();
      },
      async start(changes = {}) {
        const wanted: FlagChanges[] = [
          { flags: options.audit === true ? audit : [] },
          { flags: options.apiServerFlags ?? [] },
          prepared,
          changes,
        ];
        running = startProcess("kube-apiserver", apiServerPath, folder, wanted.reduce(changeFlags, usualFlags));
        await untilReady(`https://${address}:${port}/readyz`, cluster, admin, running.exited);
      },
    };
    await apiServer.start();
    const kubeconfig = (commonName: string, organizations: readonly string[]): string => {
      const client = issueClient(cluster, { commonName, organizations });
      return file(
        `${commonName.replaceAll(/[^\w-]/g, "_")}.kubeconfig`,
        kubeconfigText(address, port, cluster, client),
      );
    };
    if (options.controllerManager === true) {
      stack.use(
        startProcess("kube-controller-manager", await program("kube-controller-manager"), folder, [
          `--kubeconfig=${kubeconfig("system:kube-controller-manager", [])}`,
          "--leader-elect=false",
          "--use-service-account-credentials",
          `--root-ca-file=${clusterFile}`,
          `--service-account-private-key-file=${join(folder, "sa.key")}`,
          "--horizontal-pod-autoscaler-sync-period=2s",
          `--secure-port=${controllerPort}`,
          ...(options.controllerManagerFlags ?? []),
        ]),
      );
    }
    if (options.scheduler === true) {
      stack.use(
        startProcess("kube-scheduler", await program("kube-scheduler"), folder, [
          `--kubeconfig=${kubeconfig("system:kube-scheduler", [])}`,
          "--leader-elect=false",
          `--secure-port=${schedulerPort}`,
        ]),
      );
    }
    const owned = stack.move();
    return {
      folder,
      address,
      port,
      url: `https://${address}:${port}`,
      clusterAuthority: cluster,
      frontProxyAuthority: frontProxy,
      admin,
      apiServer,
      files,
      auditEvents: () =>
        readFileSync(auditLog, "utf8")
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => JSON.parse(line) as AuditEvent),
      kubeconfig,
      kubeconfigText: (client) => kubeconfigText(address, port, cluster, client),
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** Reviews with what was asked and answered; nothing else is written. */
const auditPolicy = JSON.stringify({
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [
    {
      level: "RequestResponse",
      resources: [
        { group: "authorization.k8s.io", resources: ["subjectaccessreviews"] },
        { group: "authentication.k8s.io", resources: ["tokenreviews"] },
      ],
    },
    { level: "None" },
  ],
});

function flagName(flag: string): string {
  return flag.replace(/^--/, "").split("=", 1)[0] ?? "";
}

/** Lists would grow when a flag is given twice, so the earlier one goes. */
function changeFlags(flags: readonly string[], { flags: more = [], without = [] }: FlagChanges): readonly string[] {
  const gone = new Set([...more.map(flagName), ...without]);
  return [...flags.filter((flag) => !gone.has(flagName(flag))), ...more];
}

function kubeconfigText(
  address: string,
  port: number,
  cluster: KeyPair,
  client: KeyPair | { readonly token: string },
): string {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "e2e",
    clusters: [
      {
        name: "e2e",
        cluster: { server: `https://${address}:${port}`, "certificate-authority-data": base64(cluster.certificatePem) },
      },
    ],
    users: [
      {
        name: "e2e",
        user:
          "token" in client
            ? { token: client.token }
            : {
                "client-certificate-data": base64(client.certificatePem),
                "client-key-data": base64(client.keyPem),
              },
      },
    ],
    contexts: [{ name: "e2e", context: { cluster: "e2e", user: "e2e" } }],
  });
}

/** Removes a state folder, mounts of a kubelet or a container runtime below it included. */
function removeFolder(folder: string): void {
  const mounts = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "");
  for (const mount of mounts.filter((path) => path.startsWith(`${folder}/`)).toReversed()) {
    execFileSync("umount", ["--lazy", mount]);
  }
  rmSync(folder, { recursive: true, force: true });
}

/** Ports that were free a moment ago, all different. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function untilReady(url: string, cluster: KeyPair, admin: KeyPair, exited: Promise<string>): Promise<void> {
  const dispatcher = new Agent({
    connect: { ca: cluster.certificatePem, cert: admin.certificatePem, key: admin.keyPem },
  });
  const deadline = Date.now() + 60_000;
  let died: string | undefined;
  void exited.then((reason) => (died = reason));
  try {
    for (;;) {
      if (died !== undefined) throw new Error(died);
      const status = await request(url, { dispatcher }).then(
        async (answer) => (await answer.body.dump(), answer.statusCode),
        () => 0,
      );
      if (status === 200) return;
      if (Date.now() > deadline) throw new Error(`kube-apiserver was not ready within 60 s (last status ${status})`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } finally {
    await dispatcher.close();
  }
}
