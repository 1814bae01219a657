import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  AccessReviewAuthorizer,
  parseRequestInfo,
  reviewSpec,
  type Attributes,
  type SubjectAccessReviewSpec,
  type SubjectAccessReviewStatus,
} from "@kubemetrics/authorization";

class Reviewer {
  readonly specs: SubjectAccessReviewSpec[] = [];
  status: SubjectAccessReviewStatus = { allowed: true };
  #waiting: PromiseWithResolvers<void> | undefined;

  async review(spec: SubjectAccessReviewSpec): Promise<SubjectAccessReviewStatus> {
    this.specs.push(spec);
    await this.#waiting?.promise;
    return this.status;
  }

  hold(): () => void {
    const waiting = Promise.withResolvers<void>();
    this.#waiting = waiting;
    return waiting.resolve;
  }
}

const alice = { name: "alice", uid: "", groups: ["dev"], extra: new Map<string, readonly string[]>() };

function asks(target: string, user: Attributes["user"] = alice): Attributes {
  return { user, request: parseRequestInfo("GET", target) };
}

function setup(): { reviewer: Reviewer; clock: { now(): number; ms: number }; authorizer: AccessReviewAuthorizer } {
  const reviewer = new Reviewer();
  const clock = { ms: 0, now: () => clock.ms };
  return { reviewer, clock, authorizer: new AccessReviewAuthorizer({ reviewer, clock }) };
}

test("a remembered answer is given synchronously until its time to live is over", async () => {
  const { reviewer, clock, authorizer } = setup();
  await authorizer.authorize(asks("/version"));
  expect(authorizer.authorize(asks("/version"))).toEqual({ kind: "allow", reason: "" });
  clock.ms = 9_999;
  expect(authorizer.authorize(asks("/version"))).not.toBeInstanceOf(Promise);
  clock.ms = 10_000;
  expect(authorizer.authorize(asks("/version"))).toBeInstanceOf(Promise);
  expect(reviewer.specs).toHaveLength(2);
});

test("a clock that is set back does not make a remembered answer last longer", async () => {
  const reviewer = new Reviewer();
  const clock = { ms: 0, passedMs: 0, now: () => clock.ms, elapsed: () => clock.passedMs };
  const authorizer = new AccessReviewAuthorizer({ reviewer, clock });
  await authorizer.authorize(asks("/version"));
  clock.ms -= 3_600_000;
  clock.passedMs = 9_999;
  expect(authorizer.authorize(asks("/version"))).not.toBeInstanceOf(Promise);
  clock.passedMs = 10_000;
  expect(authorizer.authorize(asks("/version"))).toBeInstanceOf(Promise);
  expect(reviewer.specs).toHaveLength(2);
});

test("refusals are remembered for their own time", async () => {
  const { reviewer, clock } = setup();
  reviewer.status = { allowed: false, reason: "no" };
  const authorizer = new AccessReviewAuthorizer({ reviewer, clock, refusedTtlMs: 5, allowedTtlMs: 0 });
  await authorizer.authorize(asks("/version"));
  expect(authorizer.authorize(asks("/version"))).toEqual({ kind: "no-opinion", reason: "no" });
  clock.ms = 5;
  reviewer.status = { allowed: true };
  await authorizer.authorize(asks("/version"));
  expect(authorizer.authorize(asks("/version"))).toBeInstanceOf(Promise);
});

test("a thousand concurrent equal questions make one review", async () => {
  const { reviewer, authorizer } = setup();
  const release = reviewer.hold();
  const answers = Array.from({ length: 1000 }, async () => await authorizer.authorize(asks("/version")));
  release();
  expect(new Set((await Promise.all(answers)).map((answer) => answer.kind))).toEqual(new Set(["allow"]));
  expect(reviewer.specs).toHaveLength(1);
});

test("a failed review is an error, is not remembered, and does not poison the next one", async () => {
  const { authorizer, reviewer } = setup();
  const failing = new AccessReviewAuthorizer({
    clock: { now: () => 0 },
    reviewer: { review: () => Promise.reject(new Error("connection refused")) },
  });
  const expected = { kind: "no-opinion", reason: "", error: "connection refused" };
  expect(await failing.authorize(asks("/version"))).toEqual(expected);
  expect(await failing.authorize(asks("/version"))).toEqual(expected);
  expect(await authorizer.authorize(asks("/version"))).toEqual({ kind: "allow", reason: "" });
  expect(reviewer.specs).toHaveLength(1);
});

