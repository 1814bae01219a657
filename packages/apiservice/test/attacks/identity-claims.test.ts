import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { issueAuthority, type KeyPair } from "@kubemetrics/x509";
import {
  asAdmin,
  AttackedServer,
  bob,
  bundle,
  client,
  presenting,
  proxy,
  proxyCa,
  requestHeader,
  start,
  thing,
  userCa,
  usualTrust,
  type Handled,
} from "./attacked-server.ts";
import { oddClient } from "./odd-certificates.ts";

const day = 24 * 3_600_000;
const clock = (): number => start;
const name = "front-proxy-client";
const admin = "admin ops,system:authenticated";

let server: AttackedServer;
beforeAll(async () => {
  server = await AttackedServer.start();
});
beforeEach(() => {
  server.trust = usualTrust;
  server.handled.length = 0;
  server.refusals.length = 0;
});
afterAll(() => server[Symbol.asyncDispose]());

const pastDay = { notBeforeMs: start - 3 * day, notAfterMs: start - day };
const nextDay = { notAfterMs: start + day };
const namedMiddle = issueAuthority({ commonName: name, parent: proxyCa, clock });
const endedMiddle = issueAuthority({ commonName: "middle", parent: proxyCa, clock, ...pastDay });
const shortCa = issueAuthority({ commonName: "no authorities below", parent: proxyCa, pathLength: 0, clock });
const belowShort = issueAuthority({ commonName: "one too many", parent: shortCa, clock });
const sameNameCa = issueAuthority({ commonName: "front-proxy-ca", clock });
const selfSigned = issueAuthority({ commonName: name, clock });

const elsewhere = /was not issued by a trusted CA/;
const notAllowed = /is not in the allowed list/;

describe("identity headers", () => {
  test.each<[string, KeyPair | undefined, string]>([
    ["count from the proxy", proxy, admin],
    ["count when the name is the last of several", oddClient(proxyCa, { commonNames: ["other", name] }), admin],
    ["count without any stated usage", oddClient(proxyCa, { commonNames: [name], usage: "absent" }), admin],
    ["count with any usage", oddClient(proxyCa, { commonNames: [name], usage: "any" }), admin],
    ["do not count without a certificate", undefined, "system:anonymous system:unauthenticated"],
    ["do not count with a user's certificate", bob, "bob devs,system:authenticated"],
    [
      "do not count with a user's certificate that has the proxy's name",
      client(userCa, name),
      `${name} system:authenticated`,
    ],
    [
      "do not count with a user's certificate and the proxy's behind it",
      presenting(bob, proxy),
      "bob devs,system:authenticated",
    ],
  ])("%s", async (_name, pair, expected) => {
    expect(await server.caller(pair)).toBe(expected);
  });

  test.each<[string, KeyPair, RegExp]>([
    ["another name", client(proxyCa, "other"), notAllowed],
    ["the name cut short by a NUL", oddClient(proxyCa, { commonNames: [`${name}\0.example.com`] }), notAllowed],
    ["the name after a NUL", oddClient(proxyCa, { commonNames: [`x\0CN=${name}`] }), notAllowed],
    ["the name on another line", oddClient(proxyCa, { commonNames: [`x\nCN=${name}`] }), notAllowed],
    ["the name after a comma", oddClient(proxyCa, { commonNames: [`x,CN=${name}`] }), notAllowed],
    ["the name in letters that look alike", oddClient(proxyCa, { commonNames: ["frоnt-proxy-client"] }), notAllowed],
    ["a space after the name", oddClient(proxyCa, { commonNames: [`${name} `] }), notAllowed],
    ["the name before another one", oddClient(proxyCa, { commonNames: [name, "other"] }), notAllowed],
    ["the name among DNS names", client(proxyCa, "other", { dnsNames: [name] }), notAllowed],
    ["no name at all", oddClient(proxyCa, { commonNames: [] }), notAllowed],
    ["the name behind an intermediate with the name", presenting(client(namedMiddle, "x"), namedMiddle), notAllowed],
    ["the usage of a server", oddClient(proxyCa, { commonNames: [name], usage: "server" }), /usage/],
    [
      "a critical extension nobody knows",
      oddClient(proxyCa, { commonNames: [name], hasUnknownCriticalExtension: true }),
      /critical/,
    ],
    ["a certificate that has ended", client(proxyCa, name, pastDay), /expired/],
    ["a certificate that has not begun", client(proxyCa, name, { notBeforeMs: start + day }), /not valid before/],
    ["an intermediate that has ended", presenting(client(endedMiddle, name, nextDay), endedMiddle), /expired/],
    ["one authority too many", presenting(client(belowShort, name), belowShort, shortCa), /allows 0 intermediates/],
    ["a CA of the same name", client(sameNameCa, name), elsewhere],
    ["a CA of the same name that comes along", presenting(client(sameNameCa, name), sameNameCa), elsewhere],
    ["a certificate that signed itself", selfSigned, elsewhere],
  ])("are refused with %s", async (_name, pair, reason) => {
    expect([await server.caller(pair), server.handled]).toEqual(["401", []]);
    expect(server.refusals.at(-1)).toMatch(reason);
  });
});

