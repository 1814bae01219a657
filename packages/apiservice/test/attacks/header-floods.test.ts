import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collectedBytes, type AskOptions } from "../test-server.ts";
import { AttackedServer, bob, callerOf, proxy, thing, things, type Handled } from "./attacked-server.ts";

/** Below the limit of 1 MiB for all headers, and large enough for quadratic time to take many seconds. */
const large = 200_000;
const mostCpuMs = 500;
let server: AttackedServer;
beforeAll(async () => {
  server = await AttackedServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

/** CPU milliseconds until the answer, client included. */
async function cost(target: string, headers: AskOptions["headers"]): Promise<{ status: number; cpuMs: number }> {
  const before = process.cpuUsage();
  const { status } = await server.ask(target, { ...(headers === undefined ? {} : { headers }), client: bob });
  const { user, system } = process.cpuUsage(before);
  return { status, cpuMs: (user + system) / 1000 };
}

function repeated(text: string): string {
  return text.repeat(Math.floor(large / text.length));
}

describe("200 kB cost no more than reading them:", () => {
  test.each<[string, string, string]>([
    ["spaces inside Accept", "Accept", `a${repeated(" ")}b`],
    ["commas in Accept", "Accept", repeated(",")],
    ["Accept clauses that each go before all the others", "Accept", `${"*/*,".repeat(25_000)}${"a/b,".repeat(25_000)}`],
    ["parameters of an Accept clause", "Accept", `a/b;${repeated("a=b;")}`],
    ["digits of a q", "Accept", `a/b;q=${repeated("1")}`],
    ["Accept-Encoding", "Accept-Encoding", repeated(", ")],
    ["Audit-ID", "Audit-ID", repeated("ü")],
    ["User-Agent", "User-Agent", repeated("Mozilla/5.0 ")],
    ["spaces in Authorization", "Authorization", `Bearer${repeated(" ")}x`],
    ["If-None-Match", "If-None-Match", repeated('"a",')],
    ["X-Forwarded-For", "X-Forwarded-For", repeated("1.1.1.1,")],
  ])("%s", async (_name, name, value) => {
    const { cpuMs } = await cost(things, [[name, value]]);
    expect(cpuMs).toBeLessThan(mostCpuMs);
  });

  test.each<[string, string]>([
    ["query parameters", `${things}?${repeated("a=b&")}`],
    ["a time limit", `${things}?timeout=${repeated("1h")}`],
    ["digits of a limit", `${things}?limit=${repeated("9")}`],
    ["digits of a limit beside a field selector", `${things}?fieldSelector=metadata.name=x&limit=${repeated("9")}`],
    ["terms of a label selector", `${things}?labelSelector=${repeated("a,")}`],
    ["values of a label selector", `${things}?labelSelector=a%20in%20(${repeated("b,")})`],
    ["spaces in a label selector", `${things}?labelSelector=a${repeated("+")}b`],
    ["terms of a field selector", `${things}?fieldSelector=${repeated("metadata.name!=b,")}`],
    ["backslashes in a field selector", `${things}?fieldSelector=a=${repeated("\\\\")}`],
    ["slashes", `${things}${repeated("/")}`],
    ["path parts", `${things}${repeated("/a")}`],
    ["percent escapes", `${things}/${repeated("%41")}`],
    ["markup in a path", `/${repeated("<&>")}`],
    ["a host in absolute form", `http://${repeated("a@")}/x`],
    ["an address in absolute form", `http://[${repeated(":")}/x`],
    ["health checks to leave out", `/readyz?${repeated("exclude=a&")}`],
  ])("%s", async (_name, target) => {
    const { status, cpuMs } = await cost(target, undefined);
    expect(status).toBeLessThan(500);
    expect(cpuMs).toBeLessThan(mostCpuMs);
  });
});

test("of 2,000 header lines the first and the last count alike, so no line is lost that took a right away", async () => {
  const many = Array.from({ length: 1997 }, (_, at): [string, string] => ["X-Remote-Group", `g${at}`]);
  const headers: AskOptions["headers"] = [["X-Remote-Group", "first"], ...many, ["X-Remote-User", "carol"]];
  const answer = await server.ask(thing, { headers, client: proxy });
  const { user, groups } = JSON.parse(answer.text) as Handled;
  expect([user, groups.length, groups[0], groups.at(-2), groups.at(-1)]).toEqual([
    "carol",
    1999,
    "first",
    "g1996",
    "system:authenticated",
  ]);
});

test("beyond 10,000 header lines a request is refused and its connection closed: Node would lose the lines behind", async () => {
  const connection = await server.connect(proxy);
  const send = async (lines: number): Promise<string> => {
    const groups = `X-Remote-Group: g\r\n`.repeat(lines - 3);
    connection.write(`GET ${thing} HTTP/1.1\r\nHost: x\r\n${groups}X-Remote-User: u\r\nX-Last: 1\r\n\r\n`);
    return callerOf(await connection.answer());
  };
  expect(await send(9_999)).toMatch(/^u g,/);
  const before = server.handled.length;
  expect(await send(10_000)).toBe("431");
  await connection.closed();
  expect(server.handled).toHaveLength(before);
});

test("header lines of a few bytes take no more memory than the lines that may be sent", async () => {
  const collected = collectedBytes();
  const connections = await Promise.all(Array.from({ length: 4 }, () => server.connect(bob)));
  const before = collected();
  for (const connection of connections) {
    connection.write(`GET ${thing} HTTP/1.1\r\nHost: x\r\n`);
    await connection.written("a:b\r\n".repeat(400_000));
  }
  expect((await server.ask("/healthz")).status).toBe(200);
  expect((collected() - before) / 1e6).toBeLessThan(10);
  for (const connection of connections) connection.end();
});

test("a megabyte of identity headers is refused before anything is made of them, and the connection is closed", async () => {
  const before = server.handled.length;
  const connection = await server.connect(proxy);
  connection.write(`GET ${thing} HTTP/1.1\r\nHost: x\r\nX-Remote-User: admin\r\n`);
  const line = `X-Remote-Group: ${"g".repeat(1000)}\r\n`;
  for (let at = 0; at < 1100; at++) connection.write(line);
  connection.write("\r\n");
  // The answer may be lost: the connection is reset while the client still sends.
  expect(["431", "closed"]).toContain(callerOf(await connection.answer()));
  await connection.closed();
  expect(server.handled).toHaveLength(before);
});
