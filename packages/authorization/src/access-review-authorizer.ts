/** Asks kube-apiserver whether a user may do something, at most once per question and time to live. */
import type { Attributes, Authorizer, Decision } from "./authorizer.ts";
import { DecisionCache } from "./decision-cache.ts";
import { reviewSpec } from "./review-spec.ts";
import type { SubjectAccessReviewer, SubjectAccessReviewStatus } from "./subject-access-review.ts";

export interface AccessReviewOptions {
  readonly reviewer: SubjectAccessReviewer;
  /** How old an answer is, in milliseconds from any origin: by `elapsed`, a clock that nobody sets, when there is one. */
  readonly clock: { now(): number; readonly elapsed?: () => number };
  /** How long an allowed answer is reused. Default 10 s; a revoked right works for that long. 0: never reuse. */
  readonly allowedTtlMs?: number;
  /** How long any other answer is reused. Default 10 s. 0: never reuse. */
  readonly refusedTtlMs?: number;
  /** Default 8,192. */
  readonly maxEntries?: number;
}

/** Questions whose caller-chosen texts are this long or longer are not remembered. Upstream's figure, in bytes. */
const maxRememberedLength = 10_000;
/** Of all remembered questions together, so that chosen long ones cannot fill the memory. */
const maxKeyLength = 16_000_000;

/**
 * Delegated authorization.
 *
 * A remembered answer is given synchronously. Concurrent equal questions share one review. A review that fails is
 * never remembered and ends in `error`: the request gets 500.
 */
export class AccessReviewAuthorizer implements Authorizer {
  readonly #options: AccessReviewOptions;
  readonly #cache: DecisionCache;
  readonly #running = new Map<string, Promise<Decision>>();

  constructor(options: AccessReviewOptions) {
    this.#options = options;
    this.#cache = new DecisionCache(options.maxEntries ?? 8192, maxKeyLength);
  }

  authorize(attributes: Attributes): Decision | Promise<Decision> {
    const key = questionKey(attributes);
    const known = this.#cache.get(key, this.#elapsedMs());
    if (known !== undefined) return decisionOf(known);
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const review = this.#ask(attributes, key).finally(() => this.#running.delete(key));
    this.#running.set(key, review);
    return review;
  }

  /** A clock that is set back must not make a revoked right last longer. */
  #elapsedMs(): number {
    const { clock } = this.#options;
    return clock.elapsed?.() ?? clock.now();
  }

  async #ask(attributes: Attributes, key: string): Promise<Decision> {
    try {
      const status = await this.#options.reviewer.review(reviewSpec(attributes));
      const decision = decisionOf(status);
      const ttlMs = (status.allowed ? this.#options.allowedTtlMs : this.#options.refusedTtlMs) ?? 10_000;
      if (ttlMs > 0 && chosenLength(attributes) < maxRememberedLength) {
        const now = this.#elapsedMs();
        this.#cache.set(key, status, now, now + ttlMs);
      }
      return decision;
    } catch (error) {
      return { kind: "no-opinion", reason: "", error: error instanceof Error ? error.message : String(error) };
    }
  }
}

/** `denied` wins; both at once is an error of the reviewer. */
function decisionOf(status: SubjectAccessReviewStatus): Decision {
  const reason = status.reason ?? "";
  const allowed = status.allowed === true;
  if (status.denied === true && allowed) {
    return { kind: "deny", reason, error: "webhook subject access review returned both allow and deny response" };
  }
  if (status.denied === true) return { kind: "deny", reason };
  return { kind: allowed ? "allow" : "no-opinion", reason };
}

/**
 * Each text stands behind its length and each list behind its size, so that two different questions never share a key,
 * whatever texts the caller chose. A quarter of the cost of JSON, and every request pays it.
 */
function questionKey({ user, request }: Attributes): string {
  let key = keyPart(user.name) + keyPart(user.uid) + keyParts(user.groups);
  for (const [name, values] of user.extra) key += `+${keyPart(name)}${keyParts(values)}`;
  if (!request.isResourceRequest) return `${key}-${keyPart(request.verb)}${keyPart(request.path)}`;
  return (
    `${key}=${keyPart(request.verb)}${keyPart(request.apiGroup)}${keyPart(request.apiVersion)}` +
    `${keyPart(request.namespace)}${keyPart(request.resource)}${keyPart(request.subresource)}${keyPart(request.name)}` +
    `${keyPart(request.fieldSelector)}${keyPart(request.labelSelector)}`
  );
}

function keyPart(text: string): string {
  return `${text.length}:${text}`;
}

function keyParts(texts: readonly string[]): string {
  let key = `${texts.length};`;
  for (const text of texts) key += keyPart(text);
  return key;
}

function chosenLength({ request }: Attributes): number {
  return (
    Buffer.byteLength(request.path) +
    Buffer.byteLength(request.verb) +
    Buffer.byteLength(request.apiGroup) +
    Buffer.byteLength(request.apiVersion) +
    Buffer.byteLength(request.namespace) +
    Buffer.byteLength(request.resource) +
    Buffer.byteLength(request.subresource) +
    Buffer.byteLength(request.name) +
    Buffer.byteLength(request.fieldSelector) +
    Buffer.byteLength(request.labelSelector)
  );
}
