import { afterEach, expect, test } from "vitest";
import {
  ClusterConnection,
  ListWatch,
  type ApiObject,
  type CollectionObserver,
  type CollectionSink,
  type ConnectionOptions,
} from "@kubemetrics/kube";
import {
  list,
  pod,
  ScriptedApiServer,
  status,
  type Exchange,
  type Handler,
  type WatchStream,
} from "./scripted-api-server.ts";
import { TestClock, until } from "./test-clock.ts";

class NamesSink implements CollectionSink {
  readonly generations = new Map<string, number>();

  put(object: ApiObject, generation: number): void {
    this.generations.set(object.metadata?.name ?? "", generation);
  }

  remove(object: ApiObject): void {
    this.generations.delete(object.metadata?.name ?? "");
  }

  sweep(generation: number): void {
    for (const [name, seen] of this.generations) if (seen < generation) this.generations.delete(name);
  }

  size(): number {
    return this.generations.size;
  }

  get names(): string {
    return [...this.generations.keys()].toSorted().join(" ");
  }
}

interface Following {
  readonly server: ScriptedApiServer;
  readonly clock: TestClock;
  readonly sink: NamesSink;
  readonly connection: ClusterConnection;
  readonly collection: ListWatch;
  readonly heard: string[];
}

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

async function follow(
  handler: Handler,
  options: ConnectionOptions & { random?: () => number } = {},
): Promise<Following> {
  const server = await ScriptedApiServer.start(handler, { http2: options.http2 ?? false });
  const clock = new TestClock();
  const connection = new ClusterConnection(server.config(), { clock, ...options });
  const sink = new NamesSink();
  const heard: string[] = [];
  const observer: CollectionObserver = {
    synced: (resource, objects) => heard.push(`${resource} synced with ${objects}`),
    failing: (resource, error) => heard.push(`${resource} failing: ${error.code}`),
    recovered: (resource) => heard.push(`${resource} recovered`),
  };
  const collection = new ListWatch(
    connection,
    { path: "/api/v1/pods", location: { group: "", resource: "pods" } },
    sink,
    {
      clock,
      random: options.random ?? ((): number => 0.5),
      observer,
    },
  );
  open.push(() => server.kill());
  open.push(() => connection.close());
  open.push(() => collection.close());
  collection.start();
  return { server, clock, sink, connection, collection, heard };
}

const isWatch = (exchange: Exchange): boolean => exchange.query.get("watch") === "1";

/** Lists what it is told, and hands every watch to the test. */
function api(lists: (exchange: Exchange) => object): { handler: Handler; watches: WatchStream[] } {
  const watches: WatchStream[] = [];
  return {
    watches,
    handler: (exchange) => {
      if (isWatch(exchange)) watches.push(exchange.watch());
      else exchange.json(200, lists(exchange));
    },
  };
}

for (const http2 of [false, true]) {
  test(`events of the watch change what the list gave, over HTTP/${http2 ? 2 : 1.1}`, async () => {
    const { handler, watches } = api(() => list("10", [pod("d", "a"), pod("d", "b")]));
    const { sink, collection, heard, server } = await follow(handler, { http2 });
    const watch = await server.next("watch=1");
    expect(Object.fromEntries(watch.query)).toStrictEqual({
      watch: "1",
      allowWatchBookmarks: "true",
      resourceVersion: "10",
      timeoutSeconds: "450",
    });
    watches[0]!.send("ADDED", pod("d", "c", {}, "11"));
    watches[0]!.send("DELETED", pod("d", "a", {}, "12"));
    await until(() => collection.status.events === 2);
    expect(sink.names).toBe("b c");
    expect(heard).toStrictEqual(["pods synced with 2"]);
    expect(collection.status).toMatchObject({
      synced: true,
      failure: undefined,
      objects: 2,
      lists: 1,
      watches: 1,
      failures: 0,
    });
  });
}

test("a long list is read in pages of 500", async () => {
  const names = Array.from({ length: 1_200 }, (_, index) => `p${index}`);
  const { handler } = api((exchange) => {
    const from = Number(exchange.query.get("continue") ?? 0);
    const to = from + Number(exchange.query.get("limit"));
    const items = names.slice(from, to).map((name) => pod("d", name));
    return list("7", items, to < names.length ? String(to) : undefined);
  });
  const { sink, server } = await follow(handler);
  await server.next("watch=1");
  expect(sink.size()).toBe(1_200);
  expect(server.exchanges.map((exchange) => exchange.query.toString())).toStrictEqual([
    "limit=500",
    "limit=500&continue=500",
    "limit=500&continue=1000",
  ]);
});

