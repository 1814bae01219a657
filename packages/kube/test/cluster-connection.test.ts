import { expect, test } from "vitest";
import { issueAuthority, issueClient, issueServer } from "@kubemetrics/x509";
import {
  ClusterConnection,
  isRequestFailed,
  KubeAnswerInvalid,
  KubeConfigInvalid,
  KubeError,
  KubeRequestFailed,
  KubeUnreachable,
  type ClusterConfig,
  type KubeRequest,
} from "@kubemetrics/kube";
import { authority, ScriptedApiServer, status } from "./scripted-api-server.ts";
import { TestClock } from "./test-clock.ts";

const pods: KubeRequest = {
  verb: "list",
  location: { group: "", resource: "pods", namespace: "d" },
  path: "/api/v1/namespaces/d/pods",
};

async function failureOf(promise: Promise<unknown>): Promise<KubeError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof KubeError) return error;
  throw new Error(`expected a KubeError, got ${String(error)}`);
}

test("requests share a kept connection and each carries the token of its moment", async () => {
  await using server = await ScriptedApiServer.start((exchange) =>
    exchange.json(200, { seen: exchange.headers["authorization"] }),
  );
  let token = 0;
  await using connection = new ClusterConnection(
    server.config({ authorization: () => Promise.resolve(`Bearer ${token++}`) }),
  );
  const answers: unknown[] = [];
  for (let round = 0; round < 20; round++) answers.push(await connection.request(pods));
  expect(answers[0]).toStrictEqual({ seen: "Bearer 0" });
  expect(answers[19]).toStrictEqual({ seen: "Bearer 19" });
  expect(server.connections).toBeLessThanOrEqual(2);
});

test("over HTTP/2 many requests at once share one connection", async () => {
  await using server = await ScriptedApiServer.start((exchange) => exchange.json(200, { path: exchange.path }), {
    http2: true,
  });
  await using connection = new ClusterConnection(server.config(), { http2: true });
  const answers = await Promise.all(Array.from({ length: 50 }, () => connection.request(pods)));
  expect(answers[49]).toStrictEqual({ path: "/api/v1/namespaces/d/pods" });
  expect(server.connections).toBe(1);
});

test("a path in the server address stays in front of every request", async () => {
  await using server = await ScriptedApiServer.start((exchange) => exchange.json(200, { path: exchange.path }));
  await using connection = new ClusterConnection(server.config({ server: `${server.url}/k8s/clusters/c-1/` }));
  expect(await connection.request(pods)).toStrictEqual({ path: "/k8s/clusters/c-1/api/v1/namespaces/d/pods" });
});

test("a client certificate is presented, and a renewed one takes over without losing a request", async () => {
  await using server = await ScriptedApiServer.start((exchange) =>
    exchange.json(200, { user: exchange.peerCommonName }),
  );
  const material = (commonName: string): ReturnType<ClusterConfig["tls"]> => {
    const client = issueClient(authority, { commonName });
    return Promise.resolve({
      certificateAuthority: authority.certificatePem,
      certificate: client.certificatePem,
      key: client.keyPem,
    });
  };
  let current = material("before");
  await using connection = new ClusterConnection(server.config({ tls: () => current }));
  expect(await connection.request(pods)).toStrictEqual({ user: "before" });
  current = material("after");
  expect(await connection.request(pods)).toStrictEqual({ user: "after" });
  expect(server.connections).toBe(2);
});

const otherAuthority = issueAuthority({ commonName: "other" });
const wrongName = issueServer(authority, { commonName: "x", dnsNames: ["elsewhere.example"], ipAddresses: [] });
const expired = issueServer(authority, {
  commonName: "x",
  dnsNames: [],
  ipAddresses: ["127.0.0.1"],
  notBeforeMs: 0,
  notAfterMs: 1_000,
});

test.each([
  {
    hazard: "a certificate of another authority",
    pair: issueServer(otherAuthority, { commonName: "x", dnsNames: [], ipAddresses: ["127.0.0.1"] }),
    advice: "check the CA file, or certificate-authority-data of the kubeconfig",
  },
  { hazard: "a certificate for another name", pair: wrongName, advice: "set tls-server-name in the kubeconfig" },
  { hazard: "an expired certificate", pair: expired, advice: "renew kube-apiserver's certificate" },
])("$hazard is refused before anything is sent", async ({ pair, advice }) => {
  await using server = await ScriptedApiServer.start((exchange) => exchange.json(200, {}), { pair });
  await using connection = new ClusterConnection(server.config());
  const error = await failureOf(connection.request(pods));
  expect(error).toBeInstanceOf(KubeUnreachable);
  expect(error.code).toBe("UNTRUSTED_CERTIFICATE");
  expect(error.message).toContain(advice);
  expect(server.exchanges).toHaveLength(0);
});

const byOther = issueServer(otherAuthority, { commonName: "x", dnsNames: [], ipAddresses: ["127.0.0.1"] });
const future = issueServer(authority, {
  commonName: "x",
  dnsNames: [],
  ipAddresses: ["127.0.0.1"],
  notBeforeMs: Date.now() + 3_600_000,
});

