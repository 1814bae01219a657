import { badRequest } from "@kubemetrics/apimachinery";
import { expect, test } from "vitest";
import type { ResourceDefinition } from "@kubemetrics/apiservice";
import { ask, startServer } from "./test-server.ts";
import { thingsGroup } from "./things.ts";

const list = "/apis/g.io/v1/namespaces/n/things";
const secret = new Error("password is hunter2");

const throwing: Readonly<Record<string, ResourceDefinition["list"]>> = {
  "throws at once": () => {
    throw secret;
  },
  "rejects later": () => Promise.reject(secret),
  "throws what is no error": () => {
    // oxlint-disable-next-line no-throw-literal, typescript/only-throw-error
    throw "password is hunter2";
  },
  "throws while it is encoded": () => ({
    body: () => {
      throw secret;
    },
  }),
};

test.each(Object.entries(throwing))(
  "a resource that %s answers 500, tells nothing, and the server lives",
  async (_name, handler) => {
    await using server = await startServer({ groups: [thingsGroup(handler === undefined ? {} : { list: handler })] });
    expect(await ask(server.port, list)).toMatchObject({
      status: 500,
      text: "This request caused apiserver to panic. Look in the logs for details.\n",
    });
    expect(server.log.lines.filter((line) => line.level === "error")).toHaveLength(1);
    expect((await ask(server.port, "/healthz")).text).toBe("ok");
  },
);

test("a StatusError is answered as it is and not logged as a failure", async () => {
  const handler = (): never => {
    throw badRequest("no such thing");
  };
  await using server = await startServer({ groups: [thingsGroup({ list: handler })] });
  expect(await ask(server.port, list)).toMatchObject({ status: 400 });
  expect(server.log.lines).toEqual([]);
});

test("health checks and metrics that throw do not end the server", async () => {
  const failing = (): never => {
    throw secret;
  };
  await using server = await startServer({
    metrics: failing,
    health: [{ name: "bad", endpoints: ["readyz"], check: failing }],
  });
  expect((await ask(server.port, "/metrics")).status).toBe(500);
  expect((await ask(server.port, "/readyz")).text).toContain("[-]bad failed: reason withheld");
  expect((await ask(server.port, "/readyz/bad")).text).toBe("internal server error: password is hunter2\n");
});