test("pages that expire are read again from the start, and what is gone by then goes", async () => {
  let expired = 0;
  const { server, sink, collection } = await follow((exchange) => {
    if (isWatch(exchange)) exchange.watch();
    else if (!exchange.query.has("continue")) {
      exchange.json(200, expired === 0 ? list("1", [pod("d", "old")], "x") : list("5", [pod("d", "new")], "y"));
    } else if (expired++ === 0)
      exchange.json(410, status(410, "Expired", "The provided continue parameter is too old"));
    else exchange.json(200, list("5", [pod("d", "last")]));
  });
  await server.next("watch=1");
  expect(sink.names).toBe("last new");
  expect(collection.status).toMatchObject({ lists: 1, failures: 0 });
});

test("pages that keep expiring end in one list of everything", async () => {
  const { server, sink } = await follow((exchange) => {
    if (isWatch(exchange)) exchange.watch();
    else if (exchange.query.has("continue")) exchange.json(410, status(410, "Expired", "too old"));
    else if (exchange.query.has("limit")) exchange.json(200, list("1", [pod("d", "a")], "x"));
    else exchange.json(200, list("9", [pod("d", "a"), pod("d", "b")]));
  });
  const watch = await server.next("watch=1");
  expect(watch.query.get("resourceVersion")).toBe("9");
  expect(sink.names).toBe("a b");
});

test("a server killed in the middle of a watch is watched again from the last version, without a list", async () => {
  const { handler, watches } = api(() => list("10", [pod("d", "a")]));
  const { server, clock, sink, collection, heard } = await follow(handler);
  await server.next("watch=1");
  watches[0]!.send("ADDED", pod("d", "b", {}, "17"));
  await until(() => sink.size() === 2);
  await server.kill();
  await until(() => collection.status.failures === 1);
  clock.advance(1_000);
  await until(() => collection.status.failures === 2);
  expect(collection.status.failure).toMatchObject({ name: "KubeUnreachable", code: "REFUSED" });
  expect(sink.names, "the last state stays").toBe("a b");
  await server.listen();
  const again = server.next("watch=1");
  clock.advance(30_000);
  expect((await again).query.get("resourceVersion")).toBe("17");
  await until(() => collection.status.failure === undefined);
  expect(collection.status.lists).toBe(1);
  expect(heard).toStrictEqual(["pods synced with 1", "pods failing: REFUSED", "pods recovered"]);
});

test("a 410 inside the watch leads to a new list at once, and what is gone from it goes", async () => {
  let round = 0;
  const { handler, watches } = api(() =>
    round++ === 0 ? list("10", [pod("d", "a"), pod("d", "b")]) : list("99", [pod("d", "b")]),
  );
  const { server, sink, collection, heard } = await follow(handler);
  await server.next("watch=1");
  watches[0]!.send("ERROR", status(410, "Expired", "too old resource version: 10 (99)"));
  expect((await server.next("resourceVersion=99")).query.get("watch")).toBe("1");
  expect(sink.names).toBe("b");
  expect(collection.status).toMatchObject({ lists: 2, failure: undefined });
  expect(heard).toStrictEqual(["pods synced with 2"]);
});

test("a watch refused with 410 leads to a new list at once", async () => {
  let version = 10;
  const { server, collection } = await follow((exchange) => {
    if (!isWatch(exchange)) exchange.json(200, list(String(version), []));
    else if (version++ === 10) exchange.json(410, status(410, "Expired", "too old resource version"));
    else exchange.watch();
  });
  await server.next("resourceVersion=11");
  expect(collection.status.lists).toBe(2);
});

test("a server whose every version is too old is asked less and less often", async () => {
  const { server, clock, collection, heard } = await follow((exchange) => {
    if (isWatch(exchange)) exchange.watch().send("ERROR", status(410, "Expired", "too old"));
    else exchange.json(200, list("1", []));
  });
  for (let round = 0; round < 4; round++) {
    await until(() => collection.status.failures >= 2 + round);
    clock.advance(29_000);
  }
  expect(heard).toContain("pods failing: EXPIRED");
  expect(clock.waits.filter((wait) => wait < 10_000)).toStrictEqual([250, 500, 1_000, 2_000]);
  expect(server.exchanges.length).toBeLessThan(20);
});

