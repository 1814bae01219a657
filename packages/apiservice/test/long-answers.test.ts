import { expect, test } from "vitest";
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

test("a client that leaves before its long answer is sent leaves the server well", async () => {
  let leave = (): void => undefined;
  await using server = await startServer({
    groups: [
      thingsGroup({
        list: ({ namespace = "" }) => {
          if (namespace !== "short") leave();
          return { body: () => bodies[namespace] ?? [] };
        },
      }),
    ],
  });
  const gone = await RawClient.connect(server.port);
  leave = () => gone.end();
  gone.write(listOf("long"));
  await gone.closed();
  const stays = await RawClient.connect(server.port);
  stays.write(listOf("short"));
  expect((await stays.answer())?.text).toBe("s");
  stays.end();
  expect(server.log.lines.filter(({ level }) => level === "error")).toEqual([]);
});
