import { expect, test, vi } from "vitest";
import type { ResourceAnswer } from "@kubemetrics/apiservice";
import { arrivals } from "./arrivals.ts";
import { RawClient, startServer } from "./test-server.ts";
import { thingsGroup } from "./things.ts";

const segment = Buffer.alloc(64 * 1024, "l");
const bodies: Readonly<Record<string, readonly Uint8Array[]>> = {
  short: [Buffer.from("s")],
  long: Array.from({ length: 40 }, () => segment),
  "long-whole": [Buffer.alloc(512 * 1024, "w")],
};

function listOf(namespace: string): string {
  return `GET /apis/g.io/v1/namespaces/${namespace}/things HTTP/1.1\r\nHost: localhost\r\n\r\n`;
}

test.each(["long", "long-whole"])("a short answer does not wait for a %s one asked for just before", async (kind) => {
  await using server = await startServer({
    groups: [thingsGroup({ list: ({ namespace = "" }) => ({ body: () => bodies[namespace] ?? [] }) })],
  });
  const clients = [await RawClient.connect(server.port), await RawClient.connect(server.port)] as const;
  for (const client of clients) {
    client.write(listOf("short"));
    await client.answer();
  }
  const [first, second] = clients;
  const order: string[] = [];
  first.socket.once("data", () => order.push(kind));
  second.socket.once("data", () => order.push("short"));
  // Both have arrived when the server, which is in this process, looks.
  first.write(listOf(kind));
  second.write(listOf("short"));
  const [long, short] = await Promise.all([first.answer(), second.answer()]);
  expect(order).toEqual(["short", kind]);
  expect(long?.body.equals(Buffer.concat(bodies[kind] ?? []))).toBe(true);
  expect(short?.text).toBe("s");
  for (const client of clients) client.end();
});

test("nothing is written for a client that is gone before its long answer is sent", async () => {
  const seen = arrivals();
  const write = vi.fn<() => void>();
  await using server = await startServer({
    groups: [
      thingsGroup({
        list: () => {
          const { socket, response } = seen.at(-1)!;
          vi.spyOn(response, "write").mockImplementation(() => (write(), true));
          queueMicrotask(() => socket.destroy());
          return { body: () => bodies["long"]! };
        },
      }),
    ],
  });
  const gone = await RawClient.connect(server.port);
  gone.write(listOf("long"));
  await gone.closed();
  await new Promise((resolve) => setImmediate(resolve));
  expect([seen.length, write.mock.calls, server.log.lines]).toEqual([1, [], []]);
});

test.each(["short", "long-whole", "long"])(
  "a client that says it has nothing more to ask gets a %s answer",
  async (kind) => {
    await using server = await startServer({
      groups: [thingsGroup({ list: ({ namespace = "" }) => ({ body: () => bodies[namespace] ?? [] }) })],
    });
    const client = await RawClient.connect(server.port);
    client.socket.end(listOf(kind));
    expect((await client.answer())?.body.equals(Buffer.concat(bodies[kind] ?? []))).toBe(true);
  },
);

test.each(["short", "long-whole", "long"])(
  "bytes that are no request do not cost the %s answer before them",
  async (kind) => {
    await using server = await startServer({
      groups: [thingsGroup({ list: ({ namespace = "" }) => ({ body: () => bodies[namespace] ?? [] }) })],
    });
    const client = await RawClient.connect(server.port);
    client.write(`${listOf(kind)}\0\0 nonsense\r\n\r\n`);
    expect((await client.answer())?.body.equals(Buffer.concat(bodies[kind] ?? []))).toBe(true);
    await client.closed();
  },
);

test("a client that says it has nothing more to ask gets all answers that are known", async () => {
  await using server = await startServer({
    groups: [thingsGroup({ list: ({ namespace = "" }) => ({ body: () => bodies[namespace] ?? [] }) })],
  });
  const client = await RawClient.connect(server.port);
  const asked = ["short", "long", "long-whole", "short"];
  client.socket.end(asked.map((kind) => listOf(kind)).join(""));
  for (const kind of asked) {
    const answer = await client.answer();
    expect([kind, answer?.body.equals(Buffer.concat(bodies[kind] ?? []))]).toEqual([kind, true]);
  }
  await client.closed();
});

test.each([
  ["has nothing more to ask", (client: RawClient) => client.socket.end()],
  ["does not speak HTTP", (client: RawClient) => client.write("\0\0 nonsense\r\n\r\n")],
])(
  "an answer that is not known yet is not waited for when the client %s, nor are those behind it",
  async (_name, leave) => {
    const asked = Promise.withResolvers<AbortSignal>();
    await using server = await startServer({
      groups: [
        thingsGroup({
          list: ({ namespace, signal }) => {
            if (namespace === "short") return { body: () => bodies["short"] ?? [] };
            asked.resolve(signal);
            return new Promise<ResourceAnswer>(() => undefined);
          },
        }),
      ],
    });
    const client = await RawClient.connect(server.port);
    client.write(listOf("never") + listOf("short"));
    const signal = await asked.promise;
    leave(client);
    expect(await client.answer()).toBeUndefined();
    while (!signal.aborted) await new Promise((resolve) => setImmediate(resolve));
  },
);

test("a long body that is none costs its own answer and nothing else", async () => {
  await using server = await startServer({
    groups: [
      thingsGroup({
        list: ({ namespace = "" }) => ({
          body: () => (namespace === "short" ? bodies["short"]! : [{ length: 300 * 1024 } as Uint8Array, segment]),
        }),
      }),
    ],
  });
  const [broken, other] = [await RawClient.connect(server.port), await RawClient.connect(server.port)];
  broken.write(listOf("broken"));
  expect(await broken.answer()).toBeUndefined();
  other.write(listOf("short"));
  expect((await other.answer())?.text).toBe("s");
  other.end();
  expect(server.log.lines.map(({ message }) => message)).toEqual(["connection failed while answering"]);
});