test("a reviewer that lies about the shape of its answer never allows", async () => {
  for (const status of [undefined, null, "yes", { allowed: "true" }, { allowed: 1 }, {}, []]) {
    const authorizer = new AccessReviewAuthorizer({
      clock: { now: () => 0 },
      reviewer: { review: async () => status as unknown as SubjectAccessReviewStatus },
    });
    expect((await authorizer.authorize(asks("/version"))).kind).toBe("no-opinion");
  }
});

test("texts chosen by callers cannot make two questions look alike", async () => {
  const { reviewer, authorizer } = setup();
  const extra = (key: string, value: string) => ({ ...alice, extra: new Map([[key, [value]]]) });
  const questions = [
    asks("/apis/g/v1/namespaces/a/b"),
    asks("/apis/g/v1/namespaces/a%2Cb/b"),
    asks("/version", { ...alice, groups: ["dev,ops"] }),
    asks("/version", { ...alice, groups: ["dev", "ops"] }),
    asks("/version", { ...alice, name: 'alice","' }),
    asks("/version", { ...alice, uid: "dev" }),
    asks("/version", extra("a", "b")),
    asks("/version", extra('a",["b', "")),
    asks("/apis/g/v1/b?labelSelector=a"),
    asks("/apis/g/v1/b?fieldSelector=a%3D1"),
  ];
  for (const question of questions) await authorizer.authorize(question);
  expect(reviewer.specs).toHaveLength(questions.length);
});

test("two different questions are two reviews, whatever texts they are made of", async () => {
  const text = fc.string({ unit: fc.constantFrom("1", "2", ":", ";", "+", "=", "-", "a", ","), maxLength: 4 });
  const texts = fc.array(text, { maxLength: 3 });
  const user = fc.record({
    name: text,
    uid: text,
    groups: texts,
    extra: fc.array(fc.tuple(text, texts), { maxLength: 2 }),
  });
  const target = fc.constantFrom(
    "/1",
    "/1:a",
    "/apis/g/v/a",
    "/apis/g/v/namespaces/1/a/2:",
    "/apis/g/v/a?labelSelector=1:",
  );
  const question = fc
    .tuple(user, target)
    .map(([{ extra, ...rest }, path]) => asks(path, { ...rest, extra: new Map(extra) }));
  await fc.assert(
    fc.asyncProperty(question, question, async (one, other) => {
      const { reviewer, authorizer } = setup();
      await authorizer.authorize(one);
      await authorizer.authorize(other);
      const isSame = isDeepStrictEqual(reviewSpec(one), reviewSpec(other));
      expect(reviewer.specs).toHaveLength(isSame ? 1 : 2);
    }),
    { numRuns: 2_000 },
  );
});

test("questions of 10,000 bytes and more are asked each time", async () => {
  const { reviewer, authorizer } = setup();
  const long = asks(`/${"x".repeat(9_996)}`);
  await authorizer.authorize(long);
  expect(authorizer.authorize(long)).toBeInstanceOf(Promise);
  const short = asks(`/${"x".repeat(9_995)}`);
  await authorizer.authorize(short);
  expect(authorizer.authorize(short)).not.toBeInstanceOf(Promise);
  expect(reviewer.specs).toHaveLength(3);
});

test("the memory for answers is bounded: the least recently used goes first", async () => {
  const { reviewer, clock } = setup();
  const authorizer = new AccessReviewAuthorizer({ reviewer, clock, maxEntries: 2 });
  for (const path of ["/a", "/b", "/a", "/c"]) {
    await authorizer.authorize(asks(path));
    clock.ms += 1_000;
  }
  expect(reviewer.specs).toHaveLength(3);
  expect(authorizer.authorize(asks("/a"))).not.toBeInstanceOf(Promise);
  expect(authorizer.authorize(asks("/b"))).toBeInstanceOf(Promise);
});

test("extra keys such as __proto__ reach the review as ordinary keys", async () => {
  const { reviewer, authorizer } = setup();
  await authorizer.authorize(asks("/version", { ...alice, extra: new Map([["__proto__", ["x"]]]) }));
  expect(JSON.stringify(reviewer.specs[0]?.extra)).toBe('{"__proto__":["x"]}');
});