test.each([
  { what: "of another authority", pair: byOther, sentence: "was signed by an authority that we were not given" },
  { what: "that signs itself", pair: otherAuthority, sentence: "is signed by itself" },
  {
    what: "that comes with its unknown root",
    pair: { ...byOther, certificatePem: `${byOther.certificatePem}${otherAuthority.certificatePem}` },
    sentence: "leads to a root that we were not given",
  },
  { what: "that expired", pair: expired, sentence: "has expired" },
  { what: "of tomorrow", pair: future, sentence: "is not valid yet" },
])("a certificate $what is told in the same sentence on every Node.js", async ({ pair, sentence }) => {
  await using server = await ScriptedApiServer.start((exchange) => exchange.json(200, {}), { pair });
  await using connection = new ClusterConnection(server.config());
  const { message } = await failureOf(connection.request(pods));
  expect(message).toContain(`no answer from kube-apiserver at ${server.url}: its certificate ${sentence}; `);
  expect(message).not.toMatch(/Node\.js|--use-system-ca/);
});

test("tls-server-name is what the certificate must carry", async () => {
  await using server = await ScriptedApiServer.start((exchange) => exchange.json(200, {}), { pair: wrongName });
  await using connection = new ClusterConnection(server.config({ tlsServerName: "elsewhere.example" }));
  expect(await connection.request(pods)).toStrictEqual({});
});

test("insecureSkipTlsVerify talks to anybody", async () => {
  await using server = await ScriptedApiServer.start((exchange) => exchange.json(200, {}), { pair: expired });
  await using connection = new ClusterConnection(server.config({ insecureSkipTlsVerify: true }));
  expect(await connection.request(pods)).toStrictEqual({});
});

test("a refused token is replaced by a fresh one in the same request", async () => {
  await using server = await ScriptedApiServer.start((exchange) =>
    exchange.headers["authorization"] === "Bearer new"
      ? exchange.json(200, {})
      : exchange.json(401, status(401, "Unauthorized", "Unauthorized")),
  );
  let token = "old";
  const config = server.config({
    authorization: () => Promise.resolve(`Bearer ${token}`),
    credentialsRefused: () => void (token = "new"),
  });
  await using connection = new ClusterConnection(config);
  expect(await connection.request(pods)).toStrictEqual({});
  expect(server.exchanges).toHaveLength(2);
});

test.each([
  [401, "UNAUTHORIZED", "the token or client certificate in use is expired or unknown to this cluster"],
  [
    403,
    "FORBIDDEN",
    `bind a Role in namespace "d" with the rule {apiGroups: [""], resources: ["pods"], verbs: ["list"]}`,
  ],
  [404, "NOT_FOUND", "answered 404"],
  [409, "CONFLICT", "answered 409"],
  [410, "EXPIRED", "answered 410"],
  [422, "INVALID", "answered 422"],
  [429, "TOO_MANY_REQUESTS", "answered 429"],
  [500, "SERVER_ERROR", "answered 500"],
  [503, "UNAVAILABLE", "answered 503"],
  [504, "TIMEOUT", "answered 504"],
  [302, "REJECTED", "answered 302"],
] as const)("an answer of %i is %s and names the request", async (httpStatus, code, text) => {
  await using server = await ScriptedApiServer.start((exchange) =>
    exchange.json(httpStatus, status(httpStatus, "", "because")),
  );
  await using connection = new ClusterConnection(server.config());
  const error = await failureOf(connection.request(pods));
  expect(error).toBeInstanceOf(KubeRequestFailed);
  expect(isRequestFailed(error, code)).toBe(true);
  expect(error.message).toContain(
    `cannot list pods in namespace "d" (/api/v1/namespaces/d/pods): kube-apiserver answered ${httpStatus}: because`,
  );
  expect(error.message).toContain(text);
  expect((error as KubeRequestFailed).status.message).toBe("because");
});

test.each([
  {
    request: { verb: "create", location: { group: "authentication.k8s.io", resource: "tokenreviews" } },
    names: `ClusterRole "system:auth-delegator"`,
  },
  {
    request: {
      verb: "list",
      location: {
        group: "",
        resource: "configmaps",
        namespace: "kube-system",
        name: "extension-apiserver-authentication",
      },
    },
    names: `Role "extension-apiserver-authentication-reader" in namespace "kube-system"`,
  },
] as const)(
  "a refused $request.verb $request.location.resource names the role that exists for it",
  async ({ request, names }) => {
    await using server = await ScriptedApiServer.start((exchange) =>
      exchange.json(403, status(403, "Forbidden", "no")),
    );
    await using connection = new ClusterConnection(server.config());
    const error = await failureOf(connection.request({ ...request, path: "/x" }));
    expect(error.message).toContain(names);
  },
);

test("an error page of something else is quoted in short", async () => {
  await using server = await ScriptedApiServer.start((exchange) => exchange.json(502, `<html>${"x".repeat(5_000)}`));
  await using connection = new ClusterConnection(server.config());
  const error = await failureOf(connection.request(pods));
  expect(error.message.length).toBeLessThan(400);
  expect(error.message).toContain("<html>xxx");
});

