import { afterEach, expect, test } from "vitest";
import { parseLabelSelector } from "@kubemetrics/apimachinery";
import {
  ClusterConnection,
  ClusterObjects,
  authenticationConfigMap,
  ConfigMapCache,
  PodCache,
  type ConfigMapState,
} from "@kubemetrics/kube";
import { list, pod, ScriptedApiServer, status, type Handler, type WatchStream } from "./scripted-api-server.ts";
import { TestClock, until } from "./test-clock.ts";

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

async function connected(
  handler: Handler,
): Promise<{ server: ScriptedApiServer; connection: ClusterConnection; clock: TestClock }> {
  const server = await ScriptedApiServer.start(handler);
  const clock = new TestClock();
  const connection = new ClusterConnection(server.config(), { clock });
  open.push(
    () => server.kill(),
    () => connection.close(),
  );
  return { server, connection, clock };
}

function node(name: string, labels: Record<string, string> = {}, extra: object = {}): object {
  return {
    metadata: { name, labels, resourceVersion: "1", annotations: { other: "x" }, managedFields: [{}] },
    status: {
      addresses: [
        { type: "InternalIP", address: "10.0.0.1" },
        { type: "Hostname", address: name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10_250 } },
      conditions: [{ type: "Ready", status: "True" }],
      images: [{ names: ["big"] }],
      ...extra,
    },
  };
}

async function podCache(
  pods: readonly object[],
): Promise<{ cache: PodCache; watch: WatchStream; gone: string[]; server: ScriptedApiServer }> {
  const watches: WatchStream[] = [];
  const { connection, clock, server } = await connected((exchange) => {
    if (exchange.query.has("watch")) watches.push(exchange.watch());
    else exchange.json(200, list("1", pods));
  });
  const gone: string[] = [];
  const cache = new PodCache(connection, { clock, onGone: (namespace, name) => gone.push(`${namespace}/${name}`) });
  open.push(() => cache.close());
  cache.start();
  await until(() => cache.status.watches === 1);
  return { cache, watch: watches[0]!, gone, server };
}

