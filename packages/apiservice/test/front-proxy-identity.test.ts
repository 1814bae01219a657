import { afterAll, beforeAll, expect, test } from "vitest";
import { createDelegatingAuthenticator, type RequestHeaderTrust, type Trust } from "@kubemetrics/authentication";
import type { Attributes, Authorizer } from "@kubemetrics/authorization";
import { issueAuthority, issueClient, parseBundle, type KeyPair } from "@kubemetrics/x509";
import { ask, RawClient, startServer, type AskOptions, type TestServer } from "./test-server.ts";
import { thingsGroup, ThingsRecorder } from "./things.ts";

const year = 365 * 24 * 3600_000;
const proxyCa = issueAuthority({ commonName: "front-proxy-ca" });
const userCa = issueAuthority({ commonName: "cluster-ca" });
const strangerCa = issueAuthority({ commonName: "front-proxy-ca" });
const middle = issueAuthority({ commonName: "front-proxy-client", parent: proxyCa });

function chained(leaf: KeyPair, issuer: KeyPair): KeyPair {
  return { certificatePem: `${leaf.certificatePem}${issuer.certificatePem}`, keyPem: leaf.keyPem };
}

function proxyNamed(commonName: string, ca: KeyPair = proxyCa, options: object = {}): KeyPair {
  return issueClient(ca, { commonName, ...options });
}

const proxy = proxyNamed("front-proxy-client");
const user = issueClient(userCa, { commonName: "bob", organizations: ["devs", "ops"] });

const requestHeader: RequestHeaderTrust = {
  authorities: parseBundle(proxyCa.certificatePem),
  allowedNames: ["front-proxy-client"],
  usernameHeaders: ["X-Remote-User"],
  uidHeaders: [],
  groupHeaders: ["X-Remote-Group"],
  extraHeaderPrefixes: ["X-Remote-Extra-"],
};

const trust: { current: Trust } = {
  current: { requestHeader, clientAuthorities: parseBundle(userCa.certificatePem) },
};
const asked: Attributes[] = [];
const authorizer: Authorizer = {
  authorize(attributes) {
    asked.push(attributes);
    return { kind: "allow", reason: "" };
  },
};
const recorder = new ThingsRecorder();
let server: TestServer;

beforeAll(async () => {
  const authenticator = createDelegatingAuthenticator({ trust: { current: () => trust.current } });
  server = await startServer({
    groups: [thingsGroup({ get: (request) => recorder.record(request) })],
    authenticator,
    authorizer,
  });
});
afterAll(() => server[Symbol.asyncDispose]());

const path = "/apis/g.io/v1/namespaces/n/things/t";
const asAdmin: AskOptions["headers"] = [
  ["X-Remote-User", "admin"],
  ["X-Remote-Group", "system:masters"],
];

interface Row {
  readonly client: KeyPair | undefined;
  readonly headers?: AskOptions["headers"];
  readonly user: string;
  readonly groups?: readonly string[];
}

const rows: Readonly<Record<string, Row>> = {
  "headers without a certificate": { client: undefined, user: "system:anonymous", groups: ["system:unauthenticated"] },
  "headers with a user's certificate": { client: user, user: "bob", groups: ["devs", "ops", "system:authenticated"] },
  "headers with the proxy's certificate": {
    client: proxy,
    user: "admin",
    groups: ["system:masters", "system:authenticated"],
  },
  "a name that is not allowed": { client: proxyNamed("other"), user: "401" },
  "an allowed name inside another name": { client: proxyNamed("x,CN=front-proxy-client"), user: "401" },
  "an allowed name on an intermediate only": { client: chained(proxyNamed("other", middle), middle), user: "401" },
  "an allowed name behind an intermediate": {
    client: chained(proxyNamed("front-proxy-client", middle), middle),
    user: "admin",
  },
  "an issuer of the same name with another key": { client: proxyNamed("front-proxy-client", strangerCa), user: "401" },
  "an expired certificate": {
    client: proxyNamed("front-proxy-client", proxyCa, {
      notBeforeMs: Date.now() - year,
      notAfterMs: Date.now() - 1000,
    }),
    user: "401",
  },
  "groups with commas stay whole and repeated headers are several": {
    client: proxy,
    headers: [
      ["X-Remote-User", "carol"],
      ["X-Remote-Group", "a,system:masters"],
      ["X-Remote-Group", "CN=a,OU=b"],
    ],
    user: "carol",
    groups: ["a,system:masters", "CN=a,OU=b", "system:authenticated"],
  },
  "names beyond ASCII arrive as UTF-8": { client: proxy, headers: [["X-Remote-User", "ünï"]], user: "ünï" },
  "underscores are other headers": { client: proxy, headers: [["X_Remote_User", "admin"]], user: "401" },
  "a Connection header removes nothing": {
    client: proxy,
    headers: [
      ["X-Remote-User", "carol"],
      ["Connection", "X-Remote-User"],
    ],
    user: "carol",
  },
};