test("an answer that is not JSON is told apart from a refusal", async () => {
  await using server = await ScriptedApiServer.start((exchange) => exchange.json(200, '{"items": ['));
  await using connection = new ClusterConnection(server.config());
  expect(await failureOf(connection.request(pods))).toBeInstanceOf(KubeAnswerInvalid);
});

test("an answer that does not end is cut off at the limit", async () => {
  await using server = await ScriptedApiServer.start((exchange) => {
    const stream = exchange.watch();
    for (let round = 0; round < 40; round++) stream.raw("x".repeat(1_000));
  });
  await using connection = new ClusterConnection(server.config(), { maxAnswerBytes: 10_000 });
  expect((await failureOf(connection.request(pods))).message).toContain("is longer than 10000 bytes");
});

test("nobody listening is said in words", async () => {
  const server = await ScriptedApiServer.start(() => {});
  await server.kill();
  await using connection = new ClusterConnection(server.config());
  const error = await failureOf(connection.request(pods));
  expect(error.code).toBe("REFUSED");
  expect(error.message).toContain(`no answer from kube-apiserver at ${server.url}`);
  expect(error.message).toContain("is kube-apiserver running");
});

test("a read whose connection breaks before an answer is sent again once", async () => {
  let tries = 0;
  await using server = await ScriptedApiServer.start((exchange) => {
    if (tries++ === 0) exchange.watch().cut();
    else exchange.json(200, { tries });
  });
  await using connection = new ClusterConnection(server.config());
  expect(await connection.request(pods)).toStrictEqual({ tries: 2 });
});

test("a request is given up when its time is over", async () => {
  await using server = await ScriptedApiServer.start(() => {});
  const clock = new TestClock();
  await using connection = new ClusterConnection(server.config(), { clock });
  const failure = failureOf(connection.request({ ...pods, timeoutMs: 10_000 }));
  await server.next("/pods");
  clock.advance(10_000);
  expect((await failure).code).toBe("TIMED_OUT");
  expect(clock.pending).toStrictEqual([]);
});

const never = <T>(): Promise<T> => new Promise(() => {});

test.each([
  ["a token that never comes", { authorization: never<string> }],
  ["certificates that never come", { tls: never<Awaited<ReturnType<ClusterConfig["tls"]>>> }],
])(
  "a request waits for %s until its time is over, its signal fires or the connection is closed",
  async (_, waiting) => {
    await using server = await ScriptedApiServer.start(() => {});
    const clock = new TestClock();
    const connection = new ClusterConnection(server.config(waiting), { clock });
    const late = failureOf(connection.request({ ...pods, timeoutMs: 10_000 }));
    clock.advance(10_000);
    expect((await late).code).toBe("TIMED_OUT");
    expect((await late).message).toContain("no credentials within 10 s from test; see that");
    const abort = new AbortController();
    const aborted = failureOf(connection.stream({ ...pods, verb: "watch", silenceMs: 1_000, signal: abort.signal }));
    abort.abort(new KubeUnreachable("CLOSED", "by the caller"));
    expect((await aborted).message).toBe("by the caller");
    const closed = failureOf(connection.request(pods));
    await connection.close();
    expect((await closed).code).toBe("CLOSED");
    expect(clock.pending).toStrictEqual([]);
  },
);

test("a closed connection asks for no credentials", async () => {
  await using server = await ScriptedApiServer.start(() => {});
  const connection = new ClusterConnection(
    server.config({ authorization: () => Promise.reject(new Error("was asked")) }),
  );
  await connection.close();
  expect((await failureOf(connection.request(pods))).code).toBe("CLOSED");
});

test("closing ends what is under way, and later requests are refused", async () => {
  await using server = await ScriptedApiServer.start(() => {});
  const connection = new ClusterConnection(server.config());
  const failure = failureOf(connection.request(pods));
  await server.next("/pods");
  await connection.close();
  expect((await failure).code).toBe("CLOSED");
  expect((await failureOf(connection.request(pods))).code).toBe("CLOSED");
});

test("a server address that is no URL is a configuration error", () => {
  const config = {
    description: "kubeconfig /k",
    server: "10.0.0.1:443x//",
    tls: () => Promise.resolve({}),
    authorization: () => Promise.resolve(undefined),
  };
  expect(() => new ClusterConnection(config)).toThrow(KubeConfigInvalid);
});

test("errors are recognised across copies of the package, and told apart", async () => {
  const copy = (await import("../src/kube-error.ts?copy" as string)) as typeof import("../src/kube-error.ts");
  expect(copy.KubeUnreachable).not.toBe(KubeUnreachable);
  const error = new copy.KubeUnreachable("REFUSED", "x");
  expect(error).toBeInstanceOf(KubeUnreachable);
  expect(error).toBeInstanceOf(KubeError);
  expect(error).not.toBeInstanceOf(KubeRequestFailed);
  expect(error.name).toBe("KubeUnreachable");
});
