import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SubjectAccessReviewStatus } from "@kubemetrics/authorization";
import type { TokenReviewStatus } from "@kubemetrics/authentication";
import { AttackedServer, bob, callerOf, client, proxy, thing, userCa } from "./attacked-server.ts";

let server: AttackedServer;
beforeEach(async () => {
  server = await AttackedServer.start({ lookupTimeoutMs: 30_000 });
});
afterEach(() => server[Symbol.asyncDispose]());

const down = (): Promise<never> => Promise.reject(new Error("connect ECONNREFUSED <b>10.0.0.1:443</b>"));
const never = (): Promise<never> => new Promise(() => undefined);

describe("while kube-apiserver cannot be asked who may what", () => {
  test("nobody is let in, and the answer is an error, not a refusal", async () => {
    server.accessReview = down;
    for (const pair of [bob, undefined, proxy]) {
      const answer = await server.ask(thing, { headers: [["X-Remote-User", "admin"]], ...(pair && { client: pair }) });
      expect([answer.status, answer.headers["content-type"], answer.text]).toEqual([
        500,
        "text/plain; charset=utf-8",
        `Internal Server Error: "${thing}": connect ECONNREFUSED &lt;b&gt;10.0.0.1:443&lt;/b&gt;\n`,
      ]);
    }
    expect(server.handled).toEqual([]);
  });

  test("health is answered to everybody, everything to system:masters", async () => {
    server.accessReview = down;
    expect((await server.ask("/healthz")).status).toBe(200);
    const master = client(userCa, "probe", { organizations: ["system:masters"] });
    expect((await server.ask("/apis/g.io/v1", { client: master })).status).toBe(200);
    expect(callerOf(await server.ask(thing, { client: master }))).toBe("probe system:masters,system:authenticated");
  });

  test("what was answered before counts for its ten seconds, for the same question only", async () => {
    expect((await server.ask(thing, { client: bob })).status).toBe(200);
    server.accessReview = down;
    server.clock.advance(9_999);
    expect((await server.ask(thing, { client: bob })).status).toBe(200);
    expect((await server.ask(`${thing}2`, { client: bob })).status).toBe(500);
    server.clock.advance(1);
    expect((await server.ask(thing, { client: bob })).status).toBe(500);
  });

  test("the first request after it came back is answered", async () => {
    server.accessReview = down;
    expect((await server.ask(thing, { client: bob })).status).toBe(500);
    server.accessReview = async () => ({ allowed: true });
    expect((await server.ask(thing, { client: bob })).status).toBe(200);
  });
});

describe("while kube-apiserver does not answer who may what", () => {
  test("requests end with 504 and are never served, even when it allows them later", async () => {
    const asked = Promise.withResolvers<void>();
    const late = Promise.withResolvers<SubjectAccessReviewStatus>();
    server.accessReview = () => {
      asked.resolve();
      return late.promise;
    };
    const answer = server.ask(thing, { client: bob });
    await asked.promise;
    server.clock.advance(60_000);
    expect((await answer).status).toBe(504);
    late.resolve({ allowed: true });
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(server.handled).toEqual([]);
  });

  test("clients that wait hold no more places than there are, and give them back", async () => {
    const small = await AttackedServer.start({ limits: { maxRequestsInFlight: 2 } });
    let asked = 0;
    const both = Promise.withResolvers<void>();
    small.accessReview = () => {
      if (++asked === 2) both.resolve();
      return never();
    };
    const waiting = [small.ask(thing, { client: bob }), small.ask(`${thing}2`, { client: bob })];
    await both.promise;
    expect((await small.ask(`${thing}3`, { client: bob })).status).toBe(429);
    small.clock.advance(60_000);
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([504, 504]);
    small.accessReview = async () => ({ allowed: true });
    expect((await small.ask(`${thing}3`, { client: bob })).status).toBe(200);
    await small[Symbol.asyncDispose]();
  });
});

describe("an answer about access that is no clear yes lets nobody in:", () => {
  test.each<[string, unknown, number]>([
    ["no status", undefined, 500],
    ["null", null, 500],
    ["an empty object", {}, 403],
    ["a list", [], 403],
    ["a text", "allowed", 403],
    ["allowed as text", { allowed: "true" }, 403],
    ["allowed as number", { allowed: 1 }, 403],
    ["allowed as list", { allowed: [true] }, 403],
    ["denied as well", { allowed: true, denied: true }, 500],
    ["denied", { allowed: false, denied: true, reason: "<b>no</b>" }, 403],
    ["an evaluation error", { allowed: false, evaluationError: "webhook failed" }, 403],
    ["a reason of the wrong type", { allowed: false, reason: { a: 1 } }, 403],
    ["allowed under another name", { Allowed: true, status: { allowed: true } }, 403],
    ["allowed of the prototype", { __proto__: { allowed: "yes" } }, 403],
  ])("%s", async (_name, status, expected) => {
    server.accessReview = async () => status as SubjectAccessReviewStatus;
    expect([(await server.ask(thing, { client: bob })).status, server.handled]).toEqual([expected, []]);
  });
});

describe("an answer about a token that is no clear yes is 401, never anonymous:", () => {
  const withToken = { headers: [["Authorization", "Bearer t"]] } as const;

  test.each<[string, () => Promise<unknown>]>([
    ["kube-apiserver is down", down],
    ["no status", async () => undefined],
    ["null", async () => null],
    ["an empty object", async () => ({})],
    ["authenticated as text", async () => ({ authenticated: "true", user: { username: "admin" } })],
    ["authenticated as number", async () => ({ authenticated: 1, user: { username: "admin" } })],
    ["not authenticated with a user", async () => ({ authenticated: false, user: { username: "admin" } })],
    ["an error", async () => ({ authenticated: false, error: "expired" })],
    ["a name that is no text", async () => ({ authenticated: true, user: { username: { toString: "admin" } } })],
    [
      "groups that are one text",
      async () => ({ authenticated: true, user: { username: "u", groups: "system:masters" } }),
    ],
    [
      "groups in an object",
      async () => ({ authenticated: true, user: { username: "u", groups: { 0: "system:masters", length: 1 } } }),
    ],
  ])("%s", async (_name, answer) => {
    server.tokenReview = answer as () => Promise<TokenReviewStatus>;
    expect([(await server.ask(thing, withToken)).status, server.accessReviews]).toEqual([401, []]);
  });

  test("kube-apiserver does not answer", async () => {
    const asked = Promise.withResolvers<void>();
    server.tokenReview = () => {
      asked.resolve();
      return never();
    };
    const answer = server.ask(thing, withToken);
    await asked.promise;
    server.clock.advance(30_000);
    expect((await answer).status).toBe(401);
    server.tokenReview = async () => ({ authenticated: true, user: { username: "u" } });
    expect(callerOf(await server.ask(thing, withToken))).toBe("u system:authenticated");
  });

  test("a certificate nobody knows beside a good token is the token's user, beside a bad one nobody", async () => {
    const stranger = client(client(userCa, "no CA"), "stranger");
    server.tokenReview = async (token) => ({ authenticated: token === "t", user: { username: "u" } });
    expect(callerOf(await server.ask(thing, { ...withToken, client: stranger }))).toBe("u system:authenticated");
    expect((await server.ask(thing, { headers: [["Authorization", "Bearer x"]], client: stranger })).status).toBe(401);
  });
});
