/**
 * Everything that can be renewed under a running extension server is renewed, under constant load through the aggregator: its authority, the
 * servers' authorities and certificates, the servers themselves. No request fails.
 */
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { systemClock, type Clock } from "@kubemetrics/apiservice";
import { serve, wardleGroup, type RunningServer } from "@kubemetrics/example-flunders";
import { kubeconfigConfig } from "@kubemetrics/kube";
import { startSandbox, type FrontProxyRotation, type Sandbox } from "@kubemetrics/sandbox";
import { issueAuthority, issueServer, type KeyPair } from "@kubemetrics/x509";
import { expect, it, onTestFinished } from "vitest";
import { apiClient, type ApiClient, type Credentials } from "../control-plane/api-client.ts";
import type { RunningProcess } from "../control-plane/process.ts";
import { ConstantLoad } from "../suites/constant-load.ts";
import { freePort } from "../control-plane/free-ports.ts";
import { eventually, startMetricsServerProcess } from "../suites/metrics-server-process.ts";

const metrics = { namespace: "kube-system", name: "metrics-server" };
const wardle = { namespace: "wardle", name: "flunders" };
const dayMs = 24 * 3_600_000;

/** Runs behind, so that an authority issued now is due when the clock is put right; it is valid in real time all along. */
class LateClock implements Clock {
  behindMs = 2.1 * dayMs;
  now(): number {
    return Date.now() - this.behindMs;
  }
  after(delayMs: number, callback: () => void): () => void {
    return systemClock.after(delayMs, callback);
  }
}

it(
  "authorities, certificates and servers are replaced under load, and no request fails",
  { timeout: 60_000 },
  async () => {
    const stack = new AsyncDisposableStack();
    onTestFinished(() => stack.disposeAsync());
    const folder = mkdtempSync(join(tmpdir(), "kubemetrics-rotation-"));
    stack.defer(() => rmSync(folder, { recursive: true, force: true }));
    const sandbox = stack.use(
      await startSandbox({ nodes: 3, podsPerNode: 4, aggregation: { probeMs: 1_000, discoveryMs: 1_000 } }),
    );
    const credentials = sandbox.clientCertificate("admin");
    const admin = stack.use(apiClient({ url: sandbox.url, authorityPem: sandbox.authorityPem }, credentials));
    const scene = { sandbox, admin, folder, stack };
    const servers = await metricsServers(scene);
    const flunders = await flundersServers(scene);

    const load = stack.use(
      new ConstantLoad(
        { url: sandbox.url, authorityPem: sandbox.authorityPem, credentials },
        [
          {
            path: "/apis/metrics.k8s.io/v1/nodes",
            isWhole: (text) => (JSON.parse(text) as { items: unknown[] }).items.length === sandbox.nodes.length,
          },
          { path: "/apis/metrics.k8s.io/v1/namespaces/default/pods" },
          { path: "/apis/wardle.example.com/v1alpha1/flunders?limit=1" },
          {
            method: "POST",
            path: "/apis/wardle.example.com/v1alpha1/namespaces/default/flunders?dryRun=All",
            body: (n) => ({ metadata: { name: `f-${n}` }, spec: { reference: "x" } }),
          },
        ],
        2,
      ),
    );
    await load.goesOn();

    // metrics-server reads its files every ten seconds: the other rotations happen meanwhile.
    load.doing("new serving authority of metrics-server: published, then its files written");
    const next = await servers.writeNextCertificate();

    load.doing("front proxy authority: trusted");
    const rotation = sandbox.rotateFrontProxy();
    await untilBelieved(servers.port(), rotation, scene);
    await untilBelieved(flunders.port(), rotation, scene);
    load.doing("front proxy authority: used");
    rotation.use();
    await load.goesOn();
    load.doing("front proxy authority: the old one is no longer trusted");
    rotation.finish();
    await load.goesOn();

    load.doing("new serving authority of flunders");
    await flunders.renewAuthority();
    await load.goesOn();

    load.doing("new serving authority of metrics-server: in use");
    await eventually(
      "metrics-server shows its new certificate",
      async () => (await shownBy(servers.port())) === fingerprint(next) || undefined,
      15_000,
    );
    await servers.trustOnlyNext();
    await load.goesOn();

    load.doing("rolling restart of metrics-server");
    const ended = await servers.roll();
    expect(ended).toMatch(/status 0/);
    await load.goesOn();

    load.doing("rolling restart of flunders");
    await flunders.roll();
    await load.goesOn();

    const { asked, failures } = await load.end();
    expect(failures).toEqual([]);
    expect([...asked].filter(([, count]) => count < 100)).toEqual([]);
    expect(flunders.log.filter((line) => line.startsWith("error"))).toEqual([]);
  },
);

