/** sar-spec.json with the answers that clients get: authorization's own binding knows only decisions. */
import { delegatedAuthorizer, parseRequestInfo, type SubjectAccessReviewStatus } from "@kubemetrics/authorization";
import { same, type AreaBinding, type VectorCase } from "@kubemetrics/conformance";
import { withAuthorization } from "../src/authorization-filter.ts";
import type { Exchange } from "../src/exchange.ts";
import { readKnownHeaders } from "../src/request-headers.ts";
import { ManualClock, MemoryLog } from "./test-server.ts";
import { recordedReply, type RecordedHttp } from "./vector-asker.ts";

interface ReviewCase extends VectorCase {
  readonly kind: "spec" | "answer";
  readonly method: string;
  readonly target: string;
  readonly user: {
    readonly name?: string;
    readonly uid?: string;
    readonly groups?: readonly string[];
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
  readonly answer?: { readonly status: number; readonly body: string };
  readonly err?: string;
  readonly http?: RecordedHttp;
}

export const sarAnswerBinding: AreaBinding = {
  area: "sar-spec",
  covers: (test) => (test as ReviewCase).kind === "answer",
  async check(test) {
    const { method, target, user, answer, err, http } = test as ReviewCase;
    const authorizer = delegatedAuthorizer({
      accessReview: { clock: { now: () => 0 }, reviewer: { review: () => recordedAnswer(answer, err) } },
    });
    const rawTarget = Buffer.from(target, "utf8").toString("latin1");
    const exchange = {
      target: rawTarget,
      info: parseRequestInfo(method, rawTarget),
      known: readKnownHeaders(["Accept", "application/json"]),
      user: {
        name: user.name ?? "",
        uid: user.uid ?? "",
        groups: user.groups ?? [],
        extra: new Map(Object.entries(user.extra ?? {})),
      },
    } as unknown as Exchange;
    const filter = withAuthorization(authorizer, new ManualClock(), new MemoryLog());
    const reply = await filter(() => ({ status: 204 }))(exchange);
    return http === undefined ? undefined : same(http, recordedReply(reply, http));
  },
};

/** The client's texts for broken answers are the client's own; the recorded ones are passed through. */
async function recordedAnswer(
  answer: ReviewCase["answer"],
  err: string | undefined,
): Promise<SubjectAccessReviewStatus> {
  const body = parsed(answer?.body ?? "");
  const isReview = body?.apiVersion === "authorization.k8s.io/v1" && body.status !== undefined;
  const status: SubjectAccessReviewStatus = { allowed: false, ...(isReview ? body.status : {}) };
  const isContradiction = status.allowed && status.denied === true;
  if (err !== undefined && !isContradiction) throw new Error(err);
  return status;
}

function parsed(text: string): { apiVersion?: string; status?: SubjectAccessReviewStatus } | undefined {
  try {
    return JSON.parse(text) as { apiVersion?: string; status?: SubjectAccessReviewStatus };
  } catch {
    return undefined;
  }
}
