import { expect, test } from "vitest";
import type { Authenticator } from "@kubemetrics/authentication";
import { forbidden } from "@kubemetrics/apimachinery";
import { warningHeaders } from "../src/warning-filter.ts";
import { ask, startServer } from "./test-server.ts";
import { jsonAnswer, thingsGroup } from "./things.ts";

const list = "/apis/g.io/v1/namespaces/n/things";

test.each([
  ["7f0c", "7f0c"],
  ["a b\u00e9\u0001c", "abc"],
  ["x".repeat(100), "x".repeat(64)],
])("the Audit-ID %j is echoed as %j, in errors too", async (given, echoed) => {
  await using server = await startServer();
  for (const target of ["/healthz", "/nope"]) {
    const answer = await ask(server.port, target, { headers: [["Audit-ID", given.replace("\u0001", "")]] });
    expect(answer.headers["audit-id"]).toBe(echoed);
  }
});

test("requests to act as somebody else are refused, not run as the one who asked", async () => {
  let calls = 0;
  const group = thingsGroup({ list: () => jsonAnswer({ calls: calls++ }) });
  await using server = await startServer({ groups: [group] });
  for (const name of ["Impersonate-User", "impersonate-group", "Impersonate-Extra-Scopes", "Impersonate-Uid"]) {
    const answer = await ask(server.port, list, { headers: [[name, "alice"]] });
    expect([answer.status, answer.text.includes("impersonation is not supported")]).toEqual([403, true]);
  }
  expect(calls).toBe(0);
});

test("warnings of the authenticator and of resources reach the client, once each", async () => {
  const user = { name: "admin", uid: "", groups: ["system:masters"], extra: new Map<string, string[]>() };
  const authenticator: Authenticator = {
    authenticate: ({ rawHeaders }) => ({
      kind: "authenticated",
      user,
      headers: rawHeaders,
      warnings: ["token is old"],
    }),
  };
  const group = thingsGroup({
    list: (request) => {
      request.warn('say "ü"\r\nX-Evil: 1');
      request.warn("token is old");
      throw forbidden({ group: "g.io", resource: "things" }, "", "no");
    },
  });
  await using server = await startServer({ groups: [group], authenticator });
  const answer = await ask(server.port, list);
  expect(Buffer.from(answer.headers["warning"] ?? "", "latin1").toString("utf8")).toBe(
    '299 - "token is old" || 299 - "say \\"ü\\"  X-Evil: 1"',
  );
  expect(answer.headers["x-evil"]).toBeUndefined();
});

test("very many warnings are cut to what a header may hold", () => {
  const headers = warningHeaders(Array.from({ length: 100 }, (_, at) => `${at} ${"ü".repeat(300)}`));
  expect(headers).toHaveLength(16);
  expect(Math.max(...headers.map((text) => text.length))).toBeLessThanOrEqual(270);
});