interface Scene {
  readonly sandbox: Sandbox;
  readonly admin: ApiClient;
  readonly folder: string;
  readonly stack: AsyncDisposableStack;
}

/** Processes of the real app with certificate files. */
async function metricsServers({ sandbox, admin, folder, stack }: Scene): Promise<{
  port(): number;
  /** A new authority is trusted beside the present one, then a certificate of it is in the files. */
  writeNextCertificate(): Promise<KeyPair>;
  trustOnlyNext(): Promise<void>;
  /** The next process takes over; resolves with how the one before ended. */
  roll(): Promise<string>;
}> {
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const issue = (): { readonly authority: KeyPair; readonly serving: KeyPair } => {
    const authority = issueAuthority({ commonName: "metrics-server-ca" });
    const dnsNames = [`${metrics.name}.${metrics.namespace}.svc`, "localhost"];
    const serving = issueServer(authority, { commonName: metrics.name, dnsNames, ipAddresses: ["127.0.0.1"] });
    return { authority, serving };
  };
  const writePair = ({ keyPem, certificatePem }: KeyPair): void => {
    file("serving.key", keyPem);
    file("serving.crt", certificatePem);
  };
  const own = file("metrics-server.kubeconfig", sandbox.metricsServerAccount().kubeconfig);
  const authorityFile = file("authority.crt", sandbox.authorityPem);
  let current = issue();
  writePair(current.serving);
  let next = current;
  const { certificatePem, keyPem } = sandbox.clientCertificate("admin");

  const start = async (): Promise<{ readonly server: RunningProcess; readonly port: number }> => {
    const port = await freePort();
    const server = stack.use(
      startMetricsServerProcess(folder, [
        `--kubeconfig=${own}`,
        `--authentication-kubeconfig=${own}`,
        `--authorization-kubeconfig=${own}`,
        `--secure-port=${port}`,
        "--bind-address=127.0.0.1",
        `--tls-cert-file=${join(folder, "serving.crt")}`,
        `--tls-private-key-file=${join(folder, "serving.key")}`,
        `--kubelet-certificate-authority=${authorityFile}`,
        "--kubelet-use-node-status-port",
        "--kubelet-preferred-address-types=InternalIP",
        "--metric-resolution=1s",
        "--shutdown-delay-duration=1s",
      ]),
    );
    const url = `https://127.0.0.1:${port}`;
    await using direct = apiClient({ url }, { certificatePem, keyPem });
    const isReady = async (): Promise<true | undefined> =>
      ((await direct.request("GET", "/readyz")).status === 200 &&
        (await direct.get<{ items: unknown[] }>("/apis/metrics.k8s.io/v1/nodes")).items.length === 3) ||
      undefined;
    await eventually("metrics-server is ready", isReady, 15_000, server);
    return { server, port };
  };
  const setBundle = async (pem: string): Promise<void> => {
    const caBundle = Buffer.from(pem).toString("base64");
    for (const version of ["v1", "v1beta1"]) {
      const path = `/apis/apiregistration.k8s.io/v1/apiservices/${version}.metrics.k8s.io`;
      await admin.patch(path, { spec: { caBundle } });
    }
  };

  let running = await start();
  const register = { service: metrics, port: running.port, group: "metrics.k8s.io", versions: ["v1", "v1beta1"] };
  sandbox.registerExtension({ ...register, caBundle: current.authority.certificatePem });
  await available(admin, "v1.metrics.k8s.io");
  return {
    port: () => running.port,
    async writeNextCertificate() {
      next = issue();
      await setBundle(`${current.authority.certificatePem}${next.authority.certificatePem}`);
      writePair(next.serving);
      return next.serving;
    },
    async trustOnlyNext() {
      current = next;
      await setBundle(current.authority.certificatePem);
    },
    async roll() {
      const before = running;
      running = await start();
      addEndpoint(sandbox, metrics, `${metrics.name}-next`, running.port);
      process.kill(before.server.pid, "SIGTERM");
      // As in a cluster, the endpoint goes a moment after the signal came.
      await new Promise((resolve) => setTimeout(resolve, 200));
      await admin.delete(`/apis/discovery.k8s.io/v1/namespaces/${metrics.namespace}/endpointslices/${metrics.name}`);
      return before.server.exited;
    },
  };
}

