/** What is trusted at a moment, and where that comes from. */
import type { Bundle } from "@kubemetrics/x509";
import type { IdentityHeaders } from "./identity-headers.ts";
import type { TrustNotice } from "./trust-notices.ts";

/** How the front proxy is recognised and which headers it may set. */
export interface RequestHeaderTrust extends IdentityHeaders {
  /** `undefined`: no usable bundle yet, so nobody is the proxy. */
  readonly authorities: Bundle | undefined;
  /** Empty = any certificate of the authorities. */
  readonly allowedNames: readonly string[];
}

/** Everything that certificates are judged by. Immutable: a change is a new object. */
export interface Trust {
  /** `undefined`: no request-header authentication. */
  readonly requestHeader: RequestHeaderTrust | undefined;
  /** CA of users' client certificates. `undefined`: no usable bundle, so certificates say nothing. */
  readonly clientAuthorities: Bundle | undefined;
}

export interface TrustSource {
  /**
   * What is trusted now. Called for every request, so answer from memory, with the *same object* until something
   * changes: its identity is the generation under which verdicts are kept.
   */
  current(): Trust;
  /** Where it tells an operator what is dangerous; several sources together tell there what none of them can see alone. */
  readonly onNotice?: (notice: TrustNotice) => void;
}

/** A source that never changes. */
export function fixedTrust(trust: Partial<Trust>): TrustSource {
  const fixed: Trust = { requestHeader: trust.requestHeader, clientAuthorities: trust.clientAuthorities };
  return { current: () => fixed };
}
