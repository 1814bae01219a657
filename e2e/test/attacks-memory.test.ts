/** Floods, and what is left of them: memory returns to within a tenth, no connection stays, the process lives. */
import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AttackedProcess, bob, proxy } from "../attacks/attacked-process.ts";
import type { ServerState } from "../attacks/messages.ts";

let server: AttackedProcess;
beforeAll(async () => {
  server = await AttackedProcess.start();
});
afterAll(() => server[Symbol.asyncDispose]());

const things = "/apis/g.io/v1/namespaces/n/things";
const clientHello = Buffer.from("1603010200010001fc0303", "hex");

/** Runs `attack` `times` times, `width` of them at once. */
async function flood(times: number, width: number, attack: (at: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < times) await attack(next++);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

async function tcp(): Promise<Socket> {
  const socket = connectTcp(server.port, "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

/** The next event of this name, or the end of the connection: an attack may be cut off at any moment. */
function happened(socket: TLSSocket, event: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.once(event, () => resolve()).once("close", () => resolve());
  return promise;
}

function closed(socket: TLSSocket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (socket.closed) resolve();
  else socket.resume().once("close", () => resolve());
  return promise;
}

async function served(): Promise<void> {
  const answer = await server.ask(things, bob);
  if (!answer.startsWith("HTTP/1.1 200")) throw new Error(`not served: ${answer}`);
}

/** Four in ten get through the handshake; each kind is dropped at another moment. */
async function connection(at: number): Promise<void> {
  const kind = at % 10;
  if (kind < 3) return void (await tcp()).destroy();
  if (kind === 3) return void (await tcp()).resetAndDestroy();
  if (kind < 6) {
    const socket = await tcp();
    socket.write(clientHello);
    return void (kind === 4 ? socket.destroy() : socket.resetAndDestroy());
  }
  if (kind === 9) return await served();
  const socket = await server.connect(at % 20 < 10 ? proxy : bob);
  if (kind === 7) socket.write(`GET ${things} HTTP/1.1\r\nHost: x\r\nX-Remo`);
  if (kind === 8) socket.write(`GET ${things} HTTP/1.1\r\nHost: x\r\n\r\n`);
  socket.destroy();
}

/**
 * Floods until what is left does not grow: one flood adds to caches and to the allocator's pools, sometimes the third does, and a
 * leak grows with every one.
 */
async function settled(floodOnce: () => Promise<void>): Promise<readonly ServerState[]> {
  const left: ServerState[] = [];
  while (left.length < 3 || (left.length < 7 && !hasSettled(left))) {
    await floodOnce();
    left.push(await server.quiet());
  }
  return left;
}

/** Two more floods added less than a tenth. */
function hasSettled(left: readonly ServerState[]): boolean {
  const [before, , after] = left.slice(-3);
  if (before === undefined || after === undefined) return false;
  return after.rssBytes < 1.1 * before.rssBytes && after.heapBytes < 1.1 * before.heapBytes;
}

test("10,000 connections opened and dropped leave nothing behind", async () => {
  await flood(2_500, 100, served);
  const left = await settled(() => flood(3_400, 100, connection));
  expect(left.flatMap(({ errors }) => errors)).toEqual([]);
  expect(hasSettled(left) ? "settled" : left).toBe("settled");
});

const line = `X-Remote-Group: ${"g".repeat(1000)}\r\n`;
const floods: Readonly<Record<string, (socket: TLSSocket) => Promise<void>>> = {
  "a megabyte of header lines": async (socket) => {
    socket.write(`GET ${things} HTTP/1.1\r\nHost: x\r\nX-Remote-User: u\r\n${line.repeat(1100)}\r\n`);
    await closed(socket);
  },
  "header lines that almost fill the limit": async (socket) => {
    socket.write(
      `GET ${things} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Remote-User: u\r\n${line.repeat(900)}\r\n`,
    );
    await closed(socket);
  },
  "header lines of a few bytes without end": async (socket) => {
    socket.write(`GET ${things} HTTP/1.1\r\nHost: x\r\n${"a:b\r\n".repeat(300_000)}`, () => socket.destroy());
    await closed(socket);
  },
  "requests with something unreadable behind them": async (socket) => {
    socket.write(`${`GET ${things}/x HTTP/1.1\r\nHost: x\r\nX-Remote-User: u\r\n\r\n`.repeat(20)}\0\0\r\n\r\n`);
    await closed(socket);
  },
  "requests whose sender has nothing more to say": async (socket) => {
    socket.end(`GET ${things}/x HTTP/1.1\r\nHost: x\r\nX-Remote-User: u\r\n\r\n`.repeat(20));
    await closed(socket);
  },
  "bodies that are too long": async (socket) => {
    socket.write(`POST ${things} HTTP/1.1\r\nHost: x\r\nX-Remote-User: u\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const chunk = Buffer.from(`10000\r\n${"x".repeat(0x10000)}\r\n`);
    for (let at = 0; at < 60 && !socket.destroyed; at++) socket.write(chunk);
    await closed(socket);
  },
  "bodies of tiny chunks that never end": async (socket) => {
    socket.write(`POST ${things} HTTP/1.1\r\nHost: x\r\nX-Remote-User: u\r\nTransfer-Encoding: chunked\r\n\r\n`);
    socket.write("1\r\n1\r\n".repeat(20_000), () => socket.destroy());
    await closed(socket);
  },
  "thousands of requests sent at once, no answer read": async (socket) => {
    socket.pause();
    socket.write(`GET ${things} HTTP/1.1\r\nHost: x\r\nX-Remote-User: u\r\n\r\n`.repeat(2_000));
    await happened(socket, "readable");
    socket.destroy();
  },
  "long lists, not read": async (socket) => {
    socket.pause();
    socket.write("GET /apis/g.io/v1/namespaces/n/bigs HTTP/1.1\r\nHost: x\r\nX-Remote-User: u\r\n\r\n".repeat(20));
    await happened(socket, "readable");
    socket.destroy();
  },
  "paths, names and tokens that nobody used before": async (socket) => {
    const requests = Array.from({ length: 100 }, () => {
      const name = Math.random().toString(36).slice(2);
      return `GET ${things}/${name}?labelSelector=${name} HTTP/1.1\r\nHost: x\r\nX-Remote-User: ${name}\r\nX-Remote-Extra-%20${name}: ${name}\r\nAccept: ${name}/*\r\n\r\n`;
    });
    socket.write(
      `${requests.join("")}GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Remote-User: u\r\n\r\n`,
    );
    await closed(socket);
  },
  "watches that are dropped": async (socket) => {
    socket.write(`GET ${things}?watch=1 HTTP/1.1\r\nHost: x\r\nX-Remote-User: u\r\n\r\n`);
    await happened(socket, "data");
    socket.destroy();
  },
};

test("floods of every kind leave nothing behind", async () => {
  const attacks = Object.values(floods);
  const left = await settled(() =>
    flood(200, 8, async (at) => attacks[at % attacks.length]?.(await server.connect(proxy))),
  );
  expect(left.flatMap(({ errors }) => errors)).toEqual([]);
  expect(hasSettled(left) ? "settled" : left).toBe("settled");
  await served();
});
