import {
  createDelegatingAuthenticator,
  fixedTrust,
  TokenAuthenticator,
  type TokenAnswer,
  type TokenReviewStatus,
} from "@kubemetrics/authentication";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { alice, clock, der, now, usualTrust } from "./certificates.ts";

/** A reviewer that knows tokens by their text and counts the questions. */
class Reviewer {
  readonly asked: string[] = [];
  answers: Readonly<Record<string, TokenReviewStatus | Error | Promise<TokenReviewStatus>>> = {
    good: { authenticated: true, user: { username: "alice" } },
    bad: { authenticated: false },
    expired: { authenticated: false, error: "token expired" },
    down: new Error("connection refused"),
  };

  async review(token: string, audiences: readonly string[]): Promise<TokenReviewStatus> {
    this.asked.push([token, ...audiences].join(" "));
    const answer = await this.answers[token];
    if (answer instanceof Error) throw answer;
    return answer ?? {};
  }
}

function named(answer: TokenAnswer): string {
  return answer.kind === "user" ? answer.user.name : answer.kind === "failed" ? answer.reason : answer.kind;
}

describe("an answer about a token", () => {
  test("is asked for once by a thousand requests at a time", async () => {
    const reviewer = new Reviewer();
    const tokens = new TokenAuthenticator({ reviewer });
    const answers = await Promise.all(Array.from({ length: 1000 }, async () => tokens.lookup("good")));
    expect(new Set(answers.map(named))).toEqual(new Set(["alice"]));
    expect(reviewer.asked).toEqual(["good"]);
  });

  test.for([
    ["good, for ten seconds", "good", "alice", 1],
    ["unknown, for ten seconds", "bad", "unknown", 1],
    ["with an error, not at all", "expired", "token expired", 2],
    ["failed, not at all", "down", "connection refused", 2],
  ] as const)("is kept when it is %s", async ([, token, expected, questions]) => {
    let time = now;
    const reviewer = new Reviewer();
    const tokens = new TokenAuthenticator({ reviewer, clock: () => time });
    expect(named(await tokens.lookup(token))).toBe(expected);
    time += 9999;
    expect(named(await tokens.lookup(token))).toBe(expected);
    expect(reviewer.asked).toHaveLength(questions);
    time += 1;
    await tokens.lookup(token);
    expect(reviewer.asked).toHaveLength(questions + 1);
  });

  test("is not kept longer when the machine's clock is set back", async () => {
    vi.useFakeTimers({ now, toFake: ["Date", "performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const reviewer = new Reviewer();
    const authenticator = createDelegatingAuthenticator({ trust: fixedTrust(usualTrust), tokens: { reviewer } });
    const ask = async (): Promise<string> =>
      (await authenticator.authenticate({ peerChain: [], rawHeaders: ["Authorization", "Bearer good"] })).kind;
    expect(await ask()).toBe("authenticated");
    vi.setSystemTime(now - 3_600_000);
    vi.advanceTimersByTime(9_999);
    expect(await ask()).toBe("authenticated");
    expect(reviewer.asked).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(await ask()).toBe("authenticated");
    expect(reviewer.asked).toHaveLength(2);
  });

  test("comes at once when it is kept", async () => {
    const tokens = new TokenAuthenticator({ reviewer: new Reviewer() });
    await tokens.lookup("good");
    expect(tokens.lookup("good")).not.toBeInstanceOf(Promise);
  });

  test("is not waited for longer than the limit, and a late one disturbs nobody", async () => {
    const late = Promise.withResolvers<TokenReviewStatus>();
    const reviewer = new Reviewer();
    reviewer.answers = { slow: late.promise };
    let ring = (): void => undefined;
    const after = (run: () => void): (() => void) => {
      ring = run;
      return () => undefined;
    };
    const tokens = new TokenAuthenticator({ reviewer, after, lookupTimeoutMs: 30_000 });
    const answer = tokens.lookup("slow");
    ring();
    expect(named(await answer)).toBe("no TokenReview answer within 30000 ms");
    late.reject(new Error("late"));
    await expect(late.promise).rejects.toThrow("late");
    reviewer.answers = { slow: { authenticated: true, user: { username: "bob" } } };
    expect(named(await tokens.lookup("slow"))).toBe("bob");
  });

  test("is dropped, oldest first, when too many are kept", async () => {
    const reviewer = new Reviewer();
    const tokens = new TokenAuthenticator({ reviewer, cacheSize: 2 });
    for (const token of ["a", "b", "c", "b", "c", "a"]) await tokens.lookup(token);
    expect(reviewer.asked).toEqual(["a", "b", "c", "a"]);
  });

  test("is for one of the audiences that were asked for", async () => {
    const reviewer = new Reviewer();
    reviewer.answers = {
      ours: { authenticated: true, audiences: ["other", "api"], user: { username: "u" } },
      theirs: { authenticated: true, audiences: ["other"], user: { username: "u" } },
      any: { authenticated: true, user: { username: "u" } },
    };
    const tokens = new TokenAuthenticator({ reviewer, audiences: ["api"] });
    const kinds = await Promise.all(["ours", "theirs", "any"].map(async (token) => (await tokens.lookup(token)).kind));
    expect(kinds).toEqual(["user", "unknown", "user"]);
    expect(reviewer.asked[0]).toBe("ours api");
  });
});

test.for<[string, unknown]>([
  ["a name that is a number", { authenticated: true, user: { username: 1 } }],
  ["groups that are one text", { authenticated: true, user: { username: "u", groups: "system:masters" } }],
  ["groups that are no texts", { authenticated: true, user: { username: "u", groups: [{}] } }],
  ["extra values that are one text", { authenticated: true, user: { username: "u", extra: { k: "v" } } }],
  ["extra that is a list", { authenticated: true, user: { username: "u", extra: [["v"]] } }],
  ["a user that is a text", { authenticated: true, user: "u" }],
  ["a yes that is a text", { authenticated: "true", user: { username: "u" } }],
  ["an error that is an object", { authenticated: false, error: {} }],
])("an answer with %s is a failure, not a user", async ([, status]) => {
  const reviewer = { review: async () => status as TokenReviewStatus };
  expect(await new TokenAuthenticator({ reviewer }).lookup("t")).toEqual({
    kind: "failed",
    reason: "the TokenReview answer has fields of wrong types",
  });
});

test("a reviewer that throws before it promises is a failure like any other", async () => {
  const reviewer = {
    review(): Promise<TokenReviewStatus> {
      throw new Error("closed");
    },
  };
  expect(await new TokenAuthenticator({ reviewer }).lookup("t")).toEqual({ kind: "failed", reason: "closed" });
});

describe("beside other credentials", () => {
  const good = ["Authorization", "Bearer good"];
  const stranger = [Buffer.from("not a certificate")];

  test.for<[string, readonly Uint8Array[], readonly string[], string]>([
    ["a bad token is never anonymous", [], ["Authorization", "Bearer bad"], "401"],
    ["a failed review is never anonymous", [], ["Authorization", "Bearer down"], "401"],
    ["a good token wins over an unknown certificate", stranger, good, "alice"],
    ["a certificate wins and the token is not asked about", [der(alice)], ["Authorization", "Bearer bad"], "alice"],
    ["the first of two Authorization headers counts", [], ["Authorization", "Bearer bad", ...good], "401"],
  ])("%s", async ([, peerChain, rawHeaders, expected]) => {
    const subject = createDelegatingAuthenticator({
      trust: fixedTrust(usualTrust),
      tokens: { reviewer: new Reviewer() },
      clock,
    });
    const result = await subject.authenticate({ peerChain, rawHeaders });
    expect(result.kind === "authenticated" ? result.user.name : "401").toBe(expected);
  });

  test("the reason names every credential that was wrong, for the log", async () => {
    const subject = createDelegatingAuthenticator({
      trust: fixedTrust(usualTrust),
      tokens: { reviewer: new Reviewer() },
      clock,
    });
    const result = await subject.authenticate({ peerChain: stranger, rawHeaders: ["Authorization", "Bearer down"] });
    expect(result).toMatchObject({
      kind: "refused",
      reason: expect.stringMatching(/^as front proxy: .*; as client: .*; bearer token: connection refused$/),
    });
  });
});