test("a forbidden list names the missing permission, is tried again, and works as soon as it is granted", async () => {
  let granted = false;
  const message =
    'pods is forbidden: User "system:serviceaccount:kube-system:m" cannot list resource "pods" in API group "" at the cluster scope';
  const { server, clock, collection, heard, sink } = await follow((exchange) => {
    if (isWatch(exchange)) exchange.watch();
    else if (granted) exchange.json(200, list("1", [pod("d", "a")]));
    else exchange.json(403, status(403, "Forbidden", message));
  });
  await until(() => collection.status.failures === 1);
  expect(collection.status).toMatchObject({
    synced: false,
    failure: { name: "KubeRequestFailed", code: "FORBIDDEN", httpStatus: 403 },
  });
  expect(collection.status.failure?.message).toBe(
    `cannot list pods (/api/v1/pods): kube-apiserver answered 403: ${message}; ` +
      `bind a ClusterRole with the rule {apiGroups: [""], resources: ["pods"], verbs: ["list"]} to that user with a ClusterRoleBinding`,
  );
  clock.advance(1_000);
  await until(() => collection.status.failures === 2);
  granted = true;
  clock.advance(1_000);
  await server.next("watch=1");
  await until(() => collection.status.failure === undefined);
  expect(sink.names).toBe("a");
  expect(heard).toStrictEqual(["pods failing: FORBIDDEN", "pods synced with 1", "pods recovered"]);
});

test("who may list but not watch still sees changes, list by list", async () => {
  let names = ["a"];
  const { clock, collection, sink } = await follow((exchange) => {
    if (isWatch(exchange)) exchange.json(403, status(403, "Forbidden", "pods is forbidden"));
    else
      exchange.json(
        200,
        list(
          "1",
          names.map((name) => pod("d", name)),
        ),
      );
  });
  await until(() => collection.status.failures === 1);
  names = ["a", "b"];
  clock.advance(30_000);
  await until(() => sink.size() === 2);
  expect(collection.status.failure?.message).toContain(`verbs: ["watch"]`);
});

test("a connection that went silent is given up and the watch goes on over another one", async () => {
  const { handler, watches } = api(() => list("10", []));
  const { server, clock, collection, heard } = await follow(handler);
  await server.next("watch=1");
  await until(() => collection.status.watches === 1);
  watches[0]!.send("BOOKMARK", { kind: "Pod", metadata: { resourceVersion: "42" } });
  await until(() => collection.status.events === 1);
  const again = server.next("watch=1");
  clock.advance(119_000);
  expect(collection.status.watches).toBe(1);
  clock.advance(1_000);
  expect((await again).query.get("resourceVersion")).toBe("42");
  await watches[0]!.closed;
  await until(() => collection.status.watches === 2);
  expect(server.connections).toBe(2);
  expect(heard, "one silent watch is no failure").toStrictEqual(["pods synced with 0"]);
});

test("an answer to a list that never comes is given up", async () => {
  const { clock, collection, server } = await follow(() => {});
  await server.next("/api/v1/pods");
  clock.advance(60_000);
  await until(() => collection.status.failures === 1);
  expect(collection.status.failure).toMatchObject({
    code: "TIMED_OUT",
    message: `list pods (/api/v1/pods): no answer within 60 s from kube-apiserver at ${server.url}`,
  });
});

test("a watch that the server ends goes on from the last bookmark", async () => {
  const { handler, watches } = api(() => list("10", []));
  const { server, clock, collection } = await follow(handler);
  await server.next("watch=1");
  watches[0]!.send("BOOKMARK", { kind: "Pod", metadata: { resourceVersion: "77" } });
  await until(() => collection.status.events === 1);
  clock.advance(60_000);
  watches[0]!.end();
  expect((await server.next("watch=1")).query.get("resourceVersion")).toBe("77");
  expect(collection.status).toMatchObject({ lists: 1, failures: 0 });
});

test("a watch that ends as soon as it begins does not turn into a storm", async () => {
  const { clock, collection, server } = await follow((exchange) => {
    if (isWatch(exchange)) exchange.watch().end();
    else exchange.json(200, list("10", []));
  });
  await until(() => collection.status.failures === 1);
  expect(collection.status.failure?.code).toBe("INTERRUPTED");
  expect(clock.pending).toContain(250);
  expect(server.exchanges).toHaveLength(2);
});

const bookmark = { kind: "Pod", metadata: { resourceVersion: "11" } };

test("watches that end after an event begin once a second at most, and are no failures", async () => {
  const { clock, collection, server } = await follow((exchange) => {
    if (!isWatch(exchange)) return exchange.json(200, list("10", []));
    const watch = exchange.watch();
    watch.send("BOOKMARK", bookmark);
    watch.end();
  });
  for (let watches = 1; watches <= 3; watches++) {
    await until(() => clock.pending.includes(1_000));
    expect(server.exchanges).toHaveLength(1 + watches);
    clock.advance(1_000);
    await until(() => collection.status.watches === watches + 1);
  }
  expect(collection.status).toMatchObject({ lists: 1, failures: 0 });
});

