/** What happens to every request, in order. */
import type { Authenticator } from "@kubemetrics/authentication";
import type { Authorizer } from "@kubemetrics/authorization";
import { recordRefusal, withAuditLog, type AuditOptions } from "./audit-filter.ts";
import { withAuditId } from "./audit-id-filter.ts";
import { withAuthentication } from "./authentication-filter.ts";
import { withAuthorization } from "./authorization-filter.ts";
import { withCacheControl } from "./cache-control-filter.ts";
import { withDeadline } from "./deadline-filter.ts";
import { withConnectionClose } from "./drain-filter.ts";
import type { Filter } from "./filter.ts";
import { withCertainFraming } from "./framing-filter.ts";
import { withoutImpersonation } from "./impersonation-filter.ts";
import { withInFlightLimits } from "./in-flight-filter.ts";
import { withObserver, type RequestObserver } from "./observer-filter.ts";
import { withPanicRecovery } from "./panic-filter.ts";
import { withRequestInfo } from "./request-info-filter.ts";
import type { Clock } from "./clock.ts";
import type { Limits, Log } from "./server-options.ts";
import { withWarnings } from "./warning-filter.ts";

export interface FilterParts {
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
  readonly newAuditId: () => string;
  readonly observer: RequestObserver | undefined;
  /** Whether the server is on its way out. */
  readonly isDraining: () => boolean;
  /** Records requests, when anybody wants them recorded. */
  readonly audit: AuditOptions | undefined;
}

/**
 * Outermost first. The order is a contract: who asks is known before anything is counted against them, 401s are
 * recorded, and nothing inside authorization runs for a request that was not allowed.
 *
 * @see k8s.io/apiserver `pkg/server/config.go` (DefaultBuildHandlerChain)
 */
export function filterChain(parts: FilterParts): readonly Filter[] {
  const { clock, log, limits, audit } = parts;
  return [
    withAuditId(parts.newAuditId),
    ...(parts.observer === undefined ? [] : [withObserver(parts.observer, clock)]),
    withPanicRecovery(log),
    withCertainFraming(),
    withRequestInfo(),
    withCacheControl(),
    withConnectionClose(parts.isDraining),
    withDeadline(limits.requestTimeoutMs, clock, log),
    withWarnings(),
    withAuthentication(
      parts.authenticator,
      clock,
      log,
      audit && ((...refusal) => recordRefusal(audit, clock, ...refusal)),
    ),
    ...(audit === undefined ? [] : [withAuditLog(audit, clock)]),
    withoutImpersonation(),
    withInFlightLimits(limits),
    withAuthorization(parts.authorizer, clock, log),
  ];
}
