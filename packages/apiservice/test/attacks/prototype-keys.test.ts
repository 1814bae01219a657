import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { storedResource } from "@kubemetrics/apiservice";
import { AttackedServer, bob, proxy, things } from "./attacked-server.ts";

const hostile = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "__defineGetter__"];

let server: AttackedServer;
beforeAll(async () => {
  const names = {
    group: "g.io",
    version: "v1",
    name: "things",
    singularName: "thing",
    kind: "Thing",
    namespaced: true,
  };
  server = await AttackedServer.start({
    resource: storedResource({ ...names, clock: { now: () => 0 }, newUid: () => "uid" }),
  });
});
afterAll(() => server[Symbol.asyncDispose]());

async function send(
  method: string,
  target: string,
  body: string,
  type = "application/json",
): Promise<[number, string]> {
  const answer = await server.ask(target, { method, body, client: bob, headers: [["Content-Type", type]] });
  return [answer.status, answer.text];
}

const pollution = '{"polluted":true,"constructor":{"prototype":{"polluted":true}}}';

test("members of objects stay members, in what is created and in what is patched", async () => {
  const body = `{"kind":"Thing","apiVersion":"g.io/v1","metadata":{"name":"a","labels":{"__proto__":"x"}},"__proto__":${pollution},"constructor":1}`;
  const [created, text] = await send("POST", things, body);
  expect([created, text]).toEqual([201, expect.stringContaining(`"__proto__":${pollution},"constructor":1`)]);
  const merged = await send(
    "PATCH",
    `${things}/a`,
    `{"spec":{"__proto__":${pollution}}}`,
    "application/merge-patch+json",
  );
  expect(merged).toEqual([200, expect.stringContaining(`"spec":{"__proto__":${pollution}}`)]);
  const operations = [
    { op: "add", path: "/spec/__proto__/polluted", value: "again" },
    { op: "add", path: "/metadata/annotations", value: {} },
    { op: "add", path: "/metadata/annotations/constructor", value: "c" },
  ];
  const patched = await send("PATCH", `${things}/a`, JSON.stringify(operations), "application/json-patch+json");
  expect(patched).toEqual([200, expect.stringContaining('"__proto__":{"polluted":"again"')]);
  expect("polluted" in {}).toBe(false);
});

test.each(hostile)(
  "a deletion with the propagation policy %s is refused, and leaves the object as it is",
  async (policy) => {
    await send("POST", things, '{"kind":"Thing","apiVersion":"g.io/v1","metadata":{"name":"kept"}}');
    const [, before] = await send("GET", `${things}/kept`, "");
    const [inBody, text] = await send("DELETE", `${things}/kept`, JSON.stringify({ propagationPolicy: policy }));
    expect([inBody, text]).toEqual([422, expect.stringContaining("propagationPolicy")]);
    expect((await send("DELETE", `${things}/kept?propagationPolicy=${policy}`, ""))[0]).toBe(422);
    expect(await send("GET", `${things}/kept`, "")).toEqual([200, before]);
  },
);

test("what is not there cannot be reached through a prototype", async () => {
  for (const path of ["/constructor", "/constructor/prototype", "/__proto__/toString", "/toString"]) {
    const [status] = await send(
      "PATCH",
      `${things}/a`,
      JSON.stringify([{ op: "copy", from: `/metadata${path}`, path: "/x" }]),
      "application/json-patch+json",
    );
    expect([path, status]).toEqual([path, 422]);
  }
});

describe("every other place that takes a name takes these too:", () => {
  test.each(hostile)("%s", async (name) => {
    const targets = [
      `/${name}`,
      `/apis/${name}`,
      `/apis/${name}/v1`,
      `/apis/g.io/${name}`,
      `/apis/g.io/v1/${name}`,
      `/apis/g.io/v1/namespaces/${name}/things`,
      `/apis/g.io/v1/namespaces/n/${name}/t`,
      `${things}/${name}`,
      `${things}/a/${name}`,
      `/openapi/v3/${name}`,
      `/readyz/${name}`,
      `/readyz?exclude=${name}`,
      `${things}?${name}=1&${name}[a]=1`,
      `${things}?labelSelector=${name}`,
      `${things}?fieldSelector=${name}%3Dx`,
      `${things}?includeObject=${name}`,
    ];
    for (const target of targets) {
      const headers: [string, string][] = [
        [name, "1"],
        ["Accept", `application/json;${name}=1;as=${name};g=${name};v=v1, application/json`],
        ["Content-Type", `application/${name}`],
      ];
      const { status } = await server.ask(target, { client: bob, headers });
      expect([target, [200, 400, 404, 405].includes(status) ? "" : status]).toEqual([target, ""]);
    }
  });

  test.each(hostile)("%s in what kube-apiserver says about a token", async (name) => {
    server.tokenReview = async () => ({
      authenticated: true,
      user: JSON.parse(`{"username":"${name}","groups":["${name}"],"extra":{"${name}":["v"]}}`) as object,
    });
    const before = server.accessReviews.length;
    const { status } = await server.ask(`${things}/a`, { headers: [["Authorization", `Bearer ${name}`]] });
    const spec = server.accessReviews[before];
    expect([status, JSON.stringify(spec?.extra), spec?.user]).toEqual([200, `{"${name}":["v"]}`, name]);
  });

  test.each(hostile)("%s in extra headers", async (name) => {
    const headers: [string, string][] = [
      ["X-Remote-User", name],
      [`X-Remote-Extra-${name}`, "v"],
    ];
    const before = server.accessReviews.length;
    await server.ask(`${things}/a`, { headers, client: proxy });
    expect(JSON.stringify(server.accessReviews[before]?.extra)).toBe(`{"${name.toLowerCase()}":["v"]}`);
  });
});

test("an allowed question opens no other one whose texts look like it", async () => {
  const asked: string[] = [];
  server.accessReview = async ({ user, groups, uid, extra }) => {
    asked.push(JSON.stringify([user, groups, uid, extra]));
    return { allowed: asked.length === 1 };
  };
  const callers: [string, string][][] = [
    [
      ["X-Remote-User", "u"],
      ["X-Remote-Group", "a"],
      ["X-Remote-Group", "b"],
    ],
    [
      ["X-Remote-User", "u"],
      ["X-Remote-Group", "a,b"],
    ],
    [
      ["X-Remote-User", "u"],
      ["X-Remote-Group", 'a","b'],
    ],
    [
      ["X-Remote-User", 'u","a'],
      ["X-Remote-Group", "b"],
    ],
    [
      ["X-Remote-User", "u"],
      ["X-Remote-Group", "b"],
      ["X-Remote-Group", "a"],
    ],
    [
      ["X-Remote-User", "u"],
      ["X-Remote-Group", "a"],
      ["X-Remote-Extra-Group", "b"],
    ],
    [
      ["X-Remote-User", "u"],
      ["X-Remote-Extra-A", "b"],
    ],
    [
      ["X-Remote-User", "u"],
      ["X-Remote-Extra-A", "b"],
      ["X-Remote-Extra-A", "c"],
    ],
    [
      ["X-Remote-User", "u"],
      ["X-Remote-Extra-A", "b,c"],
    ],
    [["X-Remote-User", "\u00fc"]],
    [["X-Remote-User", "u\u0308"]],
  ];
  const statuses: number[] = [];
  for (const headers of callers) statuses.push((await server.ask(`${things}/a`, { headers, client: proxy })).status);
  expect(statuses).toEqual([200, ...callers.slice(1).map(() => 403)]);
  expect(new Set(asked).size).toBe(callers.length);
});