test("only running pods are asked for, as metadata", async () => {
  const { server } = await podCache([]);
  const [listed, watched] = server.exchanges;
  expect(listed?.query.get("fieldSelector")).toBe("status.phase=Running");
  expect(listed?.headers["accept"]).toContain("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");
  expect(watched?.query.get("fieldSelector")).toBe("status.phase=Running");
  expect(watched?.headers["accept"]).toContain("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
});

test("pods are sorted by namespace, then name, in byte order", async () => {
  const { cache } = await podCache([pod("b", "z"), pod("a-b", "x"), pod("a", "p10"), pod("a", "p2"), pod("a", "p-1")]);
  expect(cache.pods().map((one) => `${one.namespace}/${one.name}`)).toStrictEqual([
    "a/p-1",
    "a/p10",
    "a/p2",
    "a-b/x",
    "b/z",
  ]);
  expect(cache.pods("a").map((one) => one.name)).toStrictEqual(["p-1", "p10", "p2"]);
  expect(cache.pods("nowhere")).toStrictEqual([]);
});

test("the same list comes back until something in it changes", async () => {
  const { cache, watch } = await podCache([pod("a", "p"), pod("b", "q")]);
  const [all, ofA, ofB] = [cache.pods(), cache.pods("a"), cache.pods("b")];
  watch.send("MODIFIED", pod("a", "p", {}, "2"));
  await until(() => cache.status.events === 1);
  expect(cache.pods(), "an event that changes no label changes nothing").toBe(all);
  watch.send("ADDED", pod("b", "r", {}, "3"));
  await until(() => cache.status.events === 2);
  expect(cache.pods("a")).toBe(ofA);
  expect(cache.pods("b")).not.toBe(ofB);
  expect(cache.pods()).toHaveLength(3);
  expect(all, "who holds the old list keeps it").toHaveLength(2);
});

test("the version of a pod changes with its labels and is never used again", async () => {
  const { cache, watch } = await podCache([pod("a", "p", { app: "x" })]);
  const first = cache.pod("a", "p");
  watch.send("MODIFIED", pod("a", "p", { app: "y" }, "2"));
  await until(() => cache.status.events === 1);
  const second = cache.pod("a", "p");
  watch.send("DELETED", pod("a", "p", { app: "y" }, "3"));
  watch.send("ADDED", pod("a", "p", { app: "x" }, "4"));
  await until(() => cache.status.events === 3);
  const third = cache.pod("a", "p");
  expect([...(second?.labels ?? [])]).toStrictEqual([["app", "y"]]);
  expect(new Set([first?.version, second?.version, third?.version]).size).toBe(3);
});

test("pods with equal labels share one set, whose keys are in byte order", async () => {
  const { cache } = await podCache([
    pod("a", "p", { b: "1", a: "2" }),
    pod("a", "q", { a: "2", b: "1" }),
    pod("a", "r", { a: "2" }),
  ]);
  const [p, q, r] = cache.pods("a");
  expect(p?.labels).toBe(q?.labels);
  expect(p?.labels).not.toBe(r?.labels);
  expect([...(p?.labels.keys() ?? [])]).toStrictEqual(["a", "b"]);
});

test("a pod that goes is told, by the watch and by a new list", async () => {
  const { cache, watch, gone } = await podCache([pod("a", "p"), pod("a", "q")]);
  watch.send("DELETED", pod("a", "q", {}, "2"));
  await until(() => gone.length === 1);
  expect(gone).toStrictEqual(["a/q"]);
  expect(cache.pod("a", "q")).toBeUndefined();
  expect(cache.status.objects).toBe(1);
});

test("a new list after a gap tells what went meanwhile", async () => {
  let pods = [pod("a", "p"), pod("b", "q")];
  const watches: WatchStream[] = [];
  const { connection, clock } = await connected((exchange) => {
    if (exchange.query.has("watch")) watches.push(exchange.watch());
    else exchange.json(200, list("1", pods));
  });
  const gone: string[] = [];
  const cache = new PodCache(connection, { clock, onGone: (namespace, name) => gone.push(`${namespace}/${name}`) });
  open.push(() => cache.close());
  cache.start();
  await until(() => cache.status.watches === 1);
  pods = [pod("a", "p")];
  watches[0]!.send("ERROR", status(410, "Expired", "too old"));
  await until(() => cache.status.lists === 2);
  expect(gone).toStrictEqual(["b/q"]);
  expect(cache.pods().map((one) => one.name)).toStrictEqual(["p"]);
});

test("nodes are reduced to what a scrape needs, and the selector decides which are listed", async () => {
  const path = { "metrics.k8s.io/resource-metrics-path": "/kwok" };
  const special = { metadata: { name: "n2", labels: { zone: "b" }, annotations: { ...path, x: "y" } } };
  const { connection, clock } = await connected((exchange) => {
    if (exchange.query.has("watch")) exchange.watch();
    else
      exchange.json(
        200,
        list(
          "1",
          exchange.path.endsWith("/nodes")
            ? [special, node("n1", { zone: "a", skip: "true" }), node("n0", { zone: "a" })]
            : [],
        ),
      );
  });
  const objects = new ClusterObjects(connection, { clock, nodeSelector: parseLabelSelector("skip!=true") });
  open.push(() => objects.close());
  objects.start();
  await until(() => objects.status.nodes.synced && objects.status.pods.synced);
  expect(objects.nodes().map((one) => one.name)).toStrictEqual(["n0", "n2"]);
  expect(objects.node("n1"), "but every node is known").toMatchObject({ name: "n1" });
  expect([...objects.targets()]).toStrictEqual([
    {
      name: "n0",
      addresses: [
        { type: "InternalIP", address: "10.0.0.1" },
        { type: "Hostname", address: "n0" },
      ],
      kubeletPort: 10_250,
      annotations: new Map(),
      ready: true,
    },
    { name: "n2", addresses: [], kubeletPort: 0, annotations: new Map(Object.entries(path)), ready: false },
  ]);
});

test("a node's status changes its target and not its version; its labels change both", async () => {
  const watches: WatchStream[] = [];
  const gone: string[] = [];
  let told = 0;
  const { connection, clock } = await connected((exchange) => {
    if (exchange.query.has("watch")) watches.push(exchange.watch());
    else exchange.json(200, list("1", exchange.path.endsWith("/nodes") ? [node("n", { a: "1" })] : []));
  });
  const objects = new ClusterObjects(connection, {
    clock,
    onNodeGone: (name) => gone.push(name),
    onTargetsChanged: () => void told++,
  });
  open.push(() => objects.close());
  objects.start();
  await until(() => watches.length === 2);
  const send = async (type: string, object: object): Promise<void> => {
    const before = objects.status.nodes.events + objects.status.pods.events;
    watches.forEach((watch) => watch.send(type, object));
    await until(() => objects.status.nodes.events + objects.status.pods.events >= before + 2);
  };
  const [before, listed] = [objects.node("n"), objects.nodes()];
  await send(
    "MODIFIED",
    node("n", { a: "1" }, { conditions: [{ type: "Ready", status: "True", lastHeartbeatTime: "later" }] }),
  );
  expect(told, "a heartbeat changes nothing").toBe(1);
  await send("MODIFIED", node("n", { a: "1" }, { daemonEndpoints: { kubeletEndpoint: { Port: 1 } } }));
  expect(objects.node("n")).toBe(before);
  expect(objects.nodes()).toBe(listed);
  expect([...objects.targets()][0]?.kubeletPort).toBe(1);
  const version = before?.version;
  await send("MODIFIED", node("n", { a: "2" }));
  expect(objects.node("n")?.version).not.toBe(version);
  await send("DELETED", node("n"));
  expect(gone).toStrictEqual(["n"]);
  expect(told).toBe(4);
  expect(objects.nodes()).toStrictEqual([]);
});

async function configMap(
  handler: Handler,
): Promise<{ states: ConfigMapState[]; cache: ConfigMapCache; clock: TestClock; server: ScriptedApiServer }> {
  const { connection, clock, server } = await connected(handler);
  const cache = new ConfigMapCache(connection, authenticationConfigMap, { clock, random: () => 0.5 });
  const states: ConfigMapState[] = [];
  cache.subscribe((state) => states.push(state));
  open.push(() => cache.close());
  cache.start();
  return { states, cache, clock, server };
}

function trust(data: Record<string, string> | undefined, resourceVersion = "1"): object {
  return { metadata: { namespace: "kube-system", name: "extension-apiserver-authentication", resourceVersion }, data };
}

test("a ConfigMap is asked for by name, and each change of its data is told once", async () => {
  const watches: WatchStream[] = [];
  const { states, cache, server } = await configMap((exchange) => {
    if (exchange.query.has("watch")) watches.push(exchange.watch());
    else exchange.json(200, list("1", [trust({ a: "1" })]));
  });
  await until(() => cache.status.watches === 1);
  expect(server.exchanges[0]?.path).toBe("/api/v1/namespaces/kube-system/configmaps");
  expect(server.exchanges.map((exchange) => exchange.query.get("fieldSelector"))).toStrictEqual(
    Array(2).fill("metadata.name=extension-apiserver-authentication"),
  );
  watches[0]!.send("MODIFIED", trust({ a: "1" }, "2"));
  watches[0]!.send("MODIFIED", trust({ a: "2" }, "3"));
  watches[0]!.send("DELETED", trust({ a: "2" }, "4"));
  watches[0]!.send("ADDED", trust(undefined, "5"));
  await until(() => cache.status.events === 4);
  expect(states).toStrictEqual([
    { kind: "present", data: { a: "1" } },
    { kind: "present", data: { a: "2" } },
    { kind: "absent" },
    { kind: "present", data: {} },
  ]);
  const late: ConfigMapState[] = [];
  cache.subscribe((state) => late.push(state))();
  expect(late).toStrictEqual([{ kind: "present", data: {} }]);
});

test("an absent ConfigMap is told as absent", async () => {
  const { states } = await configMap((exchange) =>
    exchange.query.has("watch") ? void exchange.watch() : exchange.json(200, list("1", [])),
  );
  await until(() => states.length > 0);
  expect(states).toStrictEqual([{ kind: "absent" }]);
});

test("a forbidden ConfigMap names the missing RoleBinding once, and its data comes when it is granted", async () => {
  let granted = false;
  const { states, cache, clock } = await configMap((exchange) => {
    if (!granted) exchange.json(403, status(403, "Forbidden", "configmaps is forbidden"));
    else if (exchange.query.has("watch")) exchange.watch();
    else exchange.json(200, list("1", [trust({ a: "1" })]));
  });
  await until(() => cache.status.failures === 1);
  clock.advance(1_000);
  await until(() => cache.status.failures === 2);
  expect(states).toHaveLength(1);
  expect(states[0]).toMatchObject({
    kind: "forbidden",
    message: expect.stringContaining("extension-apiserver-authentication-reader") as string,
  });
  granted = true;
  clock.advance(2_000);
  await until(() => cache.status.watches === 1);
  expect(states.at(-1)).toStrictEqual({ kind: "present", data: { a: "1" } });
});

test("after a failure the data is told again, even if it is the same", async () => {
  const watches: WatchStream[] = [];
  let isDown = false;
  const { states, cache, clock } = await configMap((exchange) => {
    if (isDown) exchange.json(503, "down");
    else if (exchange.query.has("watch")) watches.push(exchange.watch());
    else exchange.json(200, list("1", [trust({ a: "1" })]));
  });
  await until(() => cache.status.watches === 1);
  isDown = true;
  watches[0]!.cut();
  await until(() => cache.status.failures === 1);
  clock.advance(1_000);
  await until(() => cache.status.failures === 2);
  isDown = false;
  clock.advance(30_000);
  await until(() => cache.status.watches === 2);
  expect(states.map((state) => state.kind)).toStrictEqual(["present", "failed", "present"]);
});
