import { afterEach, describe, expect, test } from "vitest";
import type { Authorizer } from "@kubemetrics/authorization";
import { listAnswer, type JsonObject, type ResourceDefinition, type WatchEvent } from "@kubemetrics/apiservice";
import { anonymous, ask, startServer, type Answer, type TestServer } from "./test-server.ts";
import { jsonAnswer, thingsGroup } from "./things.ts";

const path = "/apis/g.io/v1/namespaces/n/things";
const onlyA = "fieldSelector=metadata.name%3Da";

function thing(name: string, color = "red"): JsonObject {
  return { kind: "Thing", apiVersion: "g.io/v1", metadata: { name, namespace: "n", labels: { color } } };
}

const all = [thing("a"), thing("b"), thing("c", "blue")];
const list = { kind: "ThingList", apiVersion: "g.io/v1", metadata: {} };

/** As a rule with `resourceNames: [a]`. */
const mayTouchA: Authorizer = {
  authorize: ({ request }) => (request.name === "a" ? { kind: "allow", reason: "" } : { kind: "deny", reason: "" }),
};
const mayAll: Authorizer = { authorize: () => ({ kind: "allow", reason: "" }) };

let server: TestServer;
async function serve(definition: Partial<ResourceDefinition>, authorizer = mayAll): Promise<void> {
  server = await startServer({ groups: [thingsGroup(definition)], authenticator: anonymous, authorizer });
}
afterEach(() => server[Symbol.asyncDispose]());

function names({ text }: Answer): readonly string[] {
  const { items } = JSON.parse(text) as { items: readonly { metadata: { name: string } }[] };
  return items.map(({ metadata }) => metadata.name);
}

function refusal({ status, text }: Answer): readonly unknown[] {
  return [status, (JSON.parse(text) as { message: string }).message];
}

describe("a list made by listAnswer, of a resource that looks at no selector", () => {
  test("shows who may see one object no other", async () => {
    await serve({ list: () => listAnswer(list, all) }, mayTouchA);
    expect((await ask(server.port, path)).status).toBe(403);
    expect(names(await ask(server.port, `${path}?${onlyA}`))).toEqual(["a"]);
  });

  test.each([
    ["", ["a", "b", "c"]],
    ["labelSelector=&fieldSelector=", ["a", "b", "c"]],
    ["labelSelector=color%3Dblue", ["c"]],
    ["labelSelector=color%3Dred&fieldSelector=metadata.name!%3Da", ["b"]],
    ["fieldSelector=metadata.namespace%3Dother", []],
  ])("with %j holds %j", async (query, expected) => {
    await serve({ list: () => Promise.resolve(listAnswer(list, all)) });
    expect(names(await ask(server.port, `${path}?${query}`))).toEqual(expected);
  });

  test("is selected from in every form", async () => {
    await serve({ list: () => listAnswer(list, all) });
    const forms = [
      ["application/json;as=Table;g=meta.k8s.io;v=v1", "rows"],
      ["application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1", "items"],
    ] as const;
    for (const [accept, field] of forms) {
      const { text } = await ask(server.port, `${path}?${onlyA}`, { headers: [["Accept", accept]] });
      expect((JSON.parse(text) as Record<string, unknown>)[field]).toHaveLength(1);
    }
  });

  test("cannot be selected from by other fields, and is not even asked for then", async () => {
    let calls = 0;
    await serve({
      list: () => {
        calls++;
        return Promise.reject(new Error("nobody waits for this one"));
      },
    });
    expect(refusal(await ask(server.port, `${path}?fieldSelector=spec.x%3D1`))).toEqual([
      400,
      '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ]);
    expect(calls).toBe(0);
  });
});

describe("where nobody applies a selector, it is refused", () => {
  test.each([onlyA, "labelSelector=color"])("a list with an answer of its own: %s", async (query) => {
    await serve({ list: () => jsonAnswer({ ...list, items: all }) });
    expect(names(await ask(server.port, path))).toHaveLength(3);
    expect(refusal(await ask(server.port, `${path}?${query}`))).toEqual([
      400,
      "lists of things.g.io cannot be narrowed by fieldSelector or labelSelector: ask for an object by its name, or for all of them",
    ]);
  });

  test.each([onlyA, "labelSelector=color"])("the deletion of a collection: %s", async (query) => {
    let deletions = 0;
    await serve({
      deleteCollection: () => {
        deletions++;
        return listAnswer(list, all);
      },
    });
    expect(refusal(await ask(server.port, `${path}?${query}`, { method: "DELETE" }))).toEqual([
      400,
      "deletions of things.g.io cannot be narrowed by fieldSelector or labelSelector: delete objects by their names",
    ]);
    expect(deletions).toBe(0);
    expect((await ask(server.port, path, { method: "DELETE" })).status).toBe(200);
  });

  test("a watch by labels, which only the resource could follow as they change", async () => {
    await serve({ watch: () => watched([]) });
    expect(refusal(await ask(server.port, `${path}?watch=true&labelSelector=color`))).toEqual([
      400,
      "watches of things.g.io cannot be narrowed by labelSelector: watch all of them, or one by fieldSelector=metadata.name=…",
    ]);
  });
});

async function* watched(events: readonly WatchEvent[]): AsyncGenerator<WatchEvent> {
  yield* events;
}

test("a watch tells who may see one object of no other, and bookmarks and errors to everybody", async () => {
  const events: readonly WatchEvent[] = [
    { type: "ADDED", object: thing("b") },
    { type: "ADDED", object: thing("a") },
    { type: "BOOKMARK", object: { kind: "Thing", apiVersion: "g.io/v1", metadata: { resourceVersion: "7" } } },
    { type: "DELETED", object: thing("b") },
    { type: "MODIFIED", object: { kind: "Thing" } },
    { type: "DELETED", object: thing("a") },
    { type: "ERROR", object: { kind: "Status", apiVersion: "v1", status: "Failure", code: 410 } },
  ];
  await serve({ watch: () => watched(events) }, mayTouchA);
  expect((await ask(server.port, `${path}?watch=true`)).status).toBe(403);
  const { text } = await ask(server.port, `${path}?watch=true&${onlyA}`);
  const sent = text.trim().split("\n");
  expect(sent.map((line) => (JSON.parse(line) as WatchEvent).type)).toEqual(["ADDED", "BOOKMARK", "DELETED", "ERROR"]);
  expect(text).not.toContain('"b"');
});

test("a resource that honours selectors gets them, and its answers are sent as they are", async () => {
  const seen: (readonly string[])[] = [];
  const whole: ResourceDefinition["list"] = ({ fieldSelector, labelSelector }) => {
    seen.push([fieldSelector, labelSelector]);
    return jsonAnswer({ ...list, items: all });
  };
  await serve({ honoursSelectors: true, list: whole, deleteCollection: whole });
  const query = "fieldSelector=spec.x%3D1&labelSelector=color";
  for (const method of ["GET", "DELETE"])
    expect(names(await ask(server.port, `${path}?${query}`, { method }))).toHaveLength(3);
  expect(seen).toEqual([
    ["spec.x=1", "color"],
    ["spec.x=1", "color"],
  ]);
});
