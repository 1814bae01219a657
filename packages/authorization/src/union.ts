/** Asks authorizers in order. */
import { noOpinion, type Attributes, type Authorizer, type Decision } from "./authorizer.ts";

/** `name` stands before the reason in the sentence the client reads. */
export interface NamedAuthorizer {
  readonly name: string;
  readonly authorizer: Authorizer;
}

/**
 * The first `allow` or `deny` wins. Errors of those before are kept: if nobody decides, the answer is an error.
 *
 * Synchronous as long as the authorizers are.
 */
export function firstOf(authorizers: readonly NamedAuthorizer[]): Authorizer {
  return { authorize: (attributes) => ask(authorizers, 0, attributes, noOpinion) };
}

function ask(
  authorizers: readonly NamedAuthorizer[],
  start: number,
  attributes: Attributes,
  before: Decision,
): Decision | Promise<Decision> {
  let sofar = before;
  for (let at = start; at < authorizers.length; at++) {
    const asked = authorizers[at];
    if (asked === undefined) break;
    const answer = asked.authorizer.authorize(attributes);
    if (answer instanceof Promise) {
      return answer.then((decision) =>
        decision.kind === "no-opinion"
          ? ask(authorizers, at + 1, attributes, together(sofar, decision, asked.name))
          : decision,
      );
    }
    if (answer.kind !== "no-opinion") return answer;
    sofar = together(sofar, answer, asked.name);
  }
  return sofar;
}

function together(sofar: Decision, next: Decision, name: string): Decision {
  if (next.reason === "" && next.error === undefined) return sofar;
  const reasons = [sofar.reason, next.reason === "" ? "" : `${name}: ${next.reason}`].filter((text) => text !== "");
  const errors = [sofar.error, next.error].filter((text) => text !== undefined);
  const error = errors.length > 1 ? `[${errors.join(", ")}]` : errors[0];
  const reason = reasons.join("\n");
  return error === undefined ? { kind: "no-opinion", reason } : { kind: "no-opinion", reason, error };
}
