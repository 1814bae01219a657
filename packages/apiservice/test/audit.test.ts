import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import * as files from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Authenticator } from "@kubemetrics/authentication";
import { AuditPolicyInvalid, readAuditPolicy, RotatingFile, type AuditPolicy } from "@kubemetrics/apiservice";
import { ask, ManualClock, MemoryLog, startServer, type AskOptions } from "./test-server.ts";
import { jsonAnswer, thingsGroup } from "./things.ts";

const things = "/apis/g.io/v1/namespaces/n/things";
const policyHead = { kind: "Policy", apiVersion: "audit.k8s.io/v1" };

/** Everybody is who `X-User` says; `nobody` is refused. */
const named: Authenticator = {
  authenticate({ rawHeaders }) {
    const name = rawHeaders[rawHeaders.indexOf("X-User") + 1] ?? "";
    if (name === "nobody") return { kind: "refused", reason: "bad token" };
    const user = { name, uid: "", groups: ["system:masters"], extra: new Map([["k", ["v"]]]) };
    return { kind: "authenticated", user, headers: rawHeaders };
  },
};

async function recorded(
  policy: AuditPolicy,
  target: string,
  options: AskOptions = {},
): Promise<readonly Record<string, unknown>[]> {
  const lines: string[] = [];
  const group = thingsGroup({
    list: () => jsonAnswer({ kind: "ThingList" }),
    create: (_request, body) => jsonAnswer(body.value, 201),
    get: () => {
      throw new Error("boom");
    },
  });
  const clock = new ManualClock();
  await using server = await startServer({
    groups: [group],
    authenticator: named,
    clock,
    audit: { policy: readAuditPolicy(policy), sink: { write: (line) => lines.push(line) } },
  });
  await ask(server.port, target, {
    ...options,
    headers: [...(options.headers ?? []), ["X-User", "alice"], ["Audit-ID", "id-1"]],
  });
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test("an event says who did what, when, from where, and what came of it", async () => {
  const policy = { ...policyHead, rules: [{ level: "Metadata" as const }], omitStages: ["RequestReceived" as const] };
  const headers: AskOptions["headers"] = [
    ["X-Forwarded-For", "10.0.0.1, 10.0.0.2"],
    ["User-Agent", "kubectl"],
  ];
  expect(await recorded(policy, `${things}?limit=5`, { headers })).toEqual([
    {
      kind: "Event",
      apiVersion: "audit.k8s.io/v1",
      level: "Metadata",
      auditID: "id-1",
      stage: "ResponseComplete",
      requestURI: `${things}?limit=5`,
      verb: "list",
      user: { username: "alice", groups: ["system:masters"], extra: { k: ["v"] } },
      sourceIPs: ["10.0.0.1", "10.0.0.2", "127.0.0.1"],
      userAgent: "kubectl",
      objectRef: { resource: "things", namespace: "n", apiGroup: "g.io", apiVersion: "v1" },
      responseStatus: { metadata: {}, code: 200 },
      requestReceivedTimestamp: "2026-03-01T12:00:00.000000Z",
      stageTimestamp: "2026-03-01T12:00:00.000000Z",
      annotations: { "authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": "" },
    },
  ]);
});

test.each([
  ["None", undefined, undefined],
  ["Metadata", undefined, undefined],
  ["Request", { a: 1 }, undefined],
  ["RequestResponse", { a: 1 }, { a: 1 }],
] as const)("at level %s the bodies are %j and %j", async (level, requestObject, responseObject) => {
  const events = await recorded({ ...policyHead, rules: [{ level }] } as AuditPolicy, things, {
    method: "POST",
    body: '{"a":1}',
  });
  const stages = level === "None" ? [] : ["RequestReceived", "ResponseComplete"];
  expect(events.map((event) => event["stage"])).toEqual(stages);
  expect([events.at(-1)?.["requestObject"], events.at(-1)?.["responseObject"]]).toEqual([
    requestObject,
    responseObject,
  ]);
});

test("errors, refusals and panics are recorded as what they are", async () => {
  const policy: AuditPolicy = {
    ...policyHead,
    rules: [{ level: "Metadata" }],
    omitStages: ["RequestReceived"],
  } as AuditPolicy;
  const [missing] = await recorded(policy, "/apis/g.io/v1/nope");
  expect(missing?.["responseStatus"]).toMatchObject({ code: 404, reason: "NotFound" });
  const [panic] = await recorded(policy, `${things}/t`);
  expect([panic?.["stage"], panic?.["responseStatus"]]).toEqual(["Panic", { metadata: {}, code: 500 }]);
  const [refused] = await recorded(policy, things, { headers: [["X-User", "nobody"]] });
  expect([refused?.["stage"], refused?.["user"], refused?.["responseStatus"]]).toEqual([
    "ResponseStarted",
    {},
    { metadata: {}, status: "Failure", message: "Authentication failed: bad token", reason: "Unauthorized", code: 401 },
  ]);
});

test.each<[string, AuditPolicy["rules"][number], boolean]>([
  ["another user", { level: "Metadata", users: ["bob"] }, false],
  ["the user", { level: "Metadata", users: ["bob", "alice"] }, true],
  ["a group", { level: "Metadata", userGroups: ["system:masters"] }, true],
  ["another verb", { level: "Metadata", verbs: ["get"] }, false],
  ["another namespace", { level: "Metadata", namespaces: [""] }, false],
  ["the group, all resources", { level: "Metadata", resources: [{ group: "g.io" }] }, true],
  ["the core group", { level: "Metadata", resources: [{ resources: ["things"] }] }, false],
  ["every group", { level: "Metadata", resources: [{ group: "*", resources: ["things"] }] }, true],
  ["a subresource only", { level: "Metadata", resources: [{ group: "g.io", resources: ["things/status"] }] }, false],
  ["things and what is below", { level: "Metadata", resources: [{ group: "g.io", resources: ["things/*"] }] }, true],
  ["paths", { level: "Metadata", nonResourceURLs: ["/apis*"] }, false],
])("a rule about %s", async (_name, rule, isRecorded) => {
  const events = await recorded({ ...policyHead, rules: [rule] } as AuditPolicy, things);
  expect(events.length > 0).toBe(isRecorded);
});

test.each<[string, object, object, string]>([
  ["users", { users: null }, {}, things],
  ["userGroups", { userGroups: null }, {}, things],
  ["verbs", { verbs: null }, {}, things],
  ["namespaces", { namespaces: null }, {}, things],
  ["resources", { resources: null }, {}, things],
  ["nonResourceURLs", { nonResourceURLs: null }, {}, things],
  ["omitStages", { omitStages: null }, {}, things],
  ["namespaces beside paths", { namespaces: null, nonResourceURLs: ["/*"] }, { nonResourceURLs: ["/*"] }, "/nowhere"],
  ["resources of a group", { resources: [{ group: "g.io", resources: null }] }, {}, things],
  [
    "resourceNames of a group",
    { resources: [{ group: "g.io", resources: ["things"], resourceNames: null }] },
    {},
    things,
  ],
  ["the name of a group", { resources: [{ group: null }] }, {}, "/api/v1/pods"],
  ["an item of resources", { resources: [null] }, {}, "/api/v1/pods"],
])("an empty field is as good as none: %s", async (_name, fields, meant, target) => {
  const policyOf = (more: object): AuditPolicy =>
    ({ ...policyHead, omitStages: null, rules: [{ level: "Metadata", ...more }] }) as unknown as AuditPolicy;
  const asMeant = await recorded(policyOf(meant), target);
  expect(asMeant).toHaveLength(2);
  expect(await recorded(policyOf(fields), target)).toEqual(asMeant);
});

test("a wrong policy is refused with all its problems", () => {
  const policy = {
    kind: "Policy",
    apiVersion: "v2",
    rules: [{ level: "All" }, { level: "None", users: "bob", omitStages: ["x"] }],
  };
  expect(() => readAuditPolicy(policy)).toThrow(AuditPolicyInvalid);
  expect(() => readAuditPolicy(policy)).toThrow(
    'apiVersion: expected "audit.k8s.io/v1"; rules[0].level: expected None, Metadata, Request or RequestResponse; ' +
      "rules[1].omitStages: unknown stage; rules[1].users: expected a list of texts",
  );
  expect(() => readAuditPolicy(undefined)).toThrow(AuditPolicyInvalid);
  const gaps = { ...policyHead, rules: [null, { level: "None", users: [null], omitStages: [null] }] };
  expect(() => readAuditPolicy(gaps)).toThrow(
    "rules[0].level: expected None, Metadata, Request or RequestResponse; " +
      "rules[1].omitStages: unknown stage; rules[1].users: expected a list of texts",
  );
});

test("a file is cut before it grows too large; old pieces go by number and by age", async () => {
  const folder = await mkdtemp(join(tmpdir(), "audit-"));
  const clock = new ManualClock();
  const path = join(folder, "audit.log");
  const file = new RotatingFile({
    path,
    files,
    clock,
    log: new MemoryLog(),
    maxBytes: 25,
    maxBackups: 2,
    maxAgeMs: 10_000,
  });
  for (const line of ["first line", "second line", "third line", "fourth line", "fifth line"]) {
    file.write(line);
    await file.flush();
    clock.advance(1_000);
  }
  expect(await readFile(path, "utf8")).toBe("fifth line\n");
  expect((await readdir(folder)).toSorted()).toEqual([
    "audit.log",
    "audit.log.2026-03-01T12-00-02-000Z",
    "audit.log.2026-03-01T12-00-04-000Z",
  ]);
  clock.advance(60_000);
  for (const line of ["sixth line", "a line that is long enough"]) {
    file.write(line);
    await file.flush();
  }
  expect(await readdir(folder)).toHaveLength(2);
  await rm(folder, { recursive: true });
});

test("lines that come faster than they are written are cut into pieces all the same", async () => {
  const pieces = new Map<string, string>();
  const calls = {
    ...files,
    stat: async () => ({ size: 0 }),
    readdir: async () => [],
    appendFile: async (path: string, text: string) => void pieces.set(path, (pieces.get(path) ?? "") + text),
    rename: async (from: string) => {
      pieces.set(`${from}.${pieces.size}`, pieces.get(from) ?? "");
      pieces.delete(from);
    },
  };
  const file = new RotatingFile({
    path: "/a",
    files: calls,
    clock: new ManualClock(),
    log: new MemoryLog(),
    maxBytes: 12,
  });
  for (const line of ["first", "zweiß", "third", "a line that is longer than a piece", "fifth"]) file.write(line);
  await file.flush();
  expect([...pieces.values()]).toEqual([
    "first\n",
    "zweiß\n",
    "third\n",
    "a line that is longer than a piece\n",
    "fifth\n",
  ]);
});

test("long lines wait in bounded memory while the disk does not answer; what is dropped is counted", async () => {
  const log = new MemoryLog();
  const disk = Promise.withResolvers<void>();
  let lines = 0;
  const calls = {
    ...files,
    stat: async () => ({ size: 0 }),
    rename: async () => undefined,
    readdir: async () => [],
    appendFile: async (_path: string, text: string) => {
      await disk.promise;
      lines += text.split("\n").length - 1;
    },
  };
  const file = new RotatingFile({ path: "/a", files: calls, clock: new ManualClock(), log });
  // Three gigabytes: more than one string can hold, and than a server may.
  const line = "x".repeat(1_000_000);
  for (let at = 0; at < 3_000; at++) file.write(line);
  disk.resolve();
  await file.flush();
  expect([lines > 50, lines < 70]).toEqual([true, true]);
  expect(log.lines).toEqual([expect.objectContaining({ fields: { path: "/a", dropped: 3_000 - lines } })]);
});

test("a disk that fails is reported once and does not stop the server", async () => {
  const log = new MemoryLog();
  let isFull = true;
  const written: string[] = [];
  const calls = {
    ...files,
    stat: async () => ({ size: 0 }),
    appendFile: async (_path: string, text: string) => {
      if (isFull) throw new Error("no space left");
      written.push(text);
    },
  };
  const file = new RotatingFile({ path: "/audit.log", files: calls, clock: new ManualClock(), log });
  for (let at = 0; at < 3; at++) {
    file.write(`lost ${at}`);
    await file.flush();
  }
  isFull = false;
  file.write("kept");
  await file.flush();
  expect([written, log.lines.map((line) => line.message)]).toEqual([
    ["kept\n"],
    ["cannot write to file", "writing to file again"],
  ]);
});
