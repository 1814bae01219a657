import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "@kubemetrics/apiservice";
import { readFamilies } from "@kubemetrics/exposition";
import type { KubeObject } from "@kubemetrics/sandbox";
import { issueAuthority, issueClient } from "@kubemetrics/x509";
import { defaultOptions, FlagsInvalid, startMetricsServer } from "@kubemetrics/metrics-server";
import {
  allowRegistration,
  askAs,
  Opened,
  optionsFor,
  recordingLog,
  request,
  running,
  until,
  type Answer,
  type Running,
} from "./running.ts";

interface UsageList {
  readonly kind: string;
  readonly apiVersion: string;
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly namespace?: string };
    readonly timestamp: string;
    readonly containers?: readonly object[];
  }[];
}

function listOf(answer: Answer): UsageList {
  expect(answer.status).toBe(200);
  return JSON.parse(answer.body) as UsageList;
}

function names(answer: Answer): string[] {
  return listOf(answer).items.map((item) => item.metadata.name);
}

describe("a healthy cluster", () => {
  const opened = new Opened();
  let cluster: Running;
  beforeAll(async () => {
    cluster = await running(opened);
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  test("usage of every node and pod is served in both versions through the aggregator", async () => {
    const { ask, lines } = cluster;
    for (const version of ["v1", "v1beta1"]) {
      await until(async () => names(await ask(`/apis/metrics.k8s.io/${version}/nodes`)).length === 2);
      const nodes = listOf(await ask(`/apis/metrics.k8s.io/${version}/nodes`));
      expect(nodes).toMatchObject({ kind: "NodeMetricsList", apiVersion: `metrics.k8s.io/${version}` });
      expect(nodes.items.map((item) => item.metadata.name)).toStrictEqual(["node-001", "node-002"]);
      await until(async () => names(await ask(`/apis/metrics.k8s.io/${version}/pods`)).length === 6);
      const pods = listOf(await ask(`/apis/metrics.k8s.io/${version}/pods`));
      expect(pods.items.every((item) => (item.containers?.length ?? 0) > 0)).toBe(true);
    }
    expect(lines.filter((line) => line.level !== "info")).toStrictEqual([]);
  });

  test("who has no right to see usage gets the refusal of kube-apiserver, and nobody direct access", async () => {
    const { ask, direct } = cluster;
    expect((await ask("/apis/metrics.k8s.io/v1/nodes", "viewer")).status).toBe(200);
    expect((await ask("/apis/metrics.k8s.io/v1/nodes", "nobody")).status).toBe(403);
    const refused = await direct("/apis/metrics.k8s.io/v1/nodes");
    expect(refused.status).toBe(403);
    expect(refused.body).toContain('User \\"system:anonymous\\" cannot list resource \\"nodes\\"');
  });

  test("health answers name every check", async () => {
    const { direct } = cluster;
    expect((await direct("/readyz?verbose")).body).toBe(
      [
        "[+]ping ok",
        "[+]log ok",
        "[+]metric-storage-ready ok",
        "[+]metric-informer-sync ok",
        "[+]metadata-informer-sync ok",
        "[+]authentication-configuration ok",
        "[+]shutdown ok",
        "readyz check passed\n",
      ].join("\n"),
    );
    expect((await direct("/livez?verbose")).body).toBe(
      "[+]ping ok\n[+]log ok\n[+]metric-collection-timely ok\nlivez check passed\n",
    );
  });

  test("a port that is taken stops the start and leaves nothing running", async () => {
    await using own = new Opened();
    const options = await optionsFor(cluster.sandbox, await own.folder(), {
      serving: { securePort: cluster.server.port },
    });
    const { log, lines } = recordingLog();
    await expect(startMetricsServer(options, { log })).rejects.toThrow(
      `--secure-port=${cluster.server.port}: another program listens on 127.0.0.1:${cluster.server.port} already (EADDRINUSE); give another port (0: any free one), or stop that program`,
    );
    const before = lines.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(lines.length).toBe(before);
  });
});

describe.concurrent("trouble and change", () => {
  test("a kubelet that fails keeps its last value for a while, is named once with its reason, and leaves the others fresh", async () => {
    await using opened = new Opened();
    const { sandbox, ask, lines } = await running(opened, {}, { metricResolutionMs: 1_000 });
    const timestamp = async (node: string): Promise<string | undefined> =>
      listOf(await ask("/apis/metrics.k8s.io/v1/nodes")).items.find((item) => item.metadata.name === node)?.timestamp;
    // Ready is when one node is served; the other one may be a point behind.
    await until(async () => names(await ask("/apis/metrics.k8s.io/v1/nodes")).length === 2);
    await sandbox.nodes[0]!.fault({ kind: "refuse" });
    await until(() => lines.some((line) => line.fields["node"] === "node-001"));
    const frozen = await timestamp("node-001");
    const page = await ask("/apis/metrics.k8s.io/v1/nodes/node-001");
    expect(frozen).toBeDefined();
    expect(page.status).toBe(200);
    await until(async () => (await timestamp("node-001")) === undefined);
    expect(await timestamp("node-002")).toBeDefined();
    const aged = Date.parse((await timestamp("node-002")) ?? "") - Date.parse(frozen ?? "");
    expect(aged).toBeGreaterThanOrEqual(0);
    expect((await ask("/apis/metrics.k8s.io/v1/nodes/node-001")).body).toContain(
      'nodemetrics.metrics.k8s.io \\"node-001\\" not found',
    );
    const warnings = lines.filter((line) => line.level === "warn");
    expect(warnings.map((line) => line.fields)).toStrictEqual([{ node: "node-001", reason: "REFUSED" }]);
    await sandbox.nodes[0]!.fault(undefined);
    await until(async () => (await timestamp("node-001")) !== undefined);
    expect(lines.at(-1)).toMatchObject({ level: "info", fields: { node: "node-001" } });
  });

  test("a wall clock that is set ahead by an hour costs neither life nor readiness nor data", async () => {
    await using opened = new Opened();
    const sandbox = await opened.sandbox({ nodes: 1 });
    let stepMs = 0;
    const options = await optionsFor(sandbox, await opened.folder());
    const server = await startMetricsServer(options, {
      log: recordingLog().log,
      clock: { ...systemClock, now: () => Date.now() + stepMs },
    });
    opened.add(() => server.close());
    await server.ready;
    stepMs = 3_600_000;
    const health = ["/livez", "/readyz"].map((path) =>
      request(`https://127.0.0.1:${server.port}${path}`, { rejectUnauthorized: false }),
    );
    expect((await Promise.all(health)).map(({ status }) => status)).toStrictEqual([200, 200]);
  });

  test("a page with garbage in it is said and counted", async () => {
    await using opened = new Opened();
    const { sandbox, lines } = await running(opened);
    await sandbox.nodes[1]!.fault({ kind: "garbage" });
    await until(() => lines.some((line) => line.level === "warn"));
    expect(lines.find((line) => line.level === "warn")?.fields).toMatchObject({ node: "node-002" });
  });

  test("nodes and pods that come and go are followed", async () => {
    await using opened = new Opened();
    const { sandbox, ask } = await running(opened);
    await sandbox.addNode("node-new");
    sandbox.addPod("node-new", { namespace: "default", name: "fresh" });
    await until(async () => names(await ask("/apis/metrics.k8s.io/v1/nodes")).includes("node-new"));
    await until(async () => names(await ask("/apis/metrics.k8s.io/v1/namespaces/default/pods")).includes("fresh"));
    sandbox.removePod("default", "fresh");
    await until(async () => (await ask("/apis/metrics.k8s.io/v1/namespaces/default/pods/fresh")).status === 404);
    await sandbox.removeNode("node-new");
    await until(async () => !names(await ask("/apis/metrics.k8s.io/v1/nodes")).includes("node-new"));
    expect((await ask("/apis/metrics.k8s.io/v1/nodes/node-new")).status).toBe(404);
  });

  test("only nodes that the selector matches are scraped, and none at all is a choice", async () => {
    await using opened = new Opened();
    const { ask } = await running(opened, {}, { nodeSelector: "kubernetes.io/hostname=node-002" });
    expect(names(await ask("/apis/metrics.k8s.io/v1/nodes"))).toStrictEqual(["node-002"]);
    expect((await ask("/apis/metrics.k8s.io/v1/nodes/node-001")).status).toBe(404);
    await using others = new Opened();
    const none = await running(others, {}, { nodeSelector: "no=such" });
    expect(names(await none.ask("/apis/metrics.k8s.io/v1/nodes"))).toStrictEqual([]);
  });

  test("usage of a node that the selector matches no more is forgotten with its next look, not kept as of a failing one", async () => {
    await using opened = new Opened();
    // Kept for three periods, which are longer than this test waits.
    const { sandbox, ask } = await running(opened, {}, { nodeSelector: "skip!=true", metricResolutionMs: 3_000 });
    const [name = ""] = names(await ask("/apis/metrics.k8s.io/v1/nodes"));
    const node = JSON.parse((await ask(`/api/v1/nodes/${name}`)).body) as KubeObject;
    sandbox.create({ ...node, metadata: { ...node.metadata, labels: { ...node.metadata.labels, skip: "true" } } });
    await until(async () => (await ask(`/apis/metrics.k8s.io/v1/nodes/${name}`)).status === 404, 4_000);
    expect(names(await ask("/apis/metrics.k8s.io/v1/nodes"))).not.toContain(name);
  });

  test("the metrics are upstream's six and ours, in a form that parses", async () => {
    await using opened = new Opened();
    const { sandbox, ask } = await running(opened);
    await ask("/apis/metrics.k8s.io/v1/nodes");
    await sandbox.nodes[0]!.fault({ kind: "error" });
    const authority = issueAuthority({ commonName: "operators" });
    const folder = await opened.folder();
    await writeFile(join(folder, "ca.crt"), authority.certificatePem);
    const options = await optionsFor(sandbox, folder, { authentication: { clientCaFile: join(folder, "ca.crt") } });
    const { log } = recordingLog();
    const server = await opened.server(options, log);
    const master = issueClient(authority, { commonName: "op", organizations: ["system:masters"] });
    const metrics = (): Promise<Answer> =>
      request(`https://127.0.0.1:${server.port}/metrics`, {
        rejectUnauthorized: false,
        cert: master.certificatePem,
        key: master.keyPem,
      });
    await until(async () => (await metrics()).body.includes('kubemetrics_kubelet_failing_nodes{reason="STATUS"} 1'));
    await until(async () => (await metrics()).body.includes('metrics_server_storage_points{type="node"} 1'));
    const families = [...readFamilies(Buffer.from((await metrics()).body))];
    expect(
      families
        .map((family) => family.name)
        .filter((name) => name.startsWith("metrics_server_"))
        .toSorted(),
    ).toStrictEqual([
      "metrics_server_api_metric_freshness_seconds",
      "metrics_server_kubelet_last_request_time_seconds",
      "metrics_server_kubelet_request_duration_seconds",
      "metrics_server_kubelet_request_total",
      "metrics_server_manager_tick_duration_seconds",
      "metrics_server_storage_points",
    ]);
    const own = families.map((family) => family.name).filter((name) => !name.startsWith("metrics_server_"));
    expect(own).toContain("process_resident_memory_bytes");
    expect(own).toContain("apiserver_request_total");
    expect(own).toContain("kubemetrics_stale_nodes");
  });

  test("while kube-apiserver cannot be reached the process lives, discovery is up, and data says why it is missing", async () => {
    await using opened = new Opened();
    const sandbox = await opened.sandbox();
    const folder = await opened.folder();
    const authority = issueAuthority({ commonName: "operators" });
    await writeFile(join(folder, "ca.crt"), authority.certificatePem);
    const options = await optionsFor(sandbox, folder, { authentication: { clientCaFile: join(folder, "ca.crt") } });
    await sandbox.close();
    const { log, lines } = recordingLog();
    const server = await opened.server(options, log);
    const master = issueClient(authority, { commonName: "op", organizations: ["system:masters"] });
    const ask = (path: string): Promise<Answer> =>
      request(`https://127.0.0.1:${server.port}${path}`, {
        rejectUnauthorized: false,
        cert: master.certificatePem,
        key: master.keyPem,
      });
    expect((await ask("/livez")).status).toBe(200);
    expect((await ask("/apis/metrics.k8s.io/v1")).status).toBe(200);
    await until(() => lines.filter((line) => line.fields["reason"] === "REFUSED").length >= 2);
    const data = await ask("/apis/metrics.k8s.io/v1/nodes");
    expect(data.status).toBe(503);
    expect(data.body).toContain("the list of nodes has not come yet: no answer from kube-apiserver at");
    const readiness = await ask("/readyz");
    expect(readiness.status).toBe(500);
    expect(readiness.body).toContain("[-]metric-informer-sync failed: reason withheld");
    expect(readiness.body).toContain("[-]authentication-configuration failed: reason withheld");
    expect((await ask("/readyz/metadata-informer-sync")).body).toContain("the list of pods has not come yet");
  });

  test("missing rights are named one by one, with what grants them", async () => {
    await using opened = new Opened();
    const sandbox = await opened.sandbox();
    const kubeconfigText = sandbox.serviceAccount("kube-system", "powerless").kubeconfig;
    const options = await optionsFor(sandbox, await opened.folder(), { kubeconfigText });
    const { log, lines } = recordingLog();
    const server = await opened.server(options, log);
    await until(() => lines.filter((line) => line.level === "warn").length >= 3);
    const said = lines.map((line) => line.message).join("\n");
    expect(said).toContain('a ClusterRole with the rule {apiGroups: [""], resources: ["nodes"], verbs: ["list"]}');
    expect(said).toContain('a ClusterRole with the rule {apiGroups: [""], resources: ["pods"], verbs: ["list"]}');
    expect(said).toContain("--role=extension-apiserver-authentication-reader --serviceaccount=kube-system:powerless");
    expect((await request(`https://127.0.0.1:${server.port}/livez`, { rejectUnauthorized: false })).status).toBe(200);
    expect((await request(`https://127.0.0.1:${server.port}/readyz`, { rejectUnauthorized: false })).status).toBe(500);
  });

  test("requests are recorded as the audit policy says, and a policy that cannot be used stops the start", async () => {
    await using opened = new Opened();
    const sandbox = await opened.sandbox({ nodes: 0 });
    const folder = await opened.folder();
    const [policyFile, logPath] = [join(folder, "policy.json"), join(folder, "audit.log")];
    const policy = {
      apiVersion: "audit.k8s.io/v1",
      kind: "Policy",
      omitStages: ["RequestReceived"],
      rules: [{ level: "Metadata" }],
    };
    await writeFile(policyFile, JSON.stringify(policy));
    const base = await optionsFor(sandbox, folder);
    const options = { ...base, audit: { ...base.audit, policyFile, logPath } };
    const server = await opened.server(options, recordingLog().log);
    await request(`https://127.0.0.1:${server.port}/apis/metrics.k8s.io/v1/nodes`, { rejectUnauthorized: false });
    await server.close();
    const events = (await readFile(logPath, "utf8")).trim().split("\n");
    expect(events.map((line) => JSON.parse(line) as object)).toMatchObject([
      {
        kind: "Event",
        level: "Metadata",
        verb: "list",
        user: { username: "system:anonymous" },
        responseStatus: { code: 403 },
      },
    ]);
    await writeFile(policyFile, "kind: [Policy");
    await expect(startMetricsServer(options, recordingLog())).rejects.toThrow(/policy.json is neither YAML nor JSON/);
    await writeFile(policyFile, "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: None\n");
    await (await opened.server(options, recordingLog().log)).close();
  });

  test("it registers itself: its authority goes into the caBundle of its APIServices, and the aggregator verifies it", async () => {
    await using opened = new Opened();
    const sandbox = await opened.sandbox();
    const registeredService = { namespace: "kube-system", name: "metrics-server" };
    const options = await optionsFor(sandbox, await opened.folder(), {
      serving: { registeredService },
    });
    allowRegistration(sandbox);
    // Where it listens is known later; the APIServices must be there before.
    sandbox.registerExtension({
      service: registeredService,
      port: 1,
      group: "metrics.k8s.io",
      versions: ["v1", "v1beta1"],
      caBundle: "",
    });
    const { log, lines } = recordingLog();
    const server = await opened.server(options, log);
    await server.ready;
    sandbox.create({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { ...registeredService, labels: { "kubernetes.io/service-name": registeredService.name } },
      addressType: "IPv4",
      endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }],
      ports: [{ name: "https", port: server.port, protocol: "TCP" }],
    });
    for (const version of ["v1", "v1beta1"]) {
      const object = await askAs(
        sandbox,
        "admin",
        `/apis/apiregistration.k8s.io/v1/apiservices/${version}.metrics.k8s.io`,
      );
      const { spec } = JSON.parse(object.body) as { spec: { caBundle: string; insecureSkipTLSVerify?: boolean } };
      expect(Buffer.from(spec.caBundle, "base64").toString().trim()).toBe(server.certificatePem.trim());
      expect(spec.insecureSkipTLSVerify ?? false).toBe(false);
      await until(async () => (await askAs(sandbox, "admin", `/apis/metrics.k8s.io/${version}/nodes`)).status === 200);
    }
    expect(lines.filter((line) => line.level !== "info")).toStrictEqual([]);
  });

  test("without a kubeconfig and outside a cluster the start says what is missing", async () => {
    await using opened = new Opened();
    const options = await optionsFor(await opened.sandbox({ nodes: 0 }), await opened.folder());
    await expect(startMetricsServer({ ...options, kubeconfig: "" }, recordingLog())).rejects.toThrow(
      /KUBERNETES_SERVICE_HOST is not set.*--kubeconfig/,
    );
  });

  test("files that cannot be read stop the start, all of them named with their flags", async () => {
    await using opened = new Opened();
    const folder = await opened.folder();
    const gone = join(folder, "gone");
    const inFile = join(folder, "file");
    await writeFile(inFile, "");
    const { serving, authentication, authorization, kubelet, audit } = defaultOptions;
    const options = {
      ...defaultOptions,
      kubeconfig: `${gone}/kubeconfig`,
      serving: { ...serving, securePort: 0, tlsCertFile: folder, tlsPrivateKeyFile: `${inFile}/key` },
      authentication: {
        ...authentication,
        kubeconfig: gone,
        clientCaFile: inFile,
        requestHeaderClientCaFile: gone,
      },
      authorization: { ...authorization, kubeconfig: gone },
      kubelet: { ...kubelet, certificateAuthority: gone, clientCertificate: inFile, clientKey: gone },
      audit: { ...audit, policyFile: gone, logPath: "-" },
    };
    const failure: unknown = await startMetricsServer(options, recordingLog()).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(FlagsInvalid);
    expect((failure as FlagsInvalid).message.split("\n")).toStrictEqual([
      `--kubeconfig ${gone}/kubeconfig cannot be read: there is no such file (ENOENT)`,
      `--authentication-kubeconfig ${gone} cannot be read: there is no such file (ENOENT)`,
      `--authorization-kubeconfig ${gone} cannot be read: there is no such file (ENOENT)`,
      `--tls-cert-file ${folder} cannot be read: it is a folder (EISDIR)`,
      `--tls-private-key-file ${inFile}/key cannot be read: a part of the path is not a folder (ENOTDIR)`,
      `--requestheader-client-ca-file ${gone} cannot be read: there is no such file (ENOENT)`,
      `--kubelet-certificate-authority ${gone} cannot be read: there is no such file (ENOENT)`,
      `--kubelet-client-key ${gone} cannot be read: there is no such file (ENOENT)`,
      `--audit-policy-file ${gone} cannot be read: there is no such file (ENOENT)`,
    ]);
  });
});
