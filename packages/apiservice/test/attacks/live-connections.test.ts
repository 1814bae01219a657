import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { issueAuthority, type KeyPair } from "@kubemetrics/x509";
import type { RawClient } from "../test-server.ts";
import {
  AttackedServer,
  bob,
  bundle,
  callerOver,
  client,
  presenting,
  proxy,
  proxyCa,
  requestHeader,
  start,
  userCa,
  usualTrust,
} from "./attacked-server.ts";

const clock = (): number => start;
const hour = 3_600_000;
const admin = "admin ops,system:authenticated";
const bobs = "bob devs,system:authenticated";

let server: AttackedServer;
beforeEach(async () => {
  server = await AttackedServer.start();
});
afterEach(() => server[Symbol.asyncDispose]());

/** One connection for each pair; asks over all of them. */
async function connections(...pairs: readonly KeyPair[]): Promise<() => Promise<readonly string[]>> {
  const open: RawClient[] = [];
  for (const pair of pairs) open.push(await server.connect(pair));
  return () => Promise.all(open.map((connection) => callerOver(connection)));
}

test("a rotated proxy CA counts from the next request on connections that are open, in both directions", async () => {
  const nextCa = issueAuthority({ commonName: "front-proxy-ca", clock });
  const callers = await connections(proxy, client(nextCa, "front-proxy-client"), bob);
  const trusting = (...cas: readonly KeyPair[]): void => {
    server.trust = { ...usualTrust, requestHeader: { ...requestHeader, authorities: bundle(...cas) } };
  };
  expect(await callers()).toEqual([admin, "401", bobs]);
  trusting(proxyCa, nextCa);
  expect(await callers()).toEqual([admin, admin, bobs]);
  trusting(nextCa);
  expect(await callers()).toEqual(["401", admin, bobs]);
  trusting(proxyCa);
  expect(await callers()).toEqual([admin, "401", bobs]);
  expect(server.running.connections).toBe(3);
});

test("a rotated users' CA counts from the next request on connections that are open, in both directions", async () => {
  const nextCa = issueAuthority({ commonName: "cluster-ca", clock });
  const callers = await connections(bob, client(nextCa, "carol"), proxy);
  const carols = "carol system:authenticated";
  const trusting = (...cas: readonly KeyPair[]): void => {
    server.trust = { ...usualTrust, clientAuthorities: bundle(...cas) };
  };
  expect(await callers()).toEqual([bobs, "401", admin]);
  trusting(userCa, nextCa);
  expect(await callers()).toEqual([bobs, carols, admin]);
  trusting(nextCa);
  expect(await callers()).toEqual(["401", carols, admin]);
  trusting(userCa);
  expect(await callers()).toEqual([bobs, "401", admin]);
});

test("a CA that changes sides takes its clients along", async () => {
  const callers = await connections(proxy, bob);
  server.trust = {
    requestHeader: { ...requestHeader, authorities: bundle(userCa), allowedNames: ["bob"] },
    clientAuthorities: bundle(proxyCa),
  };
  expect(await callers()).toEqual(["front-proxy-client system:authenticated", admin]);
});

test("allowed names count from the next request on connections that are open, in both directions", async () => {
  const callers = await connections(proxy, client(proxyCa, "next-proxy"));
  const allowing = (...allowedNames: readonly string[]): void => {
    server.trust = { ...usualTrust, requestHeader: { ...requestHeader, allowedNames } };
  };
  expect(await callers()).toEqual([admin, "401"]);
  allowing("next-proxy");
  expect(await callers()).toEqual(["401", admin]);
  allowing("front-proxy-client", "next-proxy");
  expect(await callers()).toEqual([admin, admin]);
});

describe("a certificate that ends on a live connection stops working:", () => {
  const notAfterMs = start + hour;
  const endingMiddle = issueAuthority({ commonName: "middle", parent: proxyCa, clock, notAfterMs });
  const endingCa = issueAuthority({ commonName: "ending-ca", clock, notAfterMs });
  const later = { notAfterMs: start + 9 * hour };
  test.each<[string, KeyPair, string]>([
    ["the proxy's", client(proxyCa, "front-proxy-client", { notAfterMs }), admin],
    ["a user's", client(userCa, "bob", { organizations: ["devs"], notAfterMs }), bobs],
    ["an intermediate's", presenting(client(endingMiddle, "front-proxy-client", later), endingMiddle), admin],
    ["its CA's", client(endingCa, "front-proxy-client", later), admin],
  ])("%s", async (_name, pair, before) => {
    server.trust = { ...usualTrust, requestHeader: { ...requestHeader, authorities: bundle(proxyCa, endingCa) } };
    const connection = await server.connect(pair);
    expect(await callerOver(connection)).toBe(before);
    server.clock.advance(hour);
    expect(await callerOver(connection)).toBe(before);
    server.clock.advance(1);
    expect([await callerOver(connection), server.refusals.at(-1)]).toEqual(["401", expect.stringContaining("expired")]);
    connection.end();
  });
});

test("a certificate that is not valid yet begins to work on a live connection, to the millisecond", async () => {
  const connection = await server.connect(client(proxyCa, "front-proxy-client", { notBeforeMs: start + hour }));
  expect(await callerOver(connection)).toBe("401");
  server.clock.advance(hour - 1);
  expect(await callerOver(connection)).toBe("401");
  server.clock.advance(1);
  expect(await callerOver(connection)).toBe(admin);
  connection.end();
});

test("who a request comes from is decided anew for each request of a connection", async () => {
  const connection = await server.connect(proxy);
  const asked = [
    [
      ["X-Remote-User", "a"],
      ["X-Remote-Group", "g"],
    ],
    [["X-Remote-User", "b"]],
    [],
    [["X-Remote-User", "c"]],
  ] as const;
  const callers: string[] = [];
  for (const headers of asked) callers.push(await callerOver(connection, headers));
  expect(callers).toEqual(["a g,system:authenticated", "b system:authenticated", "401", "c system:authenticated"]);
  connection.end();
});
