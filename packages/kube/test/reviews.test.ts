import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bundledVectors } from "@kubemetrics/conformance";
import {
  ClusterConnection,
  KubeAnswerInvalid,
  KubeRequestFailed,
  SubjectAccessReviewClient,
  TokenReviewClient,
} from "@kubemetrics/kube";
import { ScriptedApiServer, status, type Exchange } from "./scripted-api-server.ts";
import { TestClock, until } from "./test-clock.ts";

interface Recorded {
  readonly kind: string;
  readonly answer?: { readonly status: number; readonly headers?: Record<string, string>; readonly body: string };
  readonly requests: number;
  readonly sent?: {
    readonly method: string;
    readonly path: string;
    readonly accept: string;
    readonly contentType: string;
    readonly body: string;
  };
  readonly token?: string;
  readonly wantAudiences?: readonly string[] | null;
  readonly err?: string;
}

/** Only the part of these areas that a review client answers for; authentication and authorization run them whole. */
function recorded(area: string): readonly Recorded[] {
  return (JSON.parse(readFileSync(join(bundledVectors, `${area}.json`), "utf8")) as { cases: readonly Recorded[] })
    .cases;
}

function asSent(exchange: Exchange): Recorded["sent"] {
  return {
    method: exchange.method,
    path: `${exchange.path}?${exchange.query.toString()}`,
    accept: String(exchange.headers["accept"]),
    contentType: String(exchange.headers["content-type"]),
    body: exchange.body,
  };
}

/** Lets all waits pass at once. */
class ImpatientClock extends TestClock {
  override after(delayMs: number, callback: () => void): () => void {
    const cancel = super.after(delayMs, callback);
    if (delayMs < 5_000) queueMicrotask(() => this.advance(delayMs));
    return cancel;
  }
}

test("TokenReviews are sent and retried as upstream does, a server's Retry-After aside", async () => {
  const cases = recorded("token-review");
  const reviews = cases.filter((one) => one.kind === "review" && one.answer !== undefined);
  expect(reviews.length).toBeGreaterThan(50);
  await using server = await ScriptedApiServer.start(() => {});
  await using connection = new ClusterConnection(server.config(), { clock: new TestClock() });
  for (const { answer, requests, sent, token = "", wantAudiences, err } of reviews) {
    server.exchanges.length = 0;
    server.handler = (exchange) => exchange.json(answer!.status, answer!.body, answer!.headers);
    const client = new TokenReviewClient(connection, { clock: new ImpatientClock(), tries: 3 });
    const isAnswered = await client.review(token, wantAudiences ?? []).then(
      () => true,
      () => false,
    );
    const first = asSent(server.exchanges[0]!);
    // Upstream's own HTTP client tries each try ten more times after Retry-After; ours counts them all.
    expect({ requests: server.exchanges.length, sent: first, isAnswered }).toStrictEqual({
      requests: Math.min(requests, 3),
      sent: sent ?? first,
      isAnswered: err === undefined || answer!.body.includes('"error"'),
    });
  }
});

test("SubjectAccessReviews are sent as upstream does", async () => {
  const cases = recorded("sar-spec");
  const sent = cases.map((one) => one.sent).filter((one) => one !== undefined);
  expect(sent.length).toBeGreaterThan(100);
  await using server = await ScriptedApiServer.start((exchange) =>
    exchange.json(201, { kind: "SubjectAccessReview", status: { allowed: true } }),
  );
  await using connection = new ClusterConnection(server.config());
  const client = new SubjectAccessReviewClient(connection);
  for (const expected of sent) {
    server.exchanges.length = 0;
    const { spec } = JSON.parse(expected.body) as { spec: object };
    expect(await client.review(spec)).toStrictEqual({ allowed: true });
    expect(asSent(server.exchanges[0]!)).toStrictEqual(expected);
  }
});

test("SubjectAccessReview answers are retried as upstream does", async () => {
  const cases = recorded("sar-spec");
  const answers = cases.filter((one) => one.kind === "answer" && one.answer !== undefined);
  expect(answers.length).toBeGreaterThan(40);
  await using server = await ScriptedApiServer.start(() => {});
  await using connection = new ClusterConnection(server.config());
  for (const { answer, requests } of answers) {
    if (requests === 0) continue;
    server.exchanges.length = 0;
    server.handler = (exchange) => exchange.json(answer!.status, answer!.body, answer!.headers);
    await new SubjectAccessReviewClient(connection, { clock: new ImpatientClock(), tries: 3 })
      .review({})
      .catch(() => {});
    expect(server.exchanges.length).toBe(Math.min(requests, 3));
  }
});

