import { afterEach, beforeEach, expect, test } from "vitest";
import { createAggregatedServer, type AggregatedServerOptions, type ExtensionServer } from "@kubemetrics/apiservice";
import type { ConfigMapState } from "@kubemetrics/authentication";
import type { SubjectAccessReviewSpec } from "@kubemetrics/authorization";
import { issueAuthority, issueClient, type KeyPair } from "@kubemetrics/x509";
import { startApiServices, type ApiServices } from "./api-services.ts";
import { alerts, refuse } from "./refusing-client.ts";
import { ask, authority, ManualClock, MemoryLog, RawClient, serving, type AskOptions } from "./test-server.ts";
import { jsonAnswer, thingsGroup } from "./things.ts";

const service = { namespace: "wardle", name: "flunders" };
const list = "/apis/g.io/v1/namespaces/n/things";
const day = 24 * 3_600_000;

let clock: ManualClock;
let log: MemoryLog;
let apiServices: ApiServices;
let open: ExtensionServer[];
let tell: (state: ConfigMapState) => void;
let asked: SubjectAccessReviewSpec[];

beforeEach(async () => {
  clock = new ManualClock();
  clock.ms = Date.now();
  log = new MemoryLog();
  apiServices = await startApiServices(clock);
  open = [];
  asked = [];
});
afterEach(async () => {
  for (const server of open) await server[Symbol.asyncDispose]();
  await apiServices[Symbol.asyncDispose]();
});

async function start(
  options: Partial<AggregatedServerOptions> = {},
  kubeApiserver: Partial<AggregatedServerOptions["kubeApiserver"]> = {},
): Promise<{ server: ExtensionServer; port: number }> {
  const server = createAggregatedServer({
    groups: [thingsGroup({ list: ({ user }) => jsonAnswer({ user: user.name }) })],
    service,
    kubeApiserver: {
      trust: {
        subscribe(listener) {
          tell = listener;
          return () => (tell = () => log.error({}, "told after close"));
        },
      },
      tokens: { review: async (token) => ({ authenticated: token === "good", user: { username: "holder" } }) },
      access: {
        review: async (spec) => {
          asked.push(spec);
          return { allowed: spec.user !== "mallory" };
        },
      },
      apiServices: apiServices.client(),
      ...kubeApiserver,
    },
    log,
    clock,
    renewal: { settleMs: 0 },
    ...options,
  });
  open.push(server);
  const { port } = await server.listen(0, "127.0.0.1");
  return { server, port };
}

function mapData(users: KeyPair, proxies: KeyPair): Readonly<Record<string, string>> {
  return {
    "client-ca-file": users.certificatePem,
    "requestheader-client-ca-file": proxies.certificatePem,
    "requestheader-username-headers": '["X-Remote-User"]',
    "requestheader-group-headers": '["X-Remote-Group"]',
    "requestheader-extra-headers-prefix": '["X-Remote-Extra-"]',
    "requestheader-allowed-names": '["front-proxy-client"]',
  };
}

/** Whoever verifies by the APIService's bundle, as kube-aggregator does. */
async function through(bundle: string, port: number, options: AskOptions): Promise<string> {
  const { status, text } = await ask(port, list, { ...options, ca: bundle, servername: "flunders.wardle.svc" });
  return status === 200 ? (JSON.parse(text) as { user: string }).user : String(status);
}

test("kube-apiserver says whom to believe and who may what, and kube-aggregator comes to believe the server", async () => {
  await apiServices.create("v1.g.io", { service });
  const { port } = await start();
  while ((await apiServices.bundle("v1.g.io")) === "") await new Promise((resolve) => setImmediate(resolve));
  const bundle = await apiServices.bundle("v1.g.io");
  const [users, proxies] = [issueAuthority({ commonName: "users" }), issueAuthority({ commonName: "proxies" })];
  const proxy = issueClient(proxies, { commonName: "front-proxy-client" });
  const from = (user: string): AskOptions => ({ client: proxy, headers: [["X-Remote-User", user]] });
  expect(await through(bundle, port, from("alice"))).toBe("system:anonymous");
  tell({ kind: "present", data: mapData(users, proxies) });
  expect([await through(bundle, port, from("alice")), await through(bundle, port, from("mallory"))]).toEqual([
    "alice",
    "403",
  ]);
  expect(await through(bundle, port, { client: issueClient(users, { commonName: "bob" }) })).toBe("bob");
  expect(await through(bundle, port, { headers: [["Authorization", "Bearer good"]] })).toBe("holder");
  expect(await through(bundle, port, { headers: [["Authorization", "Bearer bad"]] })).toBe("401");
  expect(asked.map(({ user }) => user)).toEqual(["system:anonymous", "alice", "mallory", "bob", "holder"]);
});