test("a server that tells an event and then that its version is too old is asked less and less often", async () => {
  const { clock, collection, server } = await follow((exchange) => {
    if (!isWatch(exchange)) return exchange.json(200, list("10", []));
    const watch = exchange.watch();
    watch.send("BOOKMARK", bookmark);
    watch.send("ERROR", status(410, "Expired", "too old"));
  });
  for (let failures = 2; failures <= 5; failures++) {
    await until(() => collection.status.failures === failures);
    clock.advance(9_000);
  }
  expect(clock.waits.filter((wait) => wait < 10_000)).toStrictEqual([250, 500, 1_000, 2_000]);
  expect(server.exchanges.length).toBeLessThan(20);
});

test("a line that is not an event is counted, and the server sends what was lost again", async () => {
  const { handler, watches } = api(() => list("10", []));
  const { server, clock, collection, sink } = await follow(handler);
  await server.next("watch=1");
  watches[0]!.send("ADDED", pod("d", "a", {}, "11"));
  watches[0]!.raw('{"type":"ADDED","obj\n');
  await until(() => collection.status.unparsableLines === 1);
  clock.advance(1_000);
  expect((await server.next("watch=1")).query.get("resourceVersion")).toBe("11");
  watches[1]!.send("ADDED", pod("d", "b", {}, "12"));
  await until(() => sink.names === "a b");
  expect(collection.status).toMatchObject({ lists: 1, failure: undefined });
});

test("an event cut into chunks anywhere arrives whole", async () => {
  const { handler, watches } = api(() => list("10", []));
  const { server, collection, sink } = await follow(handler);
  await server.next("watch=1");
  const line = Buffer.from(`${JSON.stringify({ type: "ADDED", object: pod("d", "tür") })}\n\n`);
  for (const byte of line) watches[0]!.raw(Buffer.from([byte]) as unknown as string);
  await until(() => collection.status.events === 1);
  expect(sink.names).toBe("tür");
});

test("waits double up to 30 s and are spread by half", async () => {
  const spread = [0, 0.999];
  for (const random of spread) {
    const { clock, collection } = await follow((exchange) => exchange.json(500, status(500, "InternalError", "etcd")), {
      random: () => random,
    });
    for (let failures = 1; failures <= 9; failures++) {
      await until(() => collection.status.failures === failures);
      clock.advance(30_000);
    }
    const waits = clock.waits.filter((wait) => wait !== 60_000).slice(0, 9);
    const full = [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000];
    expect(waits).toStrictEqual(full.map((wait) => Math.min(wait * (0.5 + random), 30_000)));
  }
});

test("a server that asks to come back later is left alone that long", async () => {
  const { clock, collection } = await follow((exchange) => exchange.json(429, "busy", { "retry-after": "17" }));
  await until(() => collection.status.failures === 1);
  expect(collection.status.failure).toMatchObject({ code: "TOO_MANY_REQUESTS", retryAfterMs: 17_000 });
  expect(clock.pending).toStrictEqual([17_000]);
});

test("closing ends the watch and asks for nothing more", async () => {
  const { handler, watches } = api(() => list("10", [pod("d", "a")]));
  const { server, clock, collection, sink, heard } = await follow(handler);
  await server.next("watch=1");
  await until(() => collection.status.watches === 1);
  await collection.close();
  await watches[0]!.closed;
  clock.advance(600_000);
  expect(server.exchanges.filter(isWatch)).toHaveLength(0);
  expect(sink.names).toBe("a");
  expect(heard).toStrictEqual(["pods synced with 1"]);
});

test("closing during a wait ends at once", async () => {
  const { clock, collection } = await follow((exchange) => exchange.json(500, "no"));
  await until(() => collection.status.failures === 1);
  await collection.close();
  expect(clock.pending).toStrictEqual([]);
});

test("a closed connection ends the wait, and is the last failure", async () => {
  const { clock, collection, connection, heard } = await follow((exchange) => exchange.json(500, "no"));
  await until(() => collection.status.failures === 1);
  await connection.close();
  await until(() => collection.status.failures === 2);
  expect(collection.status.failure).toMatchObject({ code: "CLOSED" });
  clock.advance(600_000);
  await new Promise((resolve) => setImmediate(resolve));
  expect(clock.pending).toStrictEqual([]);
  expect(collection.status.failures).toBe(2);
  expect(heard).toStrictEqual(["pods failing: SERVER_ERROR", "pods failing: CLOSED"]);
});