async function failing(
  answer: (exchange: Exchange) => void,
): Promise<{ server: ScriptedApiServer; connection: ClusterConnection; clock: TestClock }> {
  const server = await ScriptedApiServer.start(answer);
  const clock = new TestClock();
  return { server, connection: new ClusterConnection(server.config(), { clock }), clock };
}

test("five tries, 500 ms apart and half as much more each time, with up to a fifth on top", async () => {
  for (const random of [0, 0.999]) {
    const { server, connection, clock } = await failing((exchange) =>
      exchange.json(500, status(500, "InternalError", "etcd")),
    );
    const review = new SubjectAccessReviewClient(connection, { clock, random: () => random }).review({});
    const failed = review.catch((error: unknown) => error);
    for (let tried = 1; tried < 5; tried++) {
      await until(() => server.exchanges.length === tried && clock.pending.length === 1 && clock.pending[0] !== 10_000);
      clock.advance(3_000);
    }
    expect(await failed).toBeInstanceOf(KubeRequestFailed);
    const waits = clock.waits.filter((wait) => wait !== 10_000);
    expect(waits).toStrictEqual([500, 750, 1_125, 1_687.5].map((wait) => wait * (1 + 0.2 * random)));
    await connection.close();
    await server.kill();
  }
});

test("a server that asks for a longer wait than the budget is not waited for", async () => {
  const { server, connection, clock } = await failing((exchange) =>
    exchange.json(429, "later", { "retry-after": "31" }),
  );
  await expect(new TokenReviewClient(connection, { clock }).review("t", [])).rejects.toMatchObject({
    code: "TOO_MANY_REQUESTS",
    retryAfterMs: 31_000,
  });
  expect(server.exchanges).toHaveLength(1);
  await connection.close();
  await server.kill();
});

test("a review without an answer is given up after ten seconds and not tried again", async () => {
  const { server, connection, clock } = await failing(() => {});
  const review = new TokenReviewClient(connection, { clock }).review("t", []);
  const failed = review.catch((error: unknown) => error);
  await server.next("tokenreviews");
  clock.advance(10_000);
  expect(await failed).toMatchObject({ code: "TIMED_OUT" });
  await connection.close();
  await server.kill();
});

test("a restarting server is waited for", async () => {
  const { server, connection, clock } = await failing((exchange) =>
    exchange.json(201, { kind: "TokenReview", status: { authenticated: true } }),
  );
  await server.kill();
  const review = new TokenReviewClient(connection, { clock }).review("t", []);
  await until(() => clock.pending.length === 1 && clock.pending[0]! < 1_000);
  await server.listen();
  clock.advance(1_000);
  expect(await review).toStrictEqual({ authenticated: true });
  await connection.close();
  await server.kill();
});

test("closing the connection ends the wait for the next try", async () => {
  const { server, connection, clock } = await failing((exchange) => exchange.json(500, status(500, "", "no")));
  const failed = new TokenReviewClient(connection, { clock }).review("t", []).catch((error: unknown) => error);
  await until(() => clock.pending.length === 1 && clock.pending[0]! < 1_000);
  await connection.close();
  expect(await failed).toMatchObject({ code: "CLOSED" });
  expect(clock.pending).toStrictEqual([]);
  expect(server.exchanges).toHaveLength(1);
  await server.kill();
});

test("a token never gets into an error message", async () => {
  const { server, connection, clock } = await failing((exchange) => exchange.json(403, status(403, "Forbidden", "no")));
  const error: unknown = await new TokenReviewClient(connection, { clock })
    .review("s3cret", [])
    .catch((reason: unknown) => reason);
  expect((error as Error).message).toContain(`ClusterRole "system:auth-delegator"`);
  expect(JSON.stringify(error) + (error as Error).message + (error as Error).stack).not.toContain("s3cret");
  await connection.close();
  await server.kill();
});

test.each([
  ["allowed that is not true", { kind: "SubjectAccessReview", status: { allowed: "yes" } }, { allowed: false }],
  ["no status", { kind: "SubjectAccessReview" }, { allowed: false }],
  [
    "a reason",
    { kind: "SubjectAccessReview", status: { allowed: false, reason: "r" } },
    { allowed: false, reason: "r" },
  ],
])("an access review with %s allows nothing", async (_, answer, expected) => {
  await using server = await ScriptedApiServer.start((exchange) => exchange.json(201, answer));
  await using connection = new ClusterConnection(server.config());
  expect(await new SubjectAccessReviewClient(connection).review({})).toStrictEqual(expected);
});

test("an answer of another kind is refused", async () => {
  await using server = await ScriptedApiServer.start((exchange) =>
    exchange.json(200, { kind: "TokenReview", status: { allowed: true } }),
  );
  await using connection = new ClusterConnection(server.config());
  await expect(new SubjectAccessReviewClient(connection).review({})).rejects.toBeInstanceOf(KubeAnswerInvalid);
});