/** Replicas of the example that issue their certificates themselves. */
async function flundersServers({ sandbox, admin, folder, stack }: Scene): Promise<{
  readonly log: readonly string[];
  port(): number;
  renewAuthority(): Promise<void>;
  roll(): Promise<void>;
}> {
  const log: string[] = [];
  const say = (level: string) => (fields: object, message: string) =>
    void log.push(`${level}: ${message} ${JSON.stringify(fields)}`);
  const kubeconfig = join(folder, "admin.kubeconfig");
  writeFileSync(kubeconfig, sandbox.kubeconfig("admin"), { mode: 0o600 });
  const cluster = await kubeconfigConfig({ path: kubeconfig });
  const apiServiceName = "v1alpha1.wardle.example.com";
  const lifetimes = { authorityLifetimeMs: 3 * dayMs, certificateLifetimeMs: 3 * dayMs, everyMs: 50, settleMs: 500 };
  const { certificatePem, keyPem } = sandbox.clientCertificate("admin");

  const start = async (clock: Clock): Promise<RunningServer> => {
    const options = { cluster, service: wardle, port: 0, host: "127.0.0.1", renewal: { ...lifetimes, clock } };
    const server = await serve(wardleGroup(systemClock), {
      ...options,
      log: { info: say("info"), warn: say("warn"), error: say("error") },
    });
    stack.defer(() => server.close(0));
    await using direct = apiClient({ url: `https://127.0.0.1:${server.port}` }, { certificatePem, keyPem });
    const isReady = async (): Promise<true | undefined> =>
      (await direct.request("GET", "/readyz")).status === 200 || undefined;
    await eventually("flunders are ready", isReady, 10_000);
    return server;
  };

  const clock = new LateClock();
  const port = await freePort();
  sandbox.registerExtension({
    service: wardle,
    port,
    group: "wardle.example.com",
    versions: ["v1alpha1"],
    caBundle: "",
  });
  let running = await start(clock);
  addEndpoint(sandbox, wardle, wardle.name, running.port);
  await available(admin, apiServiceName);
  return {
    log,
    port: () => running.port,
    async renewAuthority() {
      const before = await shownBy(running.port);
      clock.behindMs = 0;
      const isNew = async (): Promise<true | undefined> => (await shownBy(running.port)) !== before || undefined;
      await eventually("flunders show a certificate of a new authority", isNew, 10_000);
      // Another text of the same bundle: the aggregator opens its connections anew, and sees the new certificate.
      const path = `/apis/apiregistration.k8s.io/v1/apiservices/${apiServiceName}`;
      const { caBundle = "" } = (await admin.get<{ spec: { caBundle?: string } }>(path)).spec;
      const text = `${Buffer.from(caBundle, "base64").toString()}\n`;
      await admin.patch(path, { spec: { caBundle: Buffer.from(text).toString("base64") } });
    },
    async roll() {
      const before = running;
      running = await start(systemClock);
      addEndpoint(sandbox, wardle, `${wardle.name}-next`, running.port);
      const closed = before.close(1_000);
      await new Promise((resolve) => setTimeout(resolve, 200));
      await admin.delete(`/apis/discovery.k8s.io/v1/namespaces/${wardle.namespace}/endpointslices/${wardle.name}`);
      await closed;
    },
  };
}

async function available(admin: ApiClient, name: string): Promise<void> {
  const path = `/apis/apiregistration.k8s.io/v1/apiservices/${name}`;
  const isAvailable = async (): Promise<true | undefined> => {
    const { status } = await admin.get<{ status?: { conditions: { status: string }[] } }>(path);
    return status?.conditions[0]?.status === "True" || undefined;
  };
  await eventually(`${name} is available`, isAvailable, 15_000);
}

/** Asks the server itself, as the aggregator will. */
async function untilBelieved(port: number, { certificate }: FrontProxyRotation, { stack }: Scene): Promise<void> {
  const credentials: Credentials = certificate;
  const proxy = stack.use(apiClient({ url: `https://127.0.0.1:${port}` }, credentials));
  const headers = { "x-remote-user": "somebody", "x-remote-group": "system:masters" };
  const isBelieved = async (): Promise<true | undefined> =>
    (await proxy.request("GET", "/apis", undefined, headers)).status === 200 || undefined;
  await eventually("the new front proxy is believed", isBelieved, 10_000);
}

function addEndpoint(sandbox: Sandbox, service: { namespace: string; name: string }, name: string, port: number): void {
  sandbox.create({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { namespace: service.namespace, name, labels: { "kubernetes.io/service-name": service.name } },
    addressType: "IPv4",
    endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }],
    ports: [{ name: "https", port, protocol: "TCP" }],
  });
}

/** Fingerprint of the certificate that a new connection is shown. */
async function shownBy(port: number): Promise<string | undefined> {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  socket.once("secureConnect", () => resolve(socket.getPeerX509Certificate()?.fingerprint256)).once("error", reject);
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

function fingerprint({ certificatePem }: KeyPair): string {
  return new X509Certificate(certificatePem).fingerprint256;
}
