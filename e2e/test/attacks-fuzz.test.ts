/** Random requests for some seconds: every answer is well-formed, none is an error of the server, the process lives. */
import { createHash } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { answersIn, cutOff } from "../attacks/answer-grammar.ts";
import { AttackedProcess, bob, proxy } from "../attacks/attacked-process.ts";
import { randomRequests, Randomness } from "../attacks/random-requests.ts";

const budgetMs = 8_000;

let server: AttackedProcess;
beforeAll(async () => {
  server = await AttackedProcess.start();
});
afterAll(() => server[Symbol.asyncDispose]());

const lastRequest = "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Remote-User: u\r\nConnection: close\r\n\r\n";

const notClosed = "\0not closed within 5 s";

/** Whole, in pieces as they come over a bad network, or with an end that comes before the answers. */
type Manner = "whole" | "pieces" | "half-closed";

/** What comes back until the server closes, or the client after a while: what was sent may be half a request. */
async function exchanged(bytes: Buffer, who: number, manner: Manner): Promise<Buffer> {
  const socket = await server.connect([proxy, proxy, bob, undefined][who % 4]);
  const chunks: Buffer[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const patience = setTimeout(() => {
    chunks.push(Buffer.from(notClosed));
    resolve();
  }, 5_000);
  const enough = setTimeout(() => socket.end(), 200);
  socket.on("data", (chunk: Buffer) => chunks.push(chunk)).once("close", () => resolve());
  if (manner === "pieces") await inPieces(socket, bytes);
  else socket.write(bytes);
  if (manner === "half-closed") socket.end();
  else socket.write(lastRequest);
  await promise.finally(() => {
    clearTimeout(patience);
    clearTimeout(enough);
    socket.destroy();
  });
  return Buffer.concat(chunks);
}

async function inPieces(socket: TLSSocket, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length && !socket.destroyed; at += 1 + (at % 97)) {
    socket.write(bytes.subarray(at, at + 1 + (at % 97)));
    if (at % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A target that ends after `watch`, as upstream, and a time limit that the client set itself. All else from 500 up is a defect. */
const documented =
  /^Internal Server Error: .*failed to create RequestInfo|did not complete within the allotted timeout/;

interface Defect {
  readonly seed: number;
  readonly sent: string;
  readonly received: string;
  readonly problem: string;
}

test("whatever is sent, what comes back is HTTP and no failure", async () => {
  const seed = Date.now();
  const statuses = new Map<number, number>();
  const defects: Defect[] = [];
  let sent = 0;
  const attack = async (worker: number): Promise<void> => {
    const random = new Randomness(createHash("sha256").update(`${seed}/${worker}`).digest());
    for (const end = performance.now() + budgetMs; performance.now() < end && defects.length === 0; sent++) {
      const bytes = randomRequests(random);
      const manner = random.of(["whole", "whole", "whole", "pieces", "half-closed"] as const);
      const received = await exchanged(bytes, sent, manner);
      const answers = answersIn(received);
      const found = (problem: string): unknown =>
        defects.push({ seed, sent: bytes.toString("latin1"), received: received.toString("latin1"), problem });
      const isOurEnd = (problem: string): boolean => manner === "half-closed" && problem.startsWith(cutOff);
      if (typeof answers === "string" && !isOurEnd(answers)) found(answers);
      for (const { status, body } of typeof answers === "string" ? [] : answers) {
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (status >= 500 && !documented.test(body)) found(`answer ${status}`);
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, worker) => attack(worker)));
  expect(defects).toEqual([]);
  expect((await server.quiet()).errors).toEqual([]);
  expect(sent).toBeGreaterThan(200);
  for (const status of [200, 400, 401, 404]) expect(statuses.get(status) ?? 0).toBeGreaterThan(0);
  expect([...statuses.keys()].filter((status) => status >= 300 && status < 400 && status !== 304)).toEqual([]);
});