test.each(Object.entries(rows))("%s", async (_name, { client, headers = asAdmin, user: expected, groups }) => {
  asked.length = 0;
  const answer = await ask(server.port, path, { headers, ...(client === undefined ? {} : { client }) });
  const seenUser = asked[0]?.user;
  expect(answer.status === 401 ? "401" : seenUser?.name).toBe(expected);
  expect(groups ?? seenUser?.groups).toEqual(seenUser?.groups);
});

test("handlers see neither identity headers nor credentials, whoever sent them", async () => {
  recorder.seen.length = 0;
  const headers: AskOptions["headers"] = [
    ...asAdmin,
    ["X-Remote-Extra-A", "1"],
    ["Authorization", "Basic eA=="],
    ["X-Other", "1"],
  ];
  await ask(server.port, path, { headers, client: proxy });
  await ask(server.port, path, { headers, client: user });
  const names = recorder.seen.map((seen) =>
    seen.headers.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase()),
  );
  expect(names).toEqual([
    ["host", "connection", "x-other"],
    ["host", "connection", "x-other"],
  ]);
});

test("the trace that a request belongs to reaches the resource as it came, with the proxy's and with a user's certificate", async () => {
  recorder.seen.length = 0;
  const trace: AskOptions["headers"] = [
    ["traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
    ["tracestate", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"],
    ["Baggage", "k=v"],
  ];
  for (const client of [proxy, user]) await ask(server.port, path, { headers: [...asAdmin, ...trace], client });
  expect(recorder.seen.map(({ headers }) => headers.slice(-6))).toEqual([trace.flat(), trace.flat()]);
});

test("a rotated CA counts from the next request on a live connection, in both directions", async () => {
  const before = trust.current;
  const connection = await RawClient.connect(server.port, proxy);
  const statusNow = async (): Promise<number | undefined> => {
    connection.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nX-Remote-User: admin\r\n\r\n`);
    return (await connection.answer())?.status;
  };
  expect(await statusNow()).toBe(200);
  trust.current = {
    ...before,
    requestHeader: { ...requestHeader, authorities: parseBundle(strangerCa.certificatePem) },
  };
  expect(await statusNow()).toBe(401);
  trust.current = before;
  expect(await statusNow()).toBe(200);
  connection.end();
});

test("a user with 500 groups is served", async () => {
  const groups = Array.from({ length: 500 }, (_, at): [string, string] => [
    "X-Remote-Group",
    `group-${at}-${"x".repeat(90)}`,
  ]);
  asked.length = 0;
  const answer = await ask(server.port, path, { headers: [["X-Remote-User", "carol"], ...groups], client: proxy });
  expect([answer.status, asked[0]?.user.groups.length]).toEqual([200, 501]);
});

test("intermediates arrive in whatever order the client sends them", async () => {
  const lower = issueAuthority({ commonName: "lower", parent: middle });
  const leaf = proxyNamed("front-proxy-client", lower);
  const pem = `${leaf.certificatePem}${middle.certificatePem}${lower.certificatePem}`;
  const answer = await ask(server.port, path, {
    headers: asAdmin,
    client: { certificatePem: pem, keyPem: leaf.keyPem },
  });
  expect(answer.status).toBe(200);
});