test("what kube-apiserver said of a user is forgotten in time, though the machine's clock is set back", async () => {
  let passedMs = 0;
  let reviews = 0;
  const setBack = { now: () => clock.ms, elapsed: () => passedMs, after: clock.after.bind(clock) };
  const tokens = { review: async () => ({ authenticated: ++reviews === 1, user: { username: "holder" } }) };
  const { port } = await start({ clock: setBack, serving }, { tokens });
  const answer = async (): Promise<number> =>
    (await ask(port, list, { headers: [["Authorization", "Bearer good"]] })).status;
  expect(await answer()).toBe(200);
  clock.ms -= day;
  passedMs = 9_999;
  expect([await answer(), asked.length]).toEqual([200, 1]);
  passedMs = 10_001;
  expect(await answer()).toBe(401);
});

test("an APIService that was made anew is found when kube-aggregator turns away", async () => {
  await apiServices.create("v1.g.io", { service });
  const refusals: string[] = [];
  const { port } = await start({ onCertificateRefused: () => refusals.push("refused") });
  while ((await apiServices.bundle("v1.g.io")) === "") await new Promise((resolve) => setImmediate(resolve));
  await apiServices.remove("v1.g.io");
  await apiServices.create("v1.g.io", { service });
  clock.advance(5_000);
  expect(await apiServices.bundle("v1.g.io")).toBe("");
  await refuse(port, alerts.unknownCa);
  while (refusals.length === 0) await new Promise((resolve) => setImmediate(resolve));
  clock.advance(0);
  while ((await apiServices.bundle("v1.g.io")) === "") await new Promise((resolve) => setImmediate(resolve));
  expect(await through(await apiServices.bundle("v1.g.io"), port, {})).toBe("system:anonymous");
});

test("it is ready when it knows whom to believe and is believed", async () => {
  await apiServices.create("v1.g.io", { service });
  const { port } = await start({ health: [{ name: "mine", endpoints: ["readyz"], check: () => "not yet" }] });
  const lines = async (): Promise<readonly string[]> => {
    const client = await RawClient.connect(port, undefined, { rejectUnauthorized: false });
    client.write("GET /readyz?verbose&exclude=mine HTTP/1.1\r\nHost: x\r\n\r\n");
    const text = (await client.answer())?.text ?? "";
    client.end();
    return text.split("\n").filter((line) => /trust|apiservice|mine/.test(line));
  };
  expect((await lines()).slice(1)).toEqual(["[-]trust failed: reason withheld", "[+]mine excluded: ok"]);
  tell({ kind: "absent" });
  while ((await apiServices.bundle("v1.g.io")) === "") await new Promise((resolve) => setImmediate(resolve));
  while ((await lines())[0]?.startsWith("[-]") === true) await new Promise((resolve) => setImmediate(resolve));
  expect(await lines()).toEqual(["[+]apiservice-registration ok", "[+]trust ok", "[+]mine excluded: ok"]);
});

test("dangerous configurations are warnings in the log, when they arrive and when time makes them so", async () => {
  const shared = issueAuthority({ commonName: "one-for-all", notAfterMs: clock.ms + 31 * day });
  await start();
  tell({ kind: "present", data: mapData(shared, shared) });
  const codes = (): readonly unknown[] =>
    log.lines.flatMap(({ level, fields }) => (level === "warn" ? [fields["code"]] : []));
  expect(codes()).toEqual(["SHARED_CA"]);
  clock.ms += 2 * day;
  clock.advance(3_600_000);
  expect(codes()).toEqual(["SHARED_CA", "CA_EXPIRES_SOON", "CA_EXPIRES_SOON"]);
});

test("with a certificate from elsewhere the APIServices are left alone, and it can be renewed", async () => {
  await apiServices.create("v1.g.io", { service });
  const { server, port } = await start({ serving });
  expect(await ask(port, "/healthz")).toMatchObject({ status: 200 });
  expect(await apiServices.bundle("v1.g.io")).toBe("");
  server.replaceCertificate(serving);
  expect((await ask(port, "/healthz", { ca: authority.certificatePem })).text).toBe("ok");
});

test("when it is closed, nothing goes on", async () => {
  await apiServices.create("v1.g.io", { service });
  const { server } = await start();
  await server.close();
  tell({ kind: "absent" });
  expect(log.lines.at(-1)?.message).toBe("told after close");
  const before = log.lines.length;
  clock.advance(100 * day);
  await new Promise((resolve) => setImmediate(resolve));
  expect([log.lines.length, server.connections]).toEqual([before, 0]);
});