test("without a usable bundle nobody is the proxy, and users go on", async () => {
  server.trust = { ...usualTrust, requestHeader: { ...requestHeader, authorities: undefined } };
  expect(await server.caller(proxy)).toBe("401");
  expect(await server.caller(bob)).toBe("bob devs,system:authenticated");
});

test("an expired CA takes everything below it along", async () => {
  const ended = issueAuthority({ commonName: "ended-ca", clock, ...pastDay });
  server.trust = { requestHeader: { ...requestHeader, authorities: bundle(ended) }, clientAuthorities: bundle(ended) };
  expect(await server.caller(client(ended, name, { notAfterMs: start + day }))).toBe("401");
});

test("one CA for users and proxy: allowed names decide, and without them every user is the proxy", async () => {
  const shared = {
    requestHeader: { ...requestHeader, authorities: bundle(userCa) },
    clientAuthorities: bundle(userCa),
  };
  server.trust = shared;
  expect(await server.caller(bob)).toBe("bob devs,system:authenticated");
  expect(await server.caller(client(userCa, name))).toBe(admin);
  server.trust = { ...shared, requestHeader: { ...shared.requestHeader, allowedNames: [] } };
  expect(await server.caller(bob)).toBe(admin);
});

test("a users' CA below the proxy's: a user who presents it as well is the proxy, unless allowed names say no", async () => {
  const users = issueAuthority({ commonName: "users", parent: proxyCa, clock });
  const user = presenting(client(users, "bob"), users);
  server.trust = { ...usualTrust, clientAuthorities: bundle(users) };
  expect(await server.caller(user)).toBe("bob system:authenticated");
  server.trust = { ...server.trust, requestHeader: { ...requestHeader, allowedNames: [] } };
  expect(await server.caller(user)).toBe(admin);
});

test("with other header names configured, the standard ones are neither identity nor visible", async () => {
  const names = {
    usernameHeaders: ["X-Custom-User"],
    groupHeaders: ["X-Custom-Group"],
    extraHeaderPrefixes: ["X-Custom-Extra-"],
  };
  server.trust = { ...usualTrust, requestHeader: { ...requestHeader, ...names } };
  const standard = [...asAdmin, ["X-Remote-Uid", "0"], ["X-Remote-Extra-Scopes", "all"]] as const;
  const custom = [
    ["X-Custom-User", "carol"],
    ["X-Custom-Group", "devs"],
    ["x-custom-extra-k", "v"],
  ] as const;
  expect(await server.caller(proxy, standard)).toBe("401");
  expect(await server.caller(proxy, [...standard, ...custom, ["X-Other", "o"]])).toBe(
    "carol devs,system:authenticated",
  );
  expect(await server.caller(bob, [...standard, ...custom])).toBe("bob devs,system:authenticated");
  expect(await server.caller(undefined, [...standard, ...custom])).toBe("system:anonymous system:unauthenticated");
  const seen = server.handled.map(({ headers }) => headers.filter((_, at) => at % 2 === 0).join());
  expect(seen).toEqual(["Host,Connection,X-Other", "Host,Connection", "Host,Connection"]);
});

test("a UID is taken from the headers only where the configuration names one", async () => {
  const groups = (): Promise<Handled> =>
    server
      .ask(thing, { headers: [...asAdmin, ["X-Remote-Uid", "7"]], client: proxy })
      .then((answer) => JSON.parse(answer.text) as Handled);
  await groups();
  server.trust = { ...usualTrust, requestHeader: { ...requestHeader, uidHeaders: ["X-Remote-Uid"] } };
  await groups();
  expect(server.accessReviews.slice(-2).map(({ uid }) => uid)).toEqual([undefined, "7"]);
});
