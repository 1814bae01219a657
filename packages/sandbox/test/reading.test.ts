import { CoreV1Api, KubeConfig, Watch } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "@kubemetrics/sandbox";
import { Agent, request } from "undici";
import { clientOf, take, type ApiBody, type Client, type WatchEvent } from "./http-client.ts";

let cluster: Sandbox;
let admin: Client;
beforeAll(async () => {
  cluster = await startSandbox({ nodes: 3, podsPerNode: 4 });
  admin = clientOf(cluster.kubeconfig("admin"));
});
afterAll(async () => {
  await admin[Symbol.asyncDispose]();
  await cluster.close();
});

interface Table {
  readonly kind: string;
  readonly columnDefinitions: readonly { readonly name: string }[];
  readonly rows: readonly { readonly cells: readonly string[]; readonly object: { readonly kind: string } }[];
}

const table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
const partialList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

describe("get and list", () => {
  it("serves the official client library", async () => {
    const config = new KubeConfig();
    config.loadFromString(cluster.kubeconfig("admin"));
    const nodes = await config.makeApiClient(CoreV1Api).listNode();
    expect(nodes.items.map((node) => node.metadata?.name)).toEqual(["node-001", "node-002", "node-003"]);
    expect(nodes.items[0]?.status?.daemonEndpoints?.kubeletEndpoint?.Port).toBe(cluster.nodes[0]!.port);
    expect(nodes.items[0]?.status?.addresses?.[0]).toEqual({ type: "InternalIP", address: cluster.nodes[0]!.address });
  });

  it("gives lists a kind and a version, and their items neither", async () => {
    const list = (await admin("/api/v1/namespaces/shop/pods")).json();
    expect(list).toMatchObject({ kind: "PodList", apiVersion: "v1" });
    expect(Number(list.metadata.resourceVersion)).toBeGreaterThan(0);
    expect(list.items.every((item) => !("kind" in item) && !("apiVersion" in item))).toBe(true);
  });

  it("pages a list with limit and continue, every object once", async () => {
    const all = (await admin("/api/v1/pods")).json().items.map((pod) => pod.metadata.uid);
    const paged: string[] = [];
    const versions = new Set<string>();
    for (let token: string | undefined = ""; token !== undefined;) {
      const page: ApiBody = (await admin(`/api/v1/pods?limit=5&continue=${token}`)).json();
      expect(page.items.length).toBeLessThanOrEqual(5);
      paged.push(...page.items.map((pod) => pod.metadata.uid));
      versions.add(page.metadata.resourceVersion);
      token = page.metadata.continue;
    }
    expect(paged).toEqual(all);
    expect(versions.size).toBe(1);
  });

  it.each([
    ["labelSelector=app%3Dweb", (pod: ApiBody) => pod.metadata.labels.app === "web"],
    ["labelSelector=app+in+(web,cart)", (pod: ApiBody) => ["web", "cart"].includes(pod.metadata.labels.app)],
    ["fieldSelector=spec.nodeName%3Dnode-002", (pod: ApiBody) => pod.spec.nodeName === "node-002"],
    [
      "fieldSelector=status.phase%3DRunning,spec.nodeName!%3Dnode-002",
      (pod: ApiBody) => pod.spec.nodeName !== "node-002",
    ],
    ["fieldSelector=metadata.namespace%3Dkube-system", (pod: ApiBody) => pod.metadata.namespace === "kube-system"],
  ])("selects by %s", async (query, matches: (pod: ApiBody) => boolean) => {
    const all = (await admin("/api/v1/pods")).json().items;
    const selected = (await admin(`/api/v1/pods?${query}`)).json().items;
    expect(selected).toEqual(all.filter(matches));
    expect(selected.length).toBeGreaterThan(0);
    expect(selected.length).toBeLessThan(all.length);
  });

  it.each([
    ["/api/v1/pods?fieldSelector=spec.foo%3D1", 400, "field label not supported: spec.foo"],
    [
      "/api/v1/configmaps?fieldSelector=a%3D1",
      400,
      '"a" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ],
    ["/api/v1/nodes/absent", 404, 'nodes "absent" not found'],
    ["/apis/apiregistration.k8s.io/v1/apiservices/v1.x", 404, 'apiservices.apiregistration.k8s.io "v1.x" not found'],
    ["/api/v1/absent", 404, "the server could not find the requested resource"],
    ["/api/v1/nodes?resourceVersion=999999999", 504, "Timeout: Too large resource version: 999999999"],
    ["/api/v1/nodes?limit=many", 400, "invalid syntax"],
    ["/api/v1/nodes?resourceVersion=-1", 400, 'parsing "-1": invalid syntax'],
    ["/api/v1/nodes?resourceVersion=99999999999999999999", 400, "value out of range"],
    ["/api/v1/nodes?watch=1&resourceVersion=abc", 500, 'resourceVersion: Invalid value: "abc"'],
    ["/api/v1/nodes?limit=1&continue=bnVsbA", 400, "invalid continue token: continue key is not valid"],
    ["/api/v1/nodes?limit=1&continue=W10", 400, "invalid continue token: continue key is not valid"],
  ])("answers %s with %i and upstream's sentence", async (path, status, message) => {
    const answer = await admin(path);
    expect(answer.status).toBe(status);
    expect(answer.json()).toMatchObject({ kind: "Status", apiVersion: "v1", status: "Failure", code: status });
    expect(answer.json().message).toContain(message);
  });

  it("has no handler for groups and versions that nobody registered, and says so in plain text", async () => {
    for (const path of ["/apis/absent.io/v1/things", "/apis/apiregistration.k8s.io/v9/things"]) {
      const answer = await admin(path);
      expect([answer.status, answer.text]).toEqual([404, "404 page not found\n"]);
    }
  });

  it("writes the cells kubectl prints", async () => {
    const pods = (await admin("/api/v1/namespaces/shop/pods", { headers: { accept: table } })).json<Table>();
    expect(pods.kind).toBe("Table");
    expect(pods.columnDefinitions.slice(0, 5).map((column) => column.name)).toEqual([
      "Name",
      "Ready",
      "Status",
      "Restarts",
      "Age",
    ]);
    expect(pods.rows[0]!.cells.slice(1, 4)).toEqual([expect.stringMatching(/^[12]\/[12]$/), "Running", "0"]);
    expect(pods.rows[0]!.object.kind).toBe("PartialObjectMetadata");
    const nodes = (await admin("/api/v1/nodes", { headers: { accept: table } })).json<Table>();
    expect(nodes.rows[0]!.cells.slice(0, 5)).toEqual(["node-001", "Ready", "<none>", "5d", "v1.37.2"]);
  });

  it("serves metadata alone to those who need no more", async () => {
    const list = (await admin("/api/v1/pods", { headers: { accept: partialList } })).json();
    expect(list.kind).toBe("PartialObjectMetadataList");
    expect(Object.keys(list.items[0]!)).toEqual(["kind", "apiVersion", "metadata"]);
  });

  it("answers JSON to those who prefer protobuf and accept anything, and 406 to those who accept nothing else", async () => {
    const protobuf = "application/vnd.kubernetes.protobuf";
    const mixed = await admin("/api/v1/nodes", { headers: { accept: `${protobuf}, */*` } });
    expect(mixed.headers["content-type"]).toBe("application/json");
    const strict = await admin("/api/v1/nodes", { headers: { accept: protobuf } });
    expect(strict.status).toBe(406);
    expect(strict.json().message).toBe("only the following media types are accepted: application/json");
  });
});

describe("watch", () => {
  it("serves the official client library", async () => {
    const config = new KubeConfig();
    config.loadFromString(cluster.kubeconfig("viewer"));
    const seen = Promise.withResolvers<string>();
    const query = { fieldSelector: "metadata.name=watched" };
    const abort = await new Watch(config).watch(
      "/api/v1/namespaces/default/pods",
      query,
      (type, pod: { metadata: { name: string } }) => seen.resolve(`${type} ${pod.metadata.name}`),
      () => undefined,
    );
    cluster.addPod("node-001", { name: "watched" });
    expect(await seen.promise).toBe("ADDED watched");
    abort.abort();
  });

  it("continues from the version of a list and misses nothing", async () => {
    const { resourceVersion } = (await admin("/api/v1/pods")).json().metadata;
    cluster.addPod("node-001", { name: "between", labels: { a: "1" } });
    const events = admin.watch(`/api/v1/pods?watch=true&resourceVersion=${resourceVersion}&labelSelector=a`);
    const [added] = await take(events, 1);
    const patch = { method: "PATCH", headers: { "content-type": "application/merge-patch+json" } };
    await admin("/api/v1/namespaces/default/pods/between", { ...patch, body: { metadata: { labels: { a: "2" } } } });
    // Leaving the selection is a deletion for this watch, coming back is an addition.
    await admin("/api/v1/namespaces/default/pods/between", { ...patch, body: { metadata: { labels: { a: null } } } });
    await admin("/api/v1/namespaces/default/pods/between", { ...patch, body: { metadata: { labels: { a: "3" } } } });
    cluster.removePod("default", "between");
    const rest = await take(events, 4);
    const summary = [added!, ...rest].map((event) => `${event.type} ${event.object.metadata.labels.a ?? "-"}`);
    expect(summary).toEqual(["ADDED 1", "MODIFIED 2", "DELETED -", "ADDED 3", "DELETED 3"]);
    const versions = [added!, ...rest].map((event) => Number(event.object.metadata.resourceVersion));
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    await events.return(undefined);
  });

  it("begins with everything there is, then says so in a bookmark", async () => {
    const query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    const events = admin.watch(`/api/v1/nodes?${query}`);
    const first = await take(events, 4);
    expect(first.map((event) => event.type)).toEqual(["ADDED", "ADDED", "ADDED", "BOOKMARK"]);
    expect(first[3]!.object).toMatchObject({
      kind: "Node",
      metadata: { annotations: { "k8s.io/initial-events-end": "true" } },
    });
    await events.return(undefined);
  });

  it("sends bookmarks with the newest version, again and again", async () => {
    await using busy = await startSandbox({ nodes: 1, podsPerNode: 1, bookmarkMs: 5 });
    await using client = clientOf(busy.kubeconfig("admin"));
    const events = client.watch("/api/v1/nodes?watch=1&allowWatchBookmarks=true&resourceVersion=0");
    const [, bookmark] = await take(events, 2);
    expect(bookmark).toMatchObject({ type: "BOOKMARK", object: { kind: "Node", apiVersion: "v1" } });
    const { resourceVersion } = (await client("/api/v1/pods")).json().metadata;
    expect(bookmark!.object.metadata.resourceVersion).toBe(resourceVersion);
    await events.return(undefined);
  });

  it("ends after timeoutSeconds", async () => {
    const events = admin.watch("/api/v1/nodes?watch=1&resourceVersion=0&timeoutSeconds=1");
    expect((await take(events, 10)).length).toBe(3);
  });

  it("does not end at once when it may take longer than timers can wait", async () => {
    const { resourceVersion } = (await admin("/api/v1/pods")).json().metadata;
    const events = admin.watch(`/api/v1/pods?watch=1&resourceVersion=${resourceVersion}&timeoutSeconds=3000000`);
    const first = take(events, 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    cluster.addPod("node-001", { name: "much-later" });
    expect(await first).toMatchObject([{ type: "ADDED", object: { metadata: { name: "much-later" } } }]);
    await events.return(undefined);
  });

  it("ends in peace when its reader lags behind: what changes later has nowhere to go", async () => {
    await using busy = await startSandbox({ nodes: 1, podsPerNode: 0 });
    await using client = clientOf(busy.kubeconfig("admin"));
    // More than the buffers of a connection hold.
    for (let index = 0; index < 24; index++) busy.create(largeConfigMap(index));
    await using reader = await pausedReader(busy, `${largeMaps}?watch=1&timeoutSeconds=1`);
    // It began later, so it ends later.
    expect(await take(client.watch("/api/v1/nodes?watch=1&timeoutSeconds=1"), 10)).toHaveLength(1);
    busy.create(largeConfigMap(24));
    const names = (await reader.rest())
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as WatchEvent).object.metadata.name);
    expect(names).toEqual(Array.from({ length: 24 }, (_, index) => largeConfigMap(index).metadata.name));
  });

  it("is cut off when its reader lags behind too far, instead of filling the memory", async () => {
    await using busy = await startSandbox({ nodes: 1, podsPerNode: 0 });
    const version = busy.create(largeConfigMap(0)).metadata.resourceVersion;
    await using reader = await pausedReader(busy, `${largeMaps}?watch=1&resourceVersion=${version}`);
    for (let index = 1; index < 48; index++) busy.create(largeConfigMap(index));
    await expect(reader.rest()).rejects.toThrow("other side closed");
  });

  it("tells of a forgotten version inside the stream, and refuses a continue token from before", async () => {
    const page = (await admin("/api/v1/pods?limit=1")).json();
    cluster.addPod("node-001", { name: "later" });
    cluster.forgetHistory();
    const [error] = await take(admin.watch(`/api/v1/pods?watch=1&resourceVersion=${page.metadata.resourceVersion}`), 2);
    expect(error).toMatchObject({ type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } });
    expect(error!.object.message).toMatch(/^too old resource version: \d+ \(\d+\)$/);
    const next = await admin(`/api/v1/pods?limit=1&continue=${page.metadata.continue}`);
    expect(next.json()).toMatchObject({ code: 410, reason: "Expired" });
  });

  it("shows changes in the form that was asked for", async () => {
    const events = admin.watch("/api/v1/nodes?watch=1&resourceVersion=0", { accept: partialList.replace("List", "") });
    const [event] = await take(events, 1);
    expect(event).toMatchObject({
      type: "ADDED",
      object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1" },
    });
    await events.return(undefined);
  });
});

const largeMaps = "/api/v1/namespaces/default/configmaps";

function largeConfigMap(index: number) {
  const metadata = { name: `large-${String(index).padStart(2, "0")}`, namespace: "default" };
  return { apiVersion: "v1", kind: "ConfigMap", metadata, data: { text: "x".repeat(1024 * 1024) } };
}

/** A watch whose client reads nothing until it is asked for the rest. */
async function pausedReader(cluster: Sandbox, path: string) {
  const { certificatePem: cert, keyPem: key } = cluster.clientCertificate("admin");
  const dispatcher = new Agent({ connect: { ca: cluster.authorityPem, cert, key } });
  const { body } = await request(`${cluster.url}${path}`, { dispatcher });
  return { rest: () => body.text(), [Symbol.asyncDispose]: () => dispatcher.destroy() };
}
