/** sar-spec.json: which requests reach the SubjectAccessReview endpoint, with which spec, and what becomes of its answers. */
import { goJson } from "@kubemetrics/apimachinery";
import { same, type AreaBinding, type VectorCase } from "@kubemetrics/conformance";
import {
  delegatedAuthorizer,
  parseRequestInfo,
  type Decision,
  type SubjectAccessReviewSpec,
  type SubjectAccessReviewStatus,
  type User,
} from "@kubemetrics/authorization";
import { asOnTheWire } from "./request-info-vectors.ts";

export interface ReviewCase extends VectorCase {
  readonly kind: "spec" | "answer";
  readonly method: string;
  readonly target: string;
  readonly user: RecordedUser;
  readonly answer?: { readonly status: number; readonly body: string };
  readonly decision: "Allow" | "Deny" | "NoOpinion";
  readonly reason: string;
  readonly err?: string;
  readonly requests: number;
  readonly sent?: { readonly body: string };
}

export interface RecordedUser {
  readonly name?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

const kinds = { Allow: "allow", Deny: "deny", NoOpinion: "no-opinion" } as const;

export const sarSpecBinding: AreaBinding = {
  area: "sar-spec",
  async check(test) {
    const { method, target, user, answer, decision, reason, err, requests, sent } = test as ReviewCase;
    const specs: SubjectAccessReviewSpec[] = [];
    const authorizer = delegatedAuthorizer({
      accessReview: {
        clock: { now: () => 0 },
        reviewer: {
          review: (spec) => {
            specs.push(spec);
            return recordedAnswer(answer);
          },
        },
      },
    });
    const attributes = { user: userOf(user), request: parseRequestInfo(method, asOnTheWire(target)) };
    const decided: Decision = await authorizer.authorize(attributes);
    return same(
      { kind: kinds[decision], reason, failed: err !== undefined, asked: requests > 0, body: sent?.body },
      {
        kind: decided.kind,
        reason: decided.reason,
        failed: decided.error !== undefined,
        asked: specs.length > 0,
        body: specs[0] === undefined ? undefined : bodyOf(specs[0]),
      },
    );
  },
};

export function userOf(user: RecordedUser): User {
  return {
    name: user.name ?? "",
    uid: user.uid ?? "",
    groups: user.groups ?? [],
    extra: new Map(Object.entries(user.extra ?? {})),
  };
}

/**
 * What a client makes of the recorded HTTP answer: an answer of another kind or version says nothing. Retries and
 * exact texts of broken answers are the client's.
 */
export async function recordedAnswer(answer: ReviewCase["answer"]): Promise<SubjectAccessReviewStatus> {
  if (answer === undefined) return { allowed: true };
  if (answer.status < 200 || answer.status > 299) throw new Error(`status ${answer.status}`);
  const body = JSON.parse(answer.body) as {
    kind?: string;
    apiVersion?: string;
    status?: Partial<SubjectAccessReviewStatus>;
  };
  if (body.kind !== "SubjectAccessReview" || body.apiVersion !== "authorization.k8s.io/v1") return { allowed: false };
  return { ...body.status, allowed: body.status?.allowed ?? false };
}

/** The whole body as a client sends it: proves the spec's field order and what is left out. */
function bodyOf(spec: SubjectAccessReviewSpec): string {
  const head = { kind: "SubjectAccessReview", apiVersion: "authorization.k8s.io/v1", metadata: {} };
  return `${goJson({ ...head, spec, status: { allowed: false } })}\n`;
}
