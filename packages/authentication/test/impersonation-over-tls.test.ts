import { ConfigMapTrust, createDelegatingAuthenticator, type ConfigMapState } from "@kubemetrics/authentication";
import { issueAuthority, issueClient, issueServer, type KeyPair } from "@kubemetrics/x509";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { mapData } from "./certificates.ts";
import { Client, startServer, type LiveServer } from "./live-server.ts";

const userCa = issueAuthority({ commonName: "cluster-ca" });
const proxyCa = issueAuthority({ commonName: "front-proxy-ca" });
const proxy = issueClient(proxyCa, { commonName: "front-proxy-client" });
const alice = issueClient(userCa, { commonName: "alice", organizations: ["dev"] });
const usual = mapData({ proxy: [proxyCa], users: [userCa] });
const admin = ["X-Remote-User", "admin", "X-Remote-Group", "system:masters"];
const nobody = "system:anonymous system:unauthenticated";

let tell: (state: ConfigMapState) => void = () => undefined;
let server: LiveServer;
beforeAll(async () => {
  const source = {
    subscribe(listener: (state: ConfigMapState) => void) {
      tell = listener;
      return () => undefined;
    },
  };
  const trust = new ConfigMapTrust({ source, onNotice: () => undefined });
  server = await startServer(createDelegatingAuthenticator({ trust }));
});
beforeEach(() => tell({ kind: "present", data: usual }));
afterAll(async () => server.close());

async function ask(chain: readonly KeyPair[], headers: readonly string[]): Promise<string> {
  const client = new Client(server, chain);
  try {
    return await client.get(headers);
  } finally {
    client.close();
  }
}

describe("headers that claim to be admin", () => {
  const intermediate = issueAuthority({ commonName: "front-proxy-client", parent: proxyCa });
  const below = issueClient(intermediate, { commonName: "somebody" });
  const forgedCa = issueAuthority({ commonName: "front-proxy-ca" });
  const shortly = { notBeforeMs: Date.now() - 10_000, notAfterMs: Date.now() - 5000 };

  test.for<[string, readonly KeyPair[], string]>([
    ["count from the proxy", [proxy], "admin system:masters,system:authenticated"],
    [
      "count from a proxy below an intermediate",
      [issueClient(intermediate, { commonName: "front-proxy-client" }), intermediate],
      "admin system:masters,system:authenticated",
    ],
    ["are ignored without a certificate", [], nobody],
    ["are ignored with a user's certificate", [alice], "alice dev,system:authenticated"],
    ["are refused with another name from the right CA", [issueClient(proxyCa, { commonName: "other" })], "401"],
    ["are refused when only an intermediate has the name", [below, intermediate], "401"],
    [
      "are refused with the name inside another",
      [issueClient(proxyCa, { commonName: "x,CN=front-proxy-client" })],
      "401",
    ],
    [
      "are refused with the name in an organization",
      [issueClient(proxyCa, { commonName: "x", organizations: ["front-proxy-client"] })],
      "401",
    ],
    ["are refused with another case", [issueClient(proxyCa, { commonName: "Front-Proxy-Client" })], "401"],
    [
      "are refused from a CA that only has the name",
      [issueClient(forgedCa, { commonName: "front-proxy-client" })],
      "401",
    ],
    [
      "are refused from such a CA that comes along",
      [issueClient(forgedCa, { commonName: "front-proxy-client" }), forgedCa],
      "401",
    ],
    [
      "are refused with an expired certificate",
      [issueClient(proxyCa, { commonName: "front-proxy-client", ...shortly })],
      "401",
    ],
    [
      "are refused with a server's certificate",
      [issueServer(proxyCa, { commonName: "front-proxy-client", dnsNames: ["p"], ipAddresses: [] })],
      "401",
    ],
    [
      "are refused when the proxy's own certificate signs",
      [issueClient(proxy, { commonName: "front-proxy-client" }), proxy],
      "401",
    ],
  ])("%s", async ([, chain, expected]) => {
    expect(await ask(chain, admin)).toBe(expected);
  });
});

describe("from the proxy", () => {
  test.for<[string, readonly string[], string]>([
    [
      "groups with commas stay whole, two headers are two groups",
      ["X-Remote-User", "u", "X-Remote-Group", "CN=a,OU=b", "x-remote-group", "c"],
      "u CN=a,OU=b,c,system:authenticated",
    ],
    ["the first user name counts", ["X-Remote-User", "u", "X-Remote-User", "admin"], "u system:authenticated"],
    ["an empty first user name is no user name", ["X-Remote-User", "", "X-Remote-User", "admin"], "401"],
    [
      "underscores make other headers",
      ["X_Remote_User", "admin", "X-Remote-User", "u"],
      "u system:authenticated X_Remote_User",
    ],
    [
      "a Connection list removes nothing",
      ["Connection", "X-Remote-User, keep-alive", "X-Remote-User", "u"],
      "u system:authenticated",
    ],
    [
      "a token besides is not asked about and not passed on",
      ["Authorization", "Bearer x", "X-Remote-User", "u"],
      "u system:authenticated",
    ],
    [
      "500 groups are 500 groups",
      ["X-Remote-User", "u", ...Array.from({ length: 500 }, (_, i) => ["X-Remote-Group", `g${i}`]).flat()],
      `u ${Array.from({ length: 500 }, (_, i) => `g${i}`).join(",")},system:authenticated`,
    ],
  ])("%s", async ([, headers, expected]) => {
    expect(await ask([proxy], headers)).toBe(expected);
  });
});

test("a rotated CA counts with the next request on a live connection, in both directions", async () => {
  const nextCa = issueAuthority({ commonName: "front-proxy-ca-2" });
  const old = new Client(server, [proxy]);
  const next = new Client(server, [issueClient(nextCa, { commonName: "front-proxy-client" })]);
  const before = server.connections();
  const both = async (): Promise<readonly string[]> => [await old.get(admin), await next.get(admin)];
  const accepted = "admin system:masters,system:authenticated";
  expect(await both()).toEqual([accepted, "401"]);
  tell({ kind: "present", data: mapData({ proxy: [proxyCa, nextCa], users: [userCa] }) });
  expect(await both()).toEqual([accepted, accepted]);
  tell({ kind: "present", data: mapData({ proxy: [nextCa], users: [userCa] }) });
  expect(await both()).toEqual(["401", accepted]);
  tell({ kind: "absent" });
  expect(await both()).toEqual(["401", accepted]);
  tell({ kind: "present", data: usual });
  expect(await both()).toEqual([accepted, "401"]);
  expect(server.connections() - before).toBe(2);
  old.close();
  next.close();
});

test("a name taken off the allowed list stops counting on a live connection", async () => {
  const client = new Client(server, [proxy]);
  expect(await client.get(admin)).toBe("admin system:masters,system:authenticated");
  tell({ kind: "present", data: mapData({ proxy: [proxyCa], users: [userCa] }, ["someone-else"]) });
  expect(await client.get(admin)).toBe("401");
  client.close();
});
